"""Which engines are starting, and what is said of those that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.fleet.board import Board
from burstview_engines.fleet.life import Course, Life
from burstview_engines.fleet.log_source import LogSource
from burstview_engines.fleet.memory import Memory, MemoryProblem
from burstview_engines.keys import read_key
from burstview_engines.launch.death import why
from burstview_engines.launch.log_reader import LogReader
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.source import SessionError

NEWEST = 60
"""Lines of one that served that may tell why it ended: older troubles were overcome."""
WAS_UP = ("ready", "running", "stopping", "paused", "unknown")
QUIET_ENDS = (0, 130, 143)
"""Exit codes of one that was asked to end, by whomever."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container or process ended."""

    exit_code: int | None = None
    oom_killed: bool = False
    was_asked: bool = False
    """Somebody stopped or killed it on purpose."""
    is_old: bool = False
    """It had ended before anybody looked."""
    failure: Failure | None = None
    """What the daemon or the system says, where it knows better than the log."""
    error: str = ""
    """The daemon's words."""


Complete = Callable[[Failure, ManagedEngine], Awaitable[Failure]]


async def _as_it_is(failure: Failure, engine: ManagedEngine) -> Failure:
    return failure


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a start that was asked for here."""

    spec_hash: str
    """Under which the time it takes is remembered."""
    asked_at: float
    """Session seconds: what a person waits begins here, not when the process runs."""
    needs_download: bool = False


class Lives:
    """Begins and ends the watching of starts."""

    def __init__(
        self,
        board: Board,
        memory: Memory,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self.changed: Callable[[str], None] = lambda key: None
        """Called with the key of one that became ready or ended."""
        self.completed: Complete = _as_it_is
        """Adds to a failure what can be shown instead."""
        self._board, self._memory, self._environ = board, memory, environ
        self._clock = clock
        self._lives: dict[str, Life] = {}
        self._expected: dict[str, Expected] = {}
        self._reading: dict[str, Life] = {}
        """Ready, but their last lines are read."""

    def is_starting(self, key: str) -> bool:
        """Whether it is watched."""
        return key in self._lives

    def expect(self, key: str, expected: Expected) -> None:
        """It will run soon, since somebody asked for it."""
        self._expected[key] = expected

    def begin(
        self, key: str, side: LogSource, *, api_key_env: str | None = None, already: float = 0.0
    ) -> None:
        """It runs, for `already` seconds; watch it until it is ready."""
        if key in self._lives:
            return
        engine = self._board.get(key)
        expected = self._expected.pop(key, None)
        if expected is not None:
            already = self._clock() - expected.asked_at
        course = Course(
            profile=LAUNCH[engine.engine],
            api_key=self._key(api_key_env),
            needs_download=expected is not None and expected.needs_download,
            ready=lambda seconds: self._ready(key, expected, seconds),
        )
        self._board.enter(key, "booting")
        life = self._lives[key] = Life(key, self._board, side, course, self._clock)
        life.begin(already)

    def receive(self, key: str, received_bytes: int) -> None:
        """The network counter of one that may be downloading."""
        if life := self._lives.get(key):
            life.starting.receive(received_bytes)

    async def end(self, key: str, side: LogSource, ending: Ending) -> None:
        """It ended: say why, from its own last words where they tell."""
        life = self._lives.pop(key, None) or self._reading.pop(key, None)
        if life is not None:
            life.end()
        if not self._board.has(key):
            return
        engine = self._board.get(key)
        failure = ending.failure
        if failure is None and not ending.was_asked:
            failure = await self._cause(key, side, engine, ending, life)
        if failure is not None:
            failure = await self.completed(failure, engine)
        self._board.change(
            key,
            status="failed" if failure is not None else "stopped",
            failure=failure,
            phase=engine.phase if failure is not None else None,
            words="",
            fraction=None,
            exit_code=ending.exit_code,
            oom_killed=ending.oom_killed,
            on_gpu=None,
        )
        self.changed(key)

    async def _cause(
        self, key: str, side: LogSource, engine: ManagedEngine, ending: Ending, life: Life | None
    ) -> Failure | None:
        """A quiet end is a failure only if the last words tell one: vLLM's API server ends with 0
        after its engine process died."""
        reader = await self._last_words(key, side, engine, life)
        if _is_quiet(engine, ending):
            return reader.failure
        return why(ending.exit_code, ending.oom_killed, ending.error, reader)

    def forget(self, key: str) -> None:
        """Nobody asks about it any more."""
        self._expected.pop(key, None)
        for lives in (self._lives, self._reading):
            if life := lives.pop(key, None):
                life.end()

    def close(self) -> tuple[asyncio.Task[None], ...]:
        """All of them; what has yet to end."""
        ending = [life.end() for life in (*self._lives.values(), *self._reading.values())]
        self._lives.clear()
        self._reading.clear()
        return tuple(task for task in ending if task is not None)

    async def _last_words(
        self, key: str, side: LogSource, engine: ManagedEngine, life: Life | None
    ) -> LogReader:
        """A fresh reader on the whole tail: the follower may not have read the end yet."""
        reader = LogReader(LAUNCH[engine.engine])
        lines: list[str] = []
        with suppress(SessionError):
            lines = list(await side.tail(key))
        for line in lines[-NEWEST:] if engine.status == "ready" else lines:
            reader.feed(line)
        return life.reader if life is not None and reader.failure is None and not lines else reader

    def _ready(self, key: str, expected: Expected | None, seconds: float) -> None:
        if life := self._lives.pop(key, None):
            self._reading[key] = life
        if expected is not None:
            with suppress(MemoryProblem):
                self._memory.took(expected.spec_hash, seconds)
        self.changed(key)

    def _key(self, api_key_env: str | None) -> str | None:
        try:
            return read_key(api_key_env, self._environ)
        except SessionError:
            return None


def _is_quiet(engine: ManagedEngine, ending: Ending) -> bool:
    """An end that needs no explanation. A start that ends by itself with 0 does need one."""
    was_up = ending.is_old or engine.status in WAS_UP
    return was_up and not ending.oom_killed and ending.exit_code in QUIET_ENDS
