"""Where bursts that are to start together wait for each other."""

from __future__ import annotations

import asyncio
from time import monotonic

LEAD = 0.03
"""Seconds from the last arrival to the start: time for the word to reach every worker."""


class StartLine:
    """A barrier for `parties` bursts; all get the same instant. Who gives up must `leave`."""

    def __init__(self, parties: int) -> None:
        self._missing = parties
        self._start: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def arrive(self) -> float:
        """Wait for the others; returns the common CLOCK_MONOTONIC instant of the start."""
        self.leave()
        return await asyncio.shield(self._start)

    def leave(self) -> None:
        """One party less to wait for."""
        self._missing -= 1
        if self._missing == 0 and not self._start.done():
            self._start.set_result(monotonic() + LEAD)
