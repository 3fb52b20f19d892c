"""What the session and its sides share: the board, and what happens to engines on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

from burstview_engines.core.managed import LaunchPhase
from burstview_engines.fleet.board import Board
from burstview_engines.fleet.links import Links
from burstview_engines.fleet.lives import Lives
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.slot_watch import SlotWatch
from burstview_engines.fleet.start_words import Tell
from burstview_engines.stream import EventStream

CLOSE_LIMIT = 0.3
"""Seconds that questions in progress get to end."""


@dataclass(slots=True)
class Hub:
    """Owned by the event loop's thread."""

    stream: EventStream
    board: Board
    lives: Lives
    links: Links
    memory: Memory
    environ: Mapping[str, str]
    busy: set[str] = field(default_factory=set)
    """Keys that are being started or replaced: what is there of them now will change."""
    first_starts: set[str] = field(default_factory=set)
    """Keys that were made here and have not been ready yet."""
    unmade: set[str] = field(default_factory=set)
    """Keys whose start came to nothing: they are shown all the same, with the reason, although
    nothing is there of them."""
    wall: Callable[[], float] = time.time
    slots: SlotWatch | None = None
    """None in a quiet session."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def tell(self, key: str) -> Tell:
        """How far the engine of that key is."""

        def told(phase: LaunchPhase, words: str = "", fraction: float | None = None) -> None:
            self.board.enter(key, phase, words, fraction)

        return told

    def do(self, work: Coroutine[object, object, None]) -> None:
        """In the background, until the session closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def show(self, key: str) -> None:
        """Bring the backend in line with the engine."""
        if self.board.has(key):
            if self.slots is not None:
                self.slots.show(self.board.get(key))
            await self.links.show(self.board.get(key))

    def changed(self, key: str) -> None:
        """The same, in the background."""
        self.do(self.show(key))

    def settled(self, key: str) -> None:
        """It became ready, or ended."""
        self.first_starts.discard(key)
        self.changed(key)

    def drop(self, key: str) -> None:
        """It is gone for good."""
        self.first_starts.discard(key)
        self.lives.forget(key)
        self.links.drop(key)
        if self.slots is not None:
            self.slots.drop(key)
        self.unmade.discard(key)
        self.board.drop(key)

    async def close(self) -> None:
        """Nothing goes on; returns when all has ended, so that no connection is left open."""
        if self.slots is not None:
            self.slots.close()
        ending = {*self.lives.close(), *self._tasks}
        for task in self._tasks:
            task.cancel()
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_LIMIT)
        await self.links.close()


def make(
    stream: EventStream, memory: Memory, environ: Mapping[str, str], *, is_quiet: bool = False
) -> Hub:
    """A hub for one session."""
    board = Board(stream)
    lives = Lives(board, memory, environ, stream.now)
    links = Links(board, stream, environ, is_quiet=is_quiet)
    hub = Hub(stream, board, lives, links, memory, environ)
    lives.changed = hub.settled
    return hub
