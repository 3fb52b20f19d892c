"""Starts and replacements in progress: what is made until an engine's own HTTP can answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress

import msgspec

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.roster import Roster
from burstview_engines.fleet.side import Side
from burstview_engines.fleet.standing import Standing
from burstview_engines.fleet.start_words import LaunchFailed
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

PORT_TAKEN = ("port-taken", "port-taken-by-container", "port")
PORTS_LOST = 20
"""So many times others may be faster."""


class Launches:
    """One task each."""

    def __init__(self, roster: Roster, judge: Judge, standing: Standing) -> None:
        self._roster, self._judge, self._standing = roster, judge, standing
        self._choosing = asyncio.Lock()
        """Held while a name and a port are chosen."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.specs: dict[str, LaunchSpec] = {}
        """What was asked for, by key: a start that failed early has nothing else."""
        self._replacing: set[str] = set()
        """Those in whose place something is already."""

    def is_on(self, key: str) -> bool:
        """Its container or process is still to be made."""
        return key in self._tasks

    async def begin(self, wanted: LaunchSpec) -> str:
        """Pull, create and start; the engine's key. Raises SessionError."""
        side = self._roster.side_of(wanted.place)
        async with self._choosing:
            spec = await side.complete(wanted, self._promised())
            return await self._register(await self._judge.ready_to_start(spec), side, wanted)

    async def replace(self, key: str, spec: LaunchSpec) -> None:
        """Another one in its place. Returns when that has begun."""
        await self._standing.begin(key, spec)
        self._replacing.add(key)
        self._run(key, self._replace(key, spec, self._roster.side(key)))

    async def cancel(self, key: str) -> None:
        """What was created is removed. One that was to be replaced stays, or has been replaced
        already."""
        task = self._tasks.pop(key)
        is_replacement = key in self._replacing
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self._roster.hub.lives.forget(key)
        if is_replacement:
            await self._standing.find_out(key)
            return
        await self._roster.side(key).undo(key)
        self._roster.hub.drop(key)

    async def launched(self, key: str) -> ManagedEngine:
        """The engine when it runs, or nothing more will come of its start. Where somebody else was
        faster with its name, the board has theirs: here it has failed all the same."""
        if key in self._tasks:
            await asyncio.wait([self._tasks[key]])
        engine, failure = self._roster.engine(key), self._standing.failures.get(key)
        if failure is None:
            return engine
        return msgspec.structs.replace(engine, id=None, status="failed", failure=failure)

    def close(self) -> None:
        """A start in progress is left to the daemon."""
        for task in self._tasks.values():
            task.cancel()

    async def _register(self, spec: LaunchSpec, side: Side, wanted: LaunchSpec) -> str:
        """From now on its name and port are promised."""
        key, hub = f"{spec.place}:{spec.name}", self._roster.hub
        if key in self._tasks:
            raise SessionError(f"{spec.name} is being started already.")
        if hub.board.has(key) and hub.board.get(key).id:
            raise LaunchFailed(_name_taken(spec.name or ""))
        self.specs[key] = spec
        hub.first_starts.add(key)
        self._standing.failures.pop(key, None)
        await self._standing.announce(key, spec)
        self._run(key, self._launch(key, spec, side, moves=wanted.port is None))
        return key

    def _run(self, key: str, work: Coroutine[object, object, None]) -> None:
        self._tasks[key] = asyncio.get_running_loop().create_task(work)

    async def _launch(self, key: str, spec: LaunchSpec, side: Side, *, moves: bool) -> None:
        await self._carry_out(key, self._made(key, spec, side, moves=moves))

    async def _made(self, key: str, spec: LaunchSpec, side: Side, *, moves: bool) -> None:
        """When twenty people start at once all find the same port free: whoever chose none gets
        another when somebody was faster."""
        for tries_left in reversed(range(PORTS_LOST + 1)):
            try:
                await side.launch(key, spec, self._roster.hub.tell(key))
            except LaunchFailed as failed:
                if not (moves and tries_left and failed.failure.kind in PORT_TAKEN):
                    raise
            else:
                return
            async with self._choosing:
                unplaced = msgspec.structs.replace(spec, port=None)
                spec = await side.complete(unplaced, self._promised())
                self.specs[key] = spec

    def _promised(self) -> list[LaunchSpec]:
        """Of all that are being made."""
        return [self.specs[key] for key in self._tasks if key in self.specs]

    async def _replace(self, key: str, spec: LaunchSpec, side: Side) -> None:
        work = side.replace(key, spec, self._roster.hub.tell(key))
        try:
            await self._carry_out(key, self._replaced(key, work))
        finally:
            self._replacing.discard(key)

    async def _replaced(self, key: str, work: Awaitable[None]) -> None:
        """A container that could not be replaced is back as it was: then the reason is a notice. Of
        a process only the reason is left."""
        try:
            await work
        except SessionError as failed:
            engine = self._roster.engine(key)
            if engine.place == "process":
                raise
            self._roster.hub.stream.notice(f"{engine.name} was not replaced: {failed}", key)
            await self._standing.find_out(key)

    async def _carry_out(self, key: str, work: Awaitable[None]) -> None:
        hub = self._roster.hub
        hub.busy.add(key)
        hub.unmade.discard(key)
        try:
            await work
        except SessionError as failed:
            hub.unmade.add(key)
            await self._standing.failed(key, failed)
        else:
            if hub.board.has(key) and hub.board.get(key).id is None:
                hub.drop(key)  # somebody removed it meanwhile
        finally:
            hub.busy.discard(key)
            self._tasks.pop(key, None)


def _name_taken(name: str) -> Failure:
    return Failure(
        kind="name-taken",
        sentence=f"{name} is there already.",
        step="Start or change it, or choose another name.",
    )
