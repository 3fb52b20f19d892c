"""How busy a simulated GPU was of late."""

from __future__ import annotations

from collections import deque

WINDOW = 1.0
"""Seconds that the reading averages over, as NVML's own sample period."""


class BusyMeter:
    """Share of the last second that the GPU computed; steps come in order of time."""

    def __init__(self) -> None:
        self._spans: deque[tuple[float, float, float]] = deque()

    def add(self, begin: float, end: float, busy: float) -> None:
        """A step from `begin` to `end` that kept the GPU busy for the share `busy` (0 to 1)."""
        self._spans.append((begin, end, busy))
        self._forget(end)

    def percent(self, now: float) -> float:
        """0 to 100 over the second before `now`."""
        self._forget(now)
        start = now - WINDOW
        worked = sum(
            (min(end, now) - max(begin, start)) * busy
            for begin, end, busy in self._spans
            if begin < now and end > start
        )
        return min(100.0, 100.0 * worked / WINDOW)

    def _forget(self, now: float) -> None:
        while self._spans and self._spans[0][1] <= now - WINDOW:
            self._spans.popleft()
