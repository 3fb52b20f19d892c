"""Histories that the driver keeps by itself: power every 20 ms, utilisation every 0.2 s.

They see what looks in between miss. Their stamps are microseconds of the wall clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor

from burstview_engines.probes.nvml.asking import Asking, number_of
from burstview_engines.probes.nvml.calls import Nvml, Sample

MICROSECONDS = 1e6
TRIES, TOGETHER = 3, 0.001
"""Readings of two clocks that are so many seconds apart are of one moment."""
MOST_AHEAD = 0.5
MOST_BEHIND = 60.0
"""Seconds between a sample's stamp and now that can be; others come from another clock."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The session's clock and the wall's, to bring the driver's stamps onto the session's."""

    now: Callable[[], float]
    wall: Callable[[], float]

    def to_session(self) -> Callable[[int], float]:
        """Both clocks are read anew at every look: the wall's may be set in between."""
        for _ in range(TRIES):
            before, wall, after = self.now(), self.wall(), self.now()
            if after - before < TOGETHER:  # else the thread had to wait between two readings
                break
        now = (before + after) / 2
        return lambda stamp: now - (wall - stamp / MICROSECONDS)


class DriverHistory:
    """One kind of sample of one GPU."""

    def __init__(
        self, kind: int, clocks: Clocks, value: Callable[[float | None], float | None]
    ) -> None:
        """`value` brings a number into the field's unit, None if it cannot be true."""
        self._kind, self._clocks, self._value = kind, clocks, value
        self._since = int(clocks.wall() * MICROSECONDS)

    def look(self, ask: Asking) -> tuple[tuple[float, float], ...]:
        """(session seconds, value) of all samples since the look before. Raises GpuLostError."""
        told = ask(self._told, ask.nvml)
        if told is None:
            return ()
        kind, samples = told
        to_session, now = self._clocks.to_session(), self._clocks.now()
        seen = []
        for sample in samples:
            stamp = sample.timeStamp
            value = self._value(number_of(kind, sample.sampleValue))
            at = to_session(stamp)
            is_new = stamp > self._since and now - MOST_BEHIND < at < now + MOST_AHEAD
            if is_new and value is not None:
                seen.append((round(at, 4), value))
        newest = max((sample.timeStamp for sample in samples), default=0)
        self._since = max(self._since, newest)
        return tuple(sorted(seen))

    def _told(self, handle: object, nvml: Nvml) -> tuple[int, Sequence[Sample]]:
        return nvml.nvmlDeviceGetSamples(handle, self._kind, self._since)


def thinned(values: Sequence[tuple[float, float]], step: float) -> tuple[tuple[float, float], ...]:
    """The highest of each `step` seconds, at its own time: peaks stay."""
    highest: dict[int, tuple[float, float]] = {}
    for at, value in values:
        place = floor(at / step)
        if place not in highest or value > highest[place][1]:
            highest[place] = (at, value)
    return tuple(sorted(highest.values()))
