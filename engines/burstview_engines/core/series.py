"""Samples over time, bounded: what gauges, histories and verdicts are made from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from burstview_engines.core.events import (
    EngineSampled,
    Event,
    GpuProcessesSeen,
    GpuSampled,
    HostSampled,
)

KEPT = 3000
"""Samples of one kind at least; older ones leave memory: 25 minutes at the calm rate, 5 of a
burst."""

KEPT_OF_ENGINE = 1000
"""Looks at one engine: of 256 requests one tells 20 kB."""

KEPT_IN_ALL = 12_000
"""Single GPUs, or processes, in all samples of one kind: each takes 2 kB."""
LEAST_KEPT = 500
"""However many there are in one."""

E = TypeVar("E", bound=Event)


class Series(Generic[E]):
    """Events of one kind in the order of their stamps, the newest `kept` at least."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._events: list[E] = []

    def __len__(self) -> int:
        return len(self._events)

    def bound(self, each: int) -> None:
        """Keep fewer samples where one tells of many: `each` GPUs or processes."""
        self._kept = max(LEAST_KEPT, min(KEPT, KEPT_IN_ALL // max(1, each)))

    def add(self, event: E) -> None:
        """Events may come a little out of order."""
        events = self._events
        if not events or event.at >= events[-1].at:
            events.append(event)
        else:
            events.insert(bisect_right(events, event.at, key=_at), event)
        if len(events) > 2 * self._kept:  # seldom, so that it costs nothing
            del events[: -self._kept]

    @property
    def newest(self) -> E | None:
        """None before the first."""
        return self._events[-1] if self._events else None

    def between(self, begin: float, end: float) -> Sequence[E]:
        """Those with `begin <= at <= end`."""
        first = bisect_left(self._events, begin, key=_at)
        return self._events[first : bisect_right(self._events, end, key=_at)]

    def around(self, begin: float, end: float) -> Sequence[E]:
        """The same with the last one before and the first one after, where there are any."""
        first = bisect_left(self._events, begin, key=_at)
        last = bisect_right(self._events, end, key=_at)
        return self._events[max(first - 1, 0) : last + 1]

    def last_before(self, at: float) -> E | None:
        """The newest with a stamp up to `at`."""
        found = bisect_right(self._events, at, key=_at)
        return self._events[found - 1] if found else None


def _at(event: Event) -> float:
    return event.at


def _empty_gpus() -> Series[GpuSampled]:
    return Series()


def _empty_hosts() -> Series[HostSampled]:
    return Series()


def _empty_processes() -> Series[GpuProcessesSeen]:
    return Series()


@dataclass(slots=True)
class History:
    """All samples of a session that are kept; whoever owns the fold owns it."""

    gpus: Series[GpuSampled] = field(default_factory=_empty_gpus)
    """Real ones."""
    simulated_gpus: Series[GpuSampled] = field(default_factory=_empty_gpus)
    hosts: Series[HostSampled] = field(default_factory=_empty_hosts)
    processes: Series[GpuProcessesSeen] = field(default_factory=_empty_processes)
    engines: dict[str, Series[EngineSampled]] = field(default_factory=dict)
    """By the backend's key; looks that failed are in it, as marks."""

    def engine(self, backend: str) -> Series[EngineSampled]:
        """Of one backend; empty where nothing was told."""
        return self.engines.get(backend) or Series()

    def take(self, event: GpuSampled | HostSampled | GpuProcessesSeen | EngineSampled) -> None:
        """Keep it."""
        match event:
            case GpuSampled():
                series = self.simulated_gpus if event.simulated else self.gpus
                series.bound(len(event.gpus))
                series.add(event)
            case HostSampled():
                self.hosts.add(event)
            case GpuProcessesSeen():
                self.processes.bound(len(event.processes))
                self.processes.add(event)
            case EngineSampled():
                self.engines.setdefault(event.backend, Series(KEPT_OF_ENGINE)).add(event)
