"""Brings the board in line with the local processes of a folder, every second."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.lives import Ending
from burstview_engines.fleet.log_source import LogSource
from burstview_engines.places.docker.threads import DaemonThreads
from burstview_engines.places.process import local
from burstview_engines.places.process.local import LocalEngine
from burstview_engines.places.process.record import Folder
from burstview_engines.places.process.usage import UsageLook

LOOK = 1.0
"""Seconds between two looks at the processes: nothing tells of a process's end."""


class ProcessWatch:
    """One event loop owns it."""

    def __init__(self, folder: Folder, threads: DaemonThreads, logs: LogSource, hub: Hub) -> None:
        self._folder, self._threads, self._logs, self._hub = folder, threads, logs, hub
        self._task: asyncio.Task[None] | None = None
        self._usages: dict[str, tuple[int, UsageLook]] = {}
        self._running: set[str] = set()

    async def open(self) -> None:
        """Returns after the first look."""
        await self.look()
        self._task = asyncio.get_running_loop().create_task(self._look_again())

    def close(self) -> None:
        """Nobody looks any more."""
        if self._task is not None:
            self._task.cancel()

    async def look(self) -> None:
        """At all of them now."""
        found = await self._threads.run(local.find, self._folder)
        keys = {f"process:{engine.asked.name}" for engine in found}
        for engine in found:
            await self._show(f"process:{engine.asked.name}", engine)
        for known in self._hub.board:
            if known.place == "process" and known.key not in keys and known.id is not None:
                self._hub.drop(known.key)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self.look()

    async def _show(self, key: str, engine: LocalEngine) -> None:
        board = self._hub.board
        is_known = board.has(key)
        if not is_known:
            board.show(described(key, engine, self._hub.stream.now()))
        became = engine.became
        if engine.is_running and became is not None:
            board.change(key, id=str(became.pid), url=engine.asked.url)
            await self._look_at_running(key, engine)
        elif key in self._running or not is_known:
            self._running.discard(key)
            self._usages.pop(key, None)
            ending = replace(ending_of(engine), is_old=not is_known)
            await self._hub.lives.end(key, self._logs, ending)
        if not is_known:
            await self._hub.show(key)

    async def _look_at_running(self, key: str, engine: LocalEngine) -> None:
        if key not in self._running:
            await self._begin(key, engine)
        became = engine.became
        if became is None:
            return
        pid, look = self._usages.get(key, (0, None))
        if look is None or pid != became.supervisor:
            look = UsageLook(became)
            self._usages[key] = (became.supervisor, look)
        usage = await self._threads.run(look.look)
        if usage is not None:
            self._hub.board.use(key, usage)

    async def _begin(self, key: str, engine: LocalEngine) -> None:
        status = self._hub.board.get(key).status
        self._running.add(key)
        self._hub.board.change(key, status="starting" if status != "stopping" else status)
        already = await self._threads.run(age, engine)
        env = engine.asked.spec.api_key_env
        self._hub.links.learn_key(key, env)
        self._hub.lives.begin(key, self._logs, api_key_env=env, already=already)


def described(key: str, engine: LocalEngine, now: float) -> ManagedEngine:
    """As it is shown before its HTTP was asked; `now` in session seconds."""
    spec, became = engine.asked.spec, engine.became
    return ManagedEngine(
        key=key,
        name=engine.asked.name,
        engine=spec.engine,
        place="process",
        owner="ours",
        status="starting" if engine.is_running else "stopped",
        id=str(became.pid) if became and became.pid else "",
        url=engine.asked.url,
        lan=spec.lan,
        model=spec.model,
        gpus=spec.gpus,
        options=spec.options,
        started_at=now - age(engine) if engine.is_running else None,
    )


def ending_of(engine: LocalEngine) -> Ending:
    """How it ended, as far as its supervisor wrote it down."""
    became = engine.became
    if became is None or engine.was_lost:
        lost = "Its supervisor is gone: it was killed, or the machine was restarted."
        return Ending(failure=Failure(kind="lost", sentence=lost, step="Start it again."))
    if became.problem is not None:
        sentence = f"`{engine.asked.argv[0]}` cannot be started: {became.problem}."
        return Ending(failure=Failure(kind="not-started", sentence=sentence, step="Mend it."))
    return Ending(exit_code=became.exit_code, was_asked=became.was_asked_to_stop)


def age(engine: LocalEngine) -> float:
    """Seconds since it was started."""
    started = engine.became.started_wall if engine.became else 0.0
    return max(0.0, time.time() - started) if started else 0.0
