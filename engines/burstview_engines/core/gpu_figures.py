"""A burst's means from samples whose windows do not begin and end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import fmean

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.evidence import GpuFigures
from burstview_engines.core.gpu import Gpu, GpuActivity

LAG = 0.15
"""Seconds by which GPM's values are older than their sample, at most (measured: docs/gpu.md)."""
SETTLED = 0.25
"""Seconds after a burst's begin until a window can be all inside it."""
UTILISATION_WINDOW = 1.0
"""Seconds; shorter bursts are over before the driver's mean has caught up."""
QUIET = 2.0
"""Percent; a GPU that is no busier right before and after adds nothing to a short burst's sum."""


def figures(
    samples: Sequence[GpuSampled],
    indexes: tuple[int, ...],
    begin: float,
    end: float,
    lag: float = LAG,
) -> GpuFigures | None:
    """Of those GPUs over [begin, end]; None when none of them was seen meanwhile. `lag`: seconds
    by which activity is older than its stamps at most.

    `samples` reach from before the burst to after it.
    """
    each = [
        one for index in indexes if (one := _of_one(samples, index, (begin, end), lag)) is not None
    ]
    if not each:
        return None
    return GpuFigures(
        indexes=indexes,
        utilisation=_mean(one.utilisation for one in each),
        memory_utilisation=_mean(one.memory_utilisation for one in each),
        sm=_mean(one.sm for one in each),
        occupancy=_mean(one.occupancy for one in each),
        tensor=_mean(one.tensor for one in each),
        dram=_mean(one.dram for one in each),
        power_watts=_mean(one.power_watts for one in each),
        power_limit_watts=_mean(one.power_limit_watts for one in each),
        throttle_reasons=tuple(
            dict.fromkeys(reason for one in each for reason in one.throttle_reasons)
        ),
    )


def _of_one(
    samples: Sequence[GpuSampled], index: int, span: tuple[float, float], lag: float
) -> GpuFigures | None:
    begin, end = span
    seen = [
        (sample.at, gpu)
        for sample in samples
        for gpu in sample.gpus
        if gpu.index == index and gpu.state == "ok"
    ]
    inside = [(at, gpu) for at, gpu in seen if begin <= at <= end + LAG]
    if not inside:
        return None
    late = [gpu for at, gpu in inside if at >= begin + SETTLED] or [gpu for _, gpu in inside]
    activities = [gpu.activity for _, gpu in seen if gpu.activity is not None]
    lasts = end - begin >= UTILISATION_WINDOW

    def active(read: Callable[[GpuActivity], float | None]) -> float | None:
        return _activity(activities, read, span, lag)

    return GpuFigures(
        utilisation=_mean(_read(late, lambda gpu: gpu.utilisation)) if lasts else None,
        memory_utilisation=_mean(_read(late, lambda gpu: gpu.memory_utilisation))
        if lasts
        else None,
        sm=active(lambda window: window.sm),
        occupancy=active(lambda window: window.occupancy),
        tensor=active(lambda window: window.tensor),
        dram=active(lambda window: window.dram),
        power_watts=_mean(_read(late, lambda gpu: gpu.power_watts)),
        power_limit_watts=_mean(_read(late, lambda gpu: gpu.power_limit_watts)),
        throttle_reasons=tuple(
            dict.fromkeys(reason for _, gpu in inside for reason in gpu.throttle_reasons or ())
        ),
    )


def _activity(
    windows: Sequence[GpuActivity],
    read: Callable[[GpuActivity], float | None],
    span: tuple[float, float],
    lag: float,
) -> float | None:
    """Mean of the windows that lie inside the burst; of a burst too short for one, what the
    windows around it hold in all, if the GPU was quiet before and after."""
    begin, end = span
    inside = [
        (window.end - window.begin, value)
        for window in windows
        if window.begin >= begin + lag
        and window.end <= end + lag
        and (value := read(window)) is not None
    ]
    if inside:
        return sum(length * value for length, value in inside) / sum(length for length, _ in inside)
    return _sum_around(windows, read, span, lag)


def _sum_around(
    windows: Sequence[GpuActivity],
    read: Callable[[GpuActivity], float | None],
    span: tuple[float, float],
    lag: float,
) -> float | None:
    begin, end = span
    near = sorted(
        (window for window in windows if window.end > begin and window.begin <= end + 2 * lag),
        key=lambda window: window.begin,
    )
    before = [window for window in windows if window.end <= begin]
    values = [value for window in near if (value := read(window)) is not None]
    is_whole = len(values) == len(near) and all(b.begin - a.end < 0.02 for a, b in pairwise(near))
    if not near or not before or not is_whole or end <= begin:
        return None
    after = values[-1] if lag else 0.0  # without a lag nothing of the burst is left by then
    if max(read(before[-1]) or 0.0, after) > QUIET or near[-1].end < end + lag:
        return None
    total = sum(
        (window.end - window.begin) * value for window, value in zip(near, values, strict=True)
    )
    return min(100.0, total / (end - begin))


def _read(gpus: Iterable[Gpu], read: Callable[[Gpu], float | None]) -> list[float]:
    return [value for gpu in gpus if (value := read(gpu)) is not None]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
