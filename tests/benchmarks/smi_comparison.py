"""Our samples beside those of nvidia-smi: which fields say the same. Pure."""

from __future__ import annotations

import csv
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu, GpuFacts
from burstview_engines.probes.nvml.throttle import reasons_of

MIB = 1 << 20
WINDOW = 0.6
"""Seconds before and after one of ours in which nvidia-smi's rows are compared with it."""
ABSENT = ("[N/A]", "N/A", "[Not Supported]", "Requested functionality has been deprecated", "")

Value = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Field:
    """One quantity under both names."""

    theirs: str
    ours: Callable[[Gpu], Value]
    step: float = 0.0
    """How far two may be apart because nvidia-smi rounds."""


def _mib(size: int | None) -> float | None:
    return None if size is None else size / MIB


def _bits(word: str) -> str:
    reasons = reasons_of(int(word, 16))
    return "; ".join(reasons or ())


GAUGES = (
    Field("utilization.gpu", lambda gpu: gpu.utilisation),
    Field("utilization.memory", lambda gpu: gpu.memory_utilisation),
    Field("memory.used", lambda gpu: _mib(gpu.memory_used_bytes), 1.0),
    Field("memory.total", lambda gpu: _mib(gpu.memory_total_bytes), 1.0),
    Field("power.draw.average", lambda gpu: gpu.power_average_watts, 0.006),
    Field("power.draw.instant", lambda gpu: gpu.power_watts, 0.006),
    Field("enforced.power.limit", lambda gpu: gpu.power_limit_watts, 0.006),
    Field("temperature.gpu", lambda gpu: gpu.temperature_celsius),
    Field("temperature.memory", lambda gpu: gpu.memory_temperature_celsius),
    Field("clocks.current.sm", lambda gpu: gpu.sm_clock_mhz),
    Field("clocks.current.memory", lambda gpu: gpu.memory_clock_mhz),
    Field(
        "pstate",
        lambda gpu: None if gpu.performance_state is None else f"P{gpu.performance_state}",
    ),
    Field(
        "clocks_event_reasons.active",
        lambda gpu: None if gpu.throttle_reasons is None else "; ".join(gpu.throttle_reasons),
    ),
    Field("fan.speed", lambda gpu: gpu.fan_percent),
    Field("pcie.link.gen.gpucurrent", lambda gpu: gpu.pcie_generation),
    Field("pcie.link.width.current", lambda gpu: gpu.pcie_width),
    Field("ecc.errors.corrected.volatile.total", lambda gpu: gpu.ecc_corrected),
    Field("ecc.errors.uncorrected.volatile.total", lambda gpu: gpu.ecc_uncorrected),
    Field("utilization.encoder", lambda gpu: gpu.encoder_percent),
    Field("utilization.decoder", lambda gpu: gpu.decoder_percent),
)
FACTS: dict[str, Callable[[GpuFacts], Value]] = {
    "name": lambda facts: facts.name,
    "uuid": lambda facts: facts.uuid,
    "pci.bus_id": lambda facts: facts.bus_id,
    "memory.reserved": lambda facts: _mib(facts.memory_reserved_bytes),
    "power.default_limit": lambda facts: facts.power_default_watts,
    "power.min_limit": lambda facts: facts.power_min_watts,
    "power.max_limit": lambda facts: facts.power_max_watts,
    "clocks.max.sm": lambda facts: facts.sm_clock_max_mhz,
    "clocks.max.memory": lambda facts: facts.memory_clock_max_mhz,
    "pcie.link.gen.max": lambda facts: facts.pcie_generation_max,
    "pcie.link.width.max": lambda facts: facts.pcie_width_max,
    "ecc.mode.current": lambda facts: _enabled(facts.ecc),
    "mig.mode.current": lambda facts: _enabled(facts.mig),
    "persistence_mode": lambda facts: _enabled(facts.persistence),
    "display_active": lambda facts: _enabled(facts.display_active),
    "compute_mode": lambda facts: (facts.compute_mode or "").replace(" ", "_").capitalize(),
}
COLUMNS = ("timestamp", "index", *(field.theirs for field in GAUGES), *FACTS)


