"""How late the worker's own event loop is: a ticker beside the burst."""

from __future__ import annotations

import asyncio
from array import array
from time import monotonic

from burstview_engines.core.metrics import percentile

TICK = 0.005
RESOLUTION = 0.001
"""uvloop's timers count whole milliseconds: lateness below this is the timer's own."""


class LoopLag:
    """Asks to be woken every 5 ms and notes how much later it was."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lags: array[float] = array("d")
        self._handle: asyncio.TimerHandle | None = None
        self._asked = 0.0

    def start(self) -> None:
        """Forget what was measured and begin."""
        self.stop()
        self._lags = array("d")
        self._ask()

    def stop(self) -> None:
        """Tick no more; the figures stay."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    @property
    def p95(self) -> float:
        """Seconds; 0.0 of a phase shorter than a tick."""
        return percentile(self._lags, 95) or 0.0

    @property
    def longest(self) -> float:
        """Seconds; 0.0 of a phase shorter than a tick."""
        return max(self._lags, default=0.0)

    def _ask(self) -> None:
        self._asked = monotonic()
        self._handle = self._loop.call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._lags.append(max(0.0, monotonic() - self._asked - TICK - RESOLUTION))
        self._ask()
