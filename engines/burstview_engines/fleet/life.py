"""One engine while it starts: from the moment its process runs until its HTTP answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burstview_engines.fleet.board import Board
from burstview_engines.fleet.log_source import LogSource, OpenLog
from burstview_engines.fleet.readiness import until_ready
from burstview_engines.fleet.starting import Starting
from burstview_engines.launch.log_reader import LogReader
from burstview_engines.launch.profile import LaunchProfile

LAST_LINES = 2.0
"""Seconds for which the log is read on after it is ready."""
TICK = 0.25
"""Seconds between two looks at how far it is."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of a start beforehand."""

    profile: LaunchProfile
    api_key: str | None = None
    needs_download: bool = False
    ready: Callable[[float], None] = lambda seconds: None
    """Called once with the seconds it took, when it is ready."""


class Life:
    """Follows the log and asks its HTTP, until `end`. One event loop owns it."""

    def __init__(
        self, key: str, board: Board, side: LogSource, course: Course, clock: Callable[[], float]
    ) -> None:
        self.key, self.course = key, course
        self._board, self._side, self._clock = board, side, clock
        self.reader = LogReader(course.profile)
        self.starting = Starting(self.reader, course.needs_download, clock)
        self._task: asyncio.Task[None] | None = None
        self._log: OpenLog | None = None
        self._begun = clock()
        self._is_ready = False

    def begin(self, already: float = 0.0) -> None:
        """Watch it; it has been starting for `already` seconds."""
        self._begun = self._clock() - already
        self._log = self._side.open_log(self.key, self._take)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def end(self) -> asyncio.Task[None] | None:
        """It died, was stopped, or is ready: nothing more is told of its start. What is given back
        has yet to end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        if self._log is not None:
            self._log.close()
            self._log = None
        return task

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            if self.reader.feed(line) and not self._is_ready:
                self._tell()

    async def _run(self) -> None:
        engine = self._board.get(self.key)
        if engine.url is None:
            return
        ready = asyncio.ensure_future(
            until_ready(engine.url, self.course.profile.ready_path, self.course.api_key)
        )
        try:
            while not ready.done():
                self._tell()
                await asyncio.wait([ready], timeout=TICK)
        finally:
            ready.cancel()
            await asyncio.wait([ready])
        self._tell_ready()
        await self._read_on()

    async def _read_on(self) -> None:
        """HTTP may answer before the last lines are read, and they hold facts."""
        until = self._clock() + LAST_LINES
        while self._clock() < until:
            await asyncio.sleep(TICK)
            self._board.change(self.key, facts=self.reader.facts)
        self._task = None
        self.end()

    def _tell(self) -> None:
        phase = self.starting.phase
        if phase is not None and phase != "ready":
            self._board.enter(self.key, phase, self.starting.words, self.reader.fraction)
        self._board.change(self.key, facts=self.reader.facts)

    def _tell_ready(self) -> None:
        self._is_ready = True
        self._board.enter(self.key, "ready")
        self._board.change(self.key, status="ready", facts=self.reader.facts, failure=None)
        self.course.ready(self._clock() - self._begun)
