"""What the session knows of its engines; every change is an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, Unpack

import msgspec

from burstview_engines.core.events import EngineChanged, EngineGone, EngineUsed
from burstview_engines.core.managed import (
    EngineFacts,
    Failure,
    LaunchPhase,
    ManagedEngine,
    Owner,
    Status,
    Usage,
)
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream


class News(TypedDict, total=False):
    """Fields of a ManagedEngine that may change."""

    name: str
    owner: Owner
    status: Status
    id: str | None
    who: str | None
    url: str | None
    lan: bool
    image: str | None
    model: str | None
    gpus: tuple[str, ...] | None
    options: dict[str, str]
    phase: LaunchPhase | None
    phase_since: float | None
    started_at: float | None
    fraction: float | None
    words: str
    expected_seconds: float | None
    is_first_start: bool
    failure: Failure | None
    exit_code: int | None
    oom_killed: bool
    restarts: int
    facts: EngineFacts
    drift: tuple[str, ...]
    on_gpu: float | None
    simulated: bool


class Board:
    """Owned by the event loop's thread."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._engines: dict[str, ManagedEngine] = {}

    def __iter__(self) -> Iterator[ManagedEngine]:
        return iter(tuple(self._engines.values()))

    def get(self, key: str) -> ManagedEngine:
        """The engine of that key. Raises SessionError."""
        engine = self._engines.get(key)
        if engine is None:
            name = key.partition(":")[2] or key
            raise SessionError(f"There is no engine {name}; see `burstview ps`.")
        return engine

    def has(self, key: str) -> bool:
        """Whether it is there."""
        return key in self._engines

    def show(self, engine: ManagedEngine) -> None:
        """A new or changed one; nothing is told when nothing changed."""
        if self._engines.get(engine.key) != engine:
            self._engines[engine.key] = engine
            self._stream.put(EngineChanged(at=self._stream.now(), engine=engine))

    def change(self, key: str, **news: Unpack[News]) -> None:
        """Some fields of one that may be gone by now."""
        engine = self._engines.get(key)
        if engine is not None:
            self.show(msgspec.structs.replace(engine, **news))

    def enter(
        self, key: str, phase: LaunchPhase, words: str = "", fraction: float | None = None
    ) -> None:
        """The start goes on; the clock of a phase begins when it is entered."""
        engine = self._engines.get(key)
        if engine is None:
            return
        is_same = engine.phase == phase and engine.phase_since is not None
        since = engine.phase_since if is_same else self._stream.now()
        self.change(key, phase=phase, phase_since=since, words=words, fraction=fraction)

    def use(self, key: str, usage: Usage) -> None:
        """What it uses now."""
        if key in self._engines:
            self._stream.put(EngineUsed(at=self._stream.now(), key=key, usage=usage))

    def drop(self, key: str) -> None:
        """It is gone."""
        if self._engines.pop(key, None) is not None:
            self._stream.put(EngineGone(at=self._stream.now(), key=key))
