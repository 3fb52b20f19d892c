"""Models that Ollamas are pulling; one at a time each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from burstview_engines.fleet.board import Board
from burstview_engines.fleet.ollama_store import Pull
from burstview_engines.source import SessionError

TICK = 0.2
"""Seconds between two looks at how far it is."""


class Pulls:
    """Their progress is shown as words and fraction of the engine."""

    def __init__(self, board: Board, clock: Callable[[], float]) -> None:
        self._board, self._clock = board, clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, key: str, url: str, model: str) -> None:
        """Until it is there. Raises SessionError, also when it was cancelled."""
        if key in self._tasks:
            raise SessionError("A model is being pulled already; wait for it or cancel it.")
        pull = Pull(url, model, self._clock)
        task = self._tasks[key] = asyncio.ensure_future(pull.run(lambda: None))
        try:
            while not task.done():
                self._tell(key, model, pull)
                await asyncio.wait([task], timeout=TICK)
            await task
        except asyncio.CancelledError:
            raise SessionError(
                f"Pulling {model} was cancelled; another pull goes on where it was."
            ) from None
        finally:
            task.cancel()
            del self._tasks[key]
            self._board.change(key, words="", fraction=None)

    def cancel(self, key: str) -> None:
        """Ollama notices that nobody reads, and stops."""
        if task := self._tasks.get(key):
            task.cancel()

    async def close(self) -> None:
        """Leave all of them."""
        for task in self._tasks.values():
            task.cancel()
        for task in list(self._tasks.values()):
            with suppress(asyncio.CancelledError, SessionError):
                await task

    def _tell(self, key: str, model: str, pull: Pull) -> None:
        progress = pull.progress
        total, done = progress.total_bytes, progress.completed_bytes
        words = f"pulling {model}: {progress.status or 'asking its registry'}"
        if total:
            words = f"pulling {model}: {_gb(done)} of {_gb(total)}"
        if pull.is_stalled:
            words = f"{words}, no byte for {pull.silence:.0f} s"
        self._board.change(key, words=words, fraction=done / total if total else None)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
