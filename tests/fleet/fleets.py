"""Fleets for tests: on stand-ins as local processes, or on a real Docker Engine."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.recording import Recorder
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.stream import EventStream

LIMIT = 60.0
NOWHERE = "none"


@dataclass(slots=True)
class Opened:
    """A fleet and its stream."""

    fleet: Fleet
    stream: EventStream

    def engine(self, key: str) -> ManagedEngine:
        """As the snapshot has it; fails when it is not there."""
        view = self.stream.fold.snapshot().engine(key)
        assert view is not None, f"{key} is not on the board"
        return view.engine

    def board_keys(self) -> list[str]:
        """All on the board."""
        return [view.engine.key for view in self.stream.fold.snapshot().engines]

    async def until(self, key: str, *statuses: str) -> ManagedEngine:
        """Once it has one of these statuses; fails after the limit with what it has."""
        await until(lambda: self._has(key, statuses), lambda: str(self._seen(key)))
        return self.engine(key)

    def _has(self, key: str, statuses: tuple[str, ...]) -> bool:
        view = self.stream.fold.snapshot().engine(key)
        return view is not None and view.engine.status in statuses

    def _seen(self, key: str) -> object:
        return self.stream.fold.snapshot().engine(key)


async def until(condition: Callable[[], bool], seen: Callable[[], str] = str) -> None:
    """Poll until it is true; fails after the limit."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"it never came true: {seen()}"
        await asyncio.sleep(0.02)


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def opened(
    state: Path,
    environ: Mapping[str, str],
    *,
    docker_host: str = NOWHERE,
    record: Path | None = None,
    read_only: bool = False,
    owner: str | None = None,
) -> AsyncIterator[Opened]:
    """A fleet of its own state folder; closed at the end. No Docker unless its address is given."""
    fleet = open_fleet(
        docker_host=docker_host,
        read_only=read_only,
        environ=environ,
        home=state,
        state=state,
        owner=owner,
    )
    stream = EventStream(Recorder(record) if record else None)
    stream.begin("burstview test", 0.0)
    await fleet.open(stream)
    try:
        yield Opened(fleet, stream)
    finally:
        await fleet.close()
        stream.close()