def _enabled(value: bool | None) -> str | None:
    return None if value is None else "Enabled" if value else "Disabled"


@dataclass(frozen=True, slots=True)
class SmiRow:
    """One line of nvidia-smi for one GPU."""

    at: float
    """Session seconds."""
    index: int
    values: dict[str, str]


def smi_rows(lines: Iterable[str], wall: float) -> list[SmiRow]:
    """Of its CSV without header and units; `wall` is the Unix time of the session's zero."""
    rows = []
    for line in csv.reader(lines, skipinitialspace=True):
        if len(line) != len(COLUMNS):
            continue
        values = dict(zip(COLUMNS, line, strict=True))
        moment, _, thousandths = values["timestamp"].partition(".")
        seconds = time.mktime(time.strptime(moment, "%Y/%m/%d %H:%M:%S"))
        at = seconds + int(thousandths) / 1000 - wall
        rows.append(SmiRow(at, int(values["index"]), values))
    return sorted(rows, key=lambda row: row.at)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one field compares over all samples."""

    name: str
    compared: int = 0
    equal: int = 0
    """To one of nvidia-smi's rows at most `WINDOW` seconds away."""
    between: int = 0
    """Not equal to any, but between two of them, or as near to them as they are to each other: it
    changed in the meantime."""
    outside: tuple[str, ...] = ()
    """The others, in words."""

    @property
    def is_whole(self) -> bool:
        """Every sample says what nvidia-smi says, or what it says one sample earlier or later."""
        return self.compared > 0 and not self.outside


def compared(samples: Sequence[GpuSampled], rows: Sequence[SmiRow]) -> list[Agreement]:
    """Every gauge of every sample that lies within the time of the rows."""
    found = []
    indices = {row.index for row in rows}
    by_gpu = {index: [row for row in rows if row.index == index] for index in indices}
    for field in GAUGES:
        equal = between = total = 0
        outside: list[str] = []
        for sample in samples:
            for gpu in sample.gpus:
                near = _near(by_gpu.get(gpu.index, []), sample.at)
                if not near:
                    continue
                total += 1
                ours, theirs = field.ours(gpu), [row.values[field.theirs] for row in near]
                if any(_is_equal(field, ours, one) for one in theirs):
                    equal += 1
                elif _is_between(field, ours, theirs):
                    between += 1
                else:
                    outside.append(f"{sample.at:.2f} s: {ours} not in {', '.join(theirs)}")
        found.append(Agreement(field.theirs, total, equal, between, tuple(outside)))
    return found


def facts_that_differ(facts: Sequence[GpuFacts], rows: Sequence[SmiRow]) -> list[str]:
    """In words; empty when all are equal."""
    differ = []
    for fact in facts:
        row = next(row for row in rows if row.index == fact.index)
        for name, ours in FACTS.items():
            if not _is_equal(Field(name, lambda _: None, 1.0), ours(fact), row.values[name]):
                differ.append(f"GPU {fact.index} {name}: {ours(fact)}, not {row.values[name]}")
    return differ


def _near(rows: Sequence[SmiRow], at: float) -> Sequence[SmiRow]:
    """Rows around a moment; none unless there are some on both sides of it."""
    stamps = [row.at for row in rows]
    near = rows[bisect_left(stamps, at - WINDOW) : bisect_right(stamps, at + WINDOW)]
    return near if near and near[0].at <= at <= near[-1].at else []


def _is_equal(field: Field, ours: Value, theirs: str) -> bool:
    if ours is None or theirs in ABSENT:
        return ours is None and theirs in ABSENT
    if field.theirs == "clocks_event_reasons.active":
        return ours == _bits(theirs)
    if isinstance(ours, str):
        return ours == theirs
    return abs(float(ours) - float(theirs)) <= field.step


def _is_between(field: Field, ours: Value, theirs: Sequence[str]) -> bool:
    if ours is None or isinstance(ours, str):
        return False
    numbers = [float(one) for one in theirs if one not in ABSENT]
    if not numbers:
        return False
    jump = max((abs(b - a) for a, b in pairwise(numbers)), default=0.0) + field.step
    return min(numbers) - jump <= float(ours) <= max(numbers) + jump
