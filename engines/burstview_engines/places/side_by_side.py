"""Looks at several engines at once, none of which waits for a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

PATIENCE = 0.2
"""Seconds that the others' looks wait for the slowest one."""


class Sampled(Protocol):
    """What can be looked at."""

    async def sample(self) -> None:
        """One look."""


class SideBySide:
    """One event loop owns it."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._looks: dict[Sampled, asyncio.Task[None]] = {}

    async def sample(self, engines: Iterable[Sampled]) -> None:
        """One look at each; where the last one still goes on, that one is left to its end."""
        loop = asyncio.get_running_loop()
        self._looks = {one: look for one, look in self._looks.items() if not look.done()}
        for engine in engines:
            if engine not in self._looks:
                self._looks[engine] = loop.create_task(engine.sample())
        if not self._looks:
            return
        done, _ = await asyncio.wait(self._looks.values(), timeout=self._patience)
        for look in done:
            if not look.cancelled():
                look.result()

    async def close(self) -> None:
        """End all looks."""
        looks = tuple(self._looks.values())
        self._looks = {}
        for look in looks:
            look.cancel()
        if looks:
            await asyncio.wait(looks)
