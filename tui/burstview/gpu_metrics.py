"""What is drawn over time of a GPU, each on a scale that never moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from burstview import format as say
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuFacts

Point = tuple[float | None, float, float]
"""From when (None: since the value before), until when, and the value."""
Read = Callable[[Gpu, float], Iterable[Point]]
"""Of one look at second `at`."""
Ceiling = Callable[[Gpu, GpuFacts | None], float | None]
"""The top of its scale; None where this GPU does not tell it."""


class Metric(NamedTuple):
    """One history."""

    name: str
    now: Callable[[Gpu], float | None]
    """The value of the look itself."""
    read: Read
    """The values over time that came with it."""
    ceiling: Ceiling
    word: Callable[[float | None], str]
    """The number with its unit."""
    missing: str
    """Which limit is not told, where there is no ceiling."""
    is_activity: bool = False
    """Only GPM tells it."""


def _hundred(gpu: Gpu, facts: GpuFacts | None) -> float:
    return 100.0


def _memory_total(gpu: Gpu, facts: GpuFacts | None) -> float | None:
    return gpu.memory_total_bytes


def _power_limit(gpu: Gpu, facts: GpuFacts | None) -> float | None:
    return gpu.power_limit_watts or (facts.power_max_watts if facts else None)


def _clock_max(gpu: Gpu, facts: GpuFacts | None) -> float | None:
    return facts.sm_clock_max_mhz if facts else None


def _utilisation(gpu: Gpu, at: float) -> Iterable[Point]:
    if gpu.utilisation_history:
        return _points(gpu.utilisation_history)
    return _value(gpu.utilisation, at)


def _power(gpu: Gpu, at: float) -> Iterable[Point]:
    return _points(gpu.power_history) if gpu.power_history else _value(gpu.power_watts, at)


def _activity(name: str, read: Callable[[GpuActivity], float | None]) -> Metric:
    """One of GPM's counters, over its windows."""

    def now(gpu: Gpu) -> float | None:
        return None if gpu.activity is None else read(gpu.activity)

    def points(gpu: Gpu, at: float) -> Iterable[Point]:
        activity, value = gpu.activity, now(gpu)
        if activity is not None and value is not None:
            yield activity.begin, activity.end, value

    return Metric(name, now, points, _hundred, say.percent, "", is_activity=True)


def _points(history: Iterable[tuple[float, float]]) -> Iterable[Point]:
    return ((None, at, value) for at, value in history)


def _value(value: float | None, at: float) -> Iterable[Point]:
    return () if value is None else ((None, at, value),)


def _bytes(value: float | None) -> str:
    return say.size(None if value is None else round(value))


METRICS = (
    Metric("util", lambda gpu: gpu.utilisation, _utilisation, _hundred, say.percent, ""),
    _activity("SM active", lambda one: one.sm),
    _activity("tensor", lambda one: one.tensor),
    _activity("DRAM", lambda one: one.dram),
    Metric(
        "memory",
        lambda gpu: gpu.memory_used_bytes,
        lambda gpu, at: _value(gpu.memory_used_bytes, at),
        _memory_total,
        _bytes,
        "size",
    ),
    Metric(
        "power",
        lambda gpu: gpu.power_watts,
        _power,
        _power_limit,
        lambda value: say.quantity(value, "W"),
        "limit",
    ),
    Metric(
        "temp",
        lambda gpu: gpu.temperature_celsius,
        lambda gpu, at: _value(gpu.temperature_celsius, at),
        _hundred,
        lambda value: say.quantity(value, "°C"),
        "",
    ),
    Metric(
        "SM clock",
        lambda gpu: gpu.sm_clock_mhz,
        lambda gpu, at: _value(gpu.sm_clock_mhz, at),
        _clock_max,
        lambda value: say.quantity(value, "MHz"),
        "maximum",
    ),
)
"""In the order of the screen."""


def metrics_of(gpu: Gpu, facts: GpuFacts | None) -> tuple[Metric, ...]:
    """Those that this GPU can tell."""
    has_gpm = gpu.activity is not None or (facts is not None and facts.has_gpm)
    return tuple(metric for metric in METRICS if has_gpm or not metric.is_activity)
