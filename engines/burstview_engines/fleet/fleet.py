"""The engines of a session: what `EngineControl` promises."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from burstview_engines.control import LaunchPreview, LogLine, LogView
from burstview_engines.core.managed import ManagedEngine, StoredModel
from burstview_engines.fleet import hub as hubs
from burstview_engines.fleet.fillings import Fillings
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.launches import Launches
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.model_store import ModelStore
from burstview_engines.fleet.open_logs import OpenLogs
from burstview_engines.fleet.pair_preview import PairPreview
from burstview_engines.fleet.previews import Previews
from burstview_engines.fleet.roster import Roster
from burstview_engines.fleet.side import Side
from burstview_engines.fleet.slot_watch import SlotWatch
from burstview_engines.fleet.standing import Standing
from burstview_engines.fleet.start_words import Tell
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pairs import ModelPair
from burstview_engines.places.docker.log_book import KEPT_LINES
from burstview_engines.places.process.follow import TAIL
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream


class Fleet:
    """One event loop owns it. Sides do the work; here is what all of them have in common."""

    def __init__(
        self,
        sides: Mapping[str, Side],
        memory: Memory,
        judge: Judge,
        *,
        where: str,
        read_only: bool = False,
        environ: Mapping[str, str] = os.environ,
        is_quiet: bool = False,
    ) -> None:
        """`sides` by place: `container`, `process`. A quiet one shows no backends."""
        self._memory, self._judge, self._environ = memory, judge, environ
        self._is_quiet = is_quiet
        roster = self._roster = Roster(sides, where, read_only=read_only)
        self._previews = Previews(roster, memory, judge)
        self._standing = Standing(roster, memory, judge)
        self._launches = Launches(roster, judge, self._standing)
        self._store = ModelStore(roster)
        self._fillings = Fillings(roster, self._store, self._launches)
        self._logs = OpenLogs(roster)

    async def open(self, stream: EventStream) -> None:
        """Returns when each side has had its first look."""
        hub = hubs.make(stream, self._memory, self._environ, is_quiet=self._is_quiet)
        hub.lives.completed = self._standing.completed
        if not self._is_quiet:
            hub.slots = SlotWatch(stream, self._roster.side, hub.wall)
            hub.links.complete = hub.slots.complete
        self._roster.begin(hub)
        self._store.begin()
        await asyncio.gather(*(side.open(hub) for side in self.sides.values()))

    async def look(self) -> None:
        """At what no event tells; one whose HTTP is silent although it runs is shown so."""
        await asyncio.gather(*(side.refresh() for side in self.sides.values()))
        await self.hub.links.refresh()
        for key, detail in list(self.hub.links.silent()):
            self.hub.board.change(key, status="running", words=detail)
            await self.hub.show(key)

    def candidates(self) -> tuple[str, ...]:
        """Where sides have seen something that may be an engine, but is none that they know."""
        return tuple(url for side in self.sides.values() for url in side.candidates())

    async def close(self) -> None:
        """Stop watching. What runs goes on running; a start in progress is left to the daemon."""
        self._launches.close()
        self._fillings.close()
        self._logs.close()
        if self.is_open:
            await self.hub.close()
        await self._store.close()
        await asyncio.gather(*(side.close() for side in self.sides.values()))
        self._judge.close()

    # what it is

    @property
    def sides(self) -> Mapping[str, Side]:
        """By place."""
        return self._roster.sides

    @property
    def is_open(self) -> bool:
        """Whether the session has begun."""
        return self._roster.is_open

    @property
    def hub(self) -> Hub:
        """Raises SessionError before `open`."""
        return self._roster.hub

    @property
    def is_read_only(self) -> bool:
        """Nothing may be changed."""
        return self._roster.read_only

    @property
    def where(self) -> str:
        """The daemon's endpoint and how it was chosen; a sentence when there is none."""
        return self._roster.where

    # what would be

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Check a start without changing anything; with `replaces`, in the place of that engine."""
        return await self._previews.of(spec, replaces)

    async def preview_pair(self, pair: ModelPair, gpus: tuple[str, ...]) -> PairPreview:
        """Ollama and vLLM with that model, planned together on the first of these GPUs."""
        return await self._previews.of_pair(pair, gpus)

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What `recreate` would change, one phrase each, with what it costs."""
        return await self._previews.changes(key, spec)

    async def spec_of(self, key: str) -> LaunchSpec:
        """How it was started, as far as it can be told."""
        if not self._roster.engine(key).id and key in self._launches.specs:
            return self._launches.specs[key]
        return await self._roster.side(key).spec_of(key)

    # its life

    async def up(self, spec: LaunchSpec) -> str:
        """Begin to pull, create and start; the engine's key."""
        self._roster.may_change()
        key = await self._launches.begin(self._previews.checked(spec))
        self._fillings.begin(key, self._launches.specs[key])
        return key

    async def start(self, key: str) -> None:
        """Start a stopped one as it is."""
        engine = self._roster.guard(key)
        if engine.status in ("ready", "running", "starting", "pulling"):
            raise SessionError(f"{engine.name} runs already.")
        if not engine.id and key in self._launches.specs:
            await self.up(self._launches.specs[key])
            return
        await self._start(key)

    async def stop(self, key: str) -> None:
        """Returns when it has ended; while it is stopping, it is killed."""
        engine = self._roster.guard(key)
        if self.is_launching(key):
            await self.cancel(key)
        elif engine.status == "stopping":
            await self.kill(key)
        else:
            await self._standing.end(engine, self._roster.side(key).stop(key))

    async def kill(self, key: str) -> None:
        """End it at once."""
        engine = self._roster.guard(key)
        await self._standing.end(engine, self._roster.side(key).kill(key))

    async def restart(self, key: str) -> None:
        """Stop and start as it is."""
        engine = self._roster.guard(key)
        if engine.status in ("ready", "running", "starting", "paused"):
            await self._standing.end(engine, self._roster.side(key).stop(key))
        await self._start(key)

    async def recreate(self, key: str, spec: LaunchSpec) -> None:
        """Replace it by one with other options; volumes stay. Returns when that has begun."""
        engine = self._roster.guard(key)
        if self.is_launching(key):
            raise SessionError(f"{engine.name} is being started; wait or cancel it first.")
        spec = self._previews.checked(spec)
        self.hub.lives.forget(key)
        await self._launches.replace(key, spec)
        self._fillings.begin(key, spec)

    async def remove(self, key: str, *, volumes: bool = False) -> None:
        """Remove it; its volumes only if asked."""
        await self.take_down(key, volumes=volumes)

    async def take_down(
        self, key: str, *, volumes: bool = False, going: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Remove it; the volumes that went with it. A volume that others of `going`, which are
        removed after it, use as well goes with the last of them."""
        self._roster.guard(key)
        if self.is_launching(key):
            await self.cancel(key)
        if not self._roster.has(key):
            return ()
        deleted: tuple[str, ...] = ()
        if self._roster.engine(key).id:
            deleted = await self._roster.side(key).remove(key, volumes=volumes, going=going)
        self.hub.drop(key)
        return deleted

    async def adopt(self, key: str) -> None:
        """Allow changes to a foreign one from now on; remembered by container id."""
        self._roster.may_change()
        engine = self._roster.engine(key)
        if engine.may_change or engine.id is None:
            raise SessionError(f"{engine.name} is yours already.")
        await asyncio.to_thread(self._memory.adopt, engine.id, engine.name)
        self.hub.board.change(key, owner="adopted")

    async def cancel(self, key: str) -> None:
        """Stop a start in progress: the pull is aborted, what was created is removed. One that was
        to be replaced stays, or has been replaced already."""
        if self.is_launching(key):
            self._fillings.cancel(key)
            await self._launches.cancel(key)
        elif key in self.hub.first_starts and self.hub.lives.is_starting(key):
            self._fillings.cancel(key)  # it runs, but was made by this start
            await self.kill(key)
            await self.remove(key)

    async def pull_image(self, spec: LaunchSpec, tell: Tell) -> str:
        """Pull the image of such a spec, or the profile's; its name. Raises SessionError."""
        self._roster.may_change()
        return await self._roster.side_of("container").pull_image(spec, tell)

    # waiting for it

    def is_launching(self, key: str) -> bool:
        """Its container or process is still to be made: the session's end would end that too."""
        return self._launches.is_on(key)

    async def launched(self, key: str) -> ManagedEngine:
        """The engine when it runs, or nothing more will come of its start. Where somebody else was
        faster with its name, the board has theirs: here it has failed all the same."""
        return await self._launches.launched(key)

    async def wait(self, key: str) -> ManagedEngine:
        """The engine when it is ready, an Ollama with its model, or has failed or stopped."""
        return await self._fillings.wait(key)

    async def settle(self, limit: float) -> None:
        """Wait until all that run have answered at their HTTP, at most `limit` seconds. One that
        is removed meanwhile is waited for no longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                for engine in list(self.hub.board):
                    with suppress(SessionError):
                        await self.wait(engine.key)

    # its log

    async def log(self, key: str, *, tail: int = TAIL, kept: int = KEPT_LINES) -> LogView:
        """Follow its log from now on, until another is followed or the session closes: at first
        the last `tail` lines, of which and of later ones the newest `kept` are at hand."""
        return self._logs.follow(key, tail=tail, kept=kept)

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """The newest of its log, numbered from 1, without following it."""
        return await self._logs.last_lines(key, count)

    # an Ollama's models

    async def models(self, key: str) -> Sequence[StoredModel]:
        """What an Ollama has."""
        return await self._store.models(key)

    async def pull_model(self, key: str, model: str) -> None:
        """Returns when it is there. Progress is in the snapshot."""
        await self._store.pull(key, model)

    def cancel_pull(self, key: str) -> None:
        """Stop the pull; another goes on where it was."""
        self._store.cancel(key)

    async def load_model(self, key: str, model: str) -> None:
        """Load it and keep it."""
        await self._store.load(key, model)

    async def unload_model(self, key: str, model: str) -> None:
        """Free its memory."""
        await self._store.unload(key, model)

    async def delete_model(self, key: str, model: str) -> None:
        """Delete it from the store."""
        await self._store.delete(key, model)

    async def _start(self, key: str) -> None:
        """One that is there."""
        await self._standing.begin(key, await self.spec_of(key))
        try:
            await self._roster.side(key).start(key)
        except SessionError as refusal:
            await self._standing.failed(key, refusal)
            raise
