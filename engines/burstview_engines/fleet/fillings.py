"""Ollamas that still get the model they were started with, and when engines are ready at all."""

from __future__ import annotations

import asyncio

from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fleet.launches import Launches
from burstview_engines.fleet.model_store import ModelStore
from burstview_engines.fleet.roster import Roster
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

AT_REST = ("ready", "running", "failed", "stopped", "paused", "unknown")
LOOK = 0.1
"""Seconds between two looks at an engine that somebody waits for."""


class Fillings:
    """One task each."""

    def __init__(self, roster: Roster, store: ModelStore, launches: Launches) -> None:
        self._roster, self._store, self._launches = roster, store, launches
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, key: str, spec: LaunchSpec) -> None:
        """Once it is ready."""
        self._tasks[key] = asyncio.get_running_loop().create_task(self._fill(key, spec))

    def cancel(self, key: str) -> None:
        """It stays as empty as it is."""
        if task := self._tasks.pop(key, None):
            task.cancel()

    def close(self) -> None:
        """The same for all."""
        for task in self._tasks.values():
            task.cancel()

    async def wait(self, key: str) -> ManagedEngine:
        """The engine when it is ready, an Ollama with its model, or has failed or stopped."""
        engine = await self._settled(key)
        if key in self._tasks:
            await asyncio.wait([self._tasks[key]])
        return self._roster.engine(key) if self._roster.has(key) else engine

    async def _settled(self, key: str) -> ManagedEngine:
        while True:
            engine = self._roster.engine(key)
            is_on_its_way = self._launches.is_on(key) or self._roster.hub.lives.is_starting(key)
            if not is_on_its_way and engine.status in AT_REST:
                return engine
            await asyncio.sleep(LOOK)

    async def _fill(self, key: str, spec: LaunchSpec) -> None:
        """An Ollama starts empty: the model that was chosen is pulled unless it is there, and
        loaded. What keeps it from that is a notice: the Ollama itself is ready."""
        try:
            if spec.engine == "ollama" and spec.model is not None:
                engine = await self._settled(key)
                if engine.status == "ready" and engine.url is not None:
                    await self._store.fetch(key, engine.url, spec.model)
        except SessionError as refusal:
            self._roster.hub.stream.notice(str(refusal), key)
        finally:
            self._tasks.pop(key, None)
