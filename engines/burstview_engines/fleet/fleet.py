"""The engines of a session: what `EngineControl` promises."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec

from burstview_engines.backends.ollama import same_model
from burstview_engines.control import LaunchPreview, LogLine, LogView
from burstview_engines.core.managed import Failure, ManagedEngine, StoredModel
from burstview_engines.fleet import hub as hubs
from burstview_engines.fleet import ollama_store
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.instead import NEEDS_NETWORK, with_what_is_here
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.lives import Expected
from burstview_engines.fleet.log_source import OpenLog
from burstview_engines.fleet.masked_log import MaskedLog, masked_lines
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.pair_preview import PairPreview, preview_pair
from burstview_engines.fleet.pulls import Pulls
from burstview_engines.fleet.released import NOTHING, Released
from burstview_engines.fleet.side import Side
from burstview_engines.fleet.slot_watch import SlotWatch
from burstview_engines.fleet.start_words import LaunchFailed, Tell, WrongWish
from burstview_engines.launch.checked import checked
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import spec_hash
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pairs import ModelPair
from burstview_engines.places.docker.log_book import KEPT_LINES
from burstview_engines.places.process.follow import TAIL
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

READ_ONLY = "This session is read-only: nothing is started, changed or removed."
AT_REST = ("ready", "running", "failed", "stopped", "paused", "unknown")
PORT_TAKEN = ("port-taken", "port-taken-by-container", "port")
PORTS_LOST = 20
"""So many times others may be faster."""
UNREACHABLE = ("daemon-absent", "daemon-gone", "daemon-slow")
"""Kinds of failures that say nothing of the engine: whether it runs is found out later."""
LOOK = 0.1
"""Seconds between two looks at an engine that somebody waits for."""


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
        self._sides, self._memory, self._judge = dict(sides), memory, judge
        self._where, self._read_only, self._environ = where, read_only, environ
        self._is_quiet = is_quiet
        self._choosing = asyncio.Lock()
        """Held while a name and a port are chosen."""
        self._launches: dict[str, asyncio.Task[None]] = {}
        self._specs: dict[str, LaunchSpec] = {}
        """What was asked for, by key: a start that failed early has nothing else."""
        self._fillings: dict[str, asyncio.Task[None]] = {}
        """Ollamas that still get the model they were started with."""
        self._failures: dict[str, Failure] = {}
        """Of launches, by key; one that died after it ran is on the board alone."""
        self._replacing: set[str] = set()
        """Launches in whose place something is already."""
        self._log: OpenLog | None = None
        self._hub: Hub | None = None
        self._pulls: Pulls | None = None

    async def open(self, stream: EventStream) -> None:
        """Returns when each side has had its first look."""
        self._hub = hubs.make(stream, self._memory, self._environ, is_quiet=self._is_quiet)
        self._hub.lives.completed = self._completed
        if not self._is_quiet:
            slots = self._hub.slots = SlotWatch(stream, self._side, self._hub.wall)
            self._hub.links.complete = slots.complete
        self._pulls = Pulls(self._hub.board, stream.now)
        await asyncio.gather(*(side.open(self._hub) for side in self._sides.values()))

    async def look(self) -> None:
        """At what no event tells; one whose HTTP is silent although it runs is shown so."""
        await asyncio.gather(*(side.refresh() for side in self._sides.values()))
        await self.hub.links.refresh()
        for key, detail in list(self.hub.links.silent()):
            self.hub.board.change(key, status="running", words=detail)
            await self.hub.show(key)

    def candidates(self) -> tuple[str, ...]:
        """Where sides have seen something that may be an engine, but is none that they know."""
        return tuple(url for side in self._sides.values() for url in side.candidates())

    async def close(self) -> None:
        """Stop watching. What runs goes on running; a start in progress is left to the daemon."""
        for task in (*self._launches.values(), *self._fillings.values()):
            task.cancel()
        if self._log is not None:
            self._log.close()
        if self._hub is not None:
            await self._hub.close()
        if self._pulls is not None:
            await self._pulls.close()
        await asyncio.gather(*(side.close() for side in self._sides.values()))
        self._judge.close()

    # what may be asked

    @property
    def sides(self) -> Mapping[str, Side]:
        """By place."""
        return self._sides

    @property
    def is_open(self) -> bool:
        """Whether the session has begun."""
        return self._hub is not None

    @property
    def hub(self) -> Hub:
        """Raises SessionError before `open`."""
        if self._hub is None:
            raise SessionError("The session has not begun.")
        return self._hub

    @property
    def is_read_only(self) -> bool:
        """Nothing may be changed."""
        return self._read_only

    @property
    def where(self) -> str:
        """The daemon's endpoint and how it was chosen; a sentence when there is none."""
        return self._where

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Check a start without changing anything; with `replaces`, in the place of that engine."""
        side = self._side_of(spec.place)
        completed = await side.complete(self._checked(spec))
        released = await self._released(replaces)
        seen = await self._judge.judged(await side.preview(completed, replaces), released)
        expected = self._memory.last_start(spec_hash(completed))
        return replace(seen, expected_seconds=expected, is_first_start=expected is None)

    async def _released(self, key: str | None) -> Released:
        """What the engine to be replaced holds of the GPUs; it is gone before the other starts."""
        if key is None:
            return NOTHING
        engine, told = self.hub.board.get(key), self.hub.stream.fold.snapshot().gpu_processes
        return await self._judge.released(engine, await self._side(key).spec_of(key), told)

    async def preview_pair(self, pair: ModelPair, gpus: tuple[str, ...]) -> PairPreview:
        """Ollama and vLLM with that model, planned together on the first of these GPUs."""
        return await preview_pair(self._judge, self.preview, pair, gpus)

    async def up(self, spec: LaunchSpec) -> str:
        """Begin to pull, create and start; the engine's key."""
        self._may_change()
        wanted, side = self._checked(spec), self._side_of(spec.place)
        async with self._choosing:
            spec = await side.complete(wanted, self._promised())
            key = await self._register(await self._judge.ready_to_start(spec), side, wanted)
        self._fill_later(key, self._specs[key])
        return key

    async def _register(self, spec: LaunchSpec, side: Side, wanted: LaunchSpec) -> str:
        """From now on its name and port are promised."""
        key = f"{spec.place}:{spec.name}"
        if key in self._launches:
            raise SessionError(f"{spec.name} is being started already.")
        if self.hub.board.has(key) and self.hub.board.get(key).id:
            raise LaunchFailed(
                Failure(
                    kind="name-taken",
                    sentence=f"{spec.name} is there already.",
                    step="Start or change it, or choose another name.",
                )
            )
        self._specs[key] = spec
        self.hub.first_starts.add(key)
        self._failures.pop(key, None)
        await self._announce(key, spec)
        work = self._launch(key, spec, side, moves=wanted.port is None)
        self._launches[key] = asyncio.get_running_loop().create_task(work)
        return key

    async def start(self, key: str) -> None:
        """Start a stopped one as it is."""
        engine = self._guard(key)
        if engine.status in ("ready", "running", "starting", "pulling"):
            raise SessionError(f"{engine.name} runs already.")
        if not engine.id and key in self._specs:
            await self.up(self._specs[key])
            return
        await self._begin(engine, await self.spec_of(key))
        await self._start(key)

    async def stop(self, key: str) -> None:
        """Returns when it has ended; while it is stopping, it is killed."""
        engine = self._guard(key)
        if key in self._launches:
            await self.cancel(key)
            return
        if engine.status == "stopping":
            await self.kill(key)
            return
        await self._end(engine, self._side(key).stop(key))

    async def kill(self, key: str) -> None:
        """End it at once."""
        await self._end(self._guard(key), self._side(key).kill(key))

    async def restart(self, key: str) -> None:
        """Stop and start as it is."""
        engine = self._guard(key)
        if engine.status in ("ready", "running", "starting", "paused"):
            await self._end(engine, self._side(key).stop(key))
        await self._begin(self.hub.board.get(key), await self.spec_of(key))
        await self._start(key)

    async def spec_of(self, key: str) -> LaunchSpec:
        """How it was started, as far as it can be told."""
        if not self.hub.board.get(key).id and key in self._specs:
            return self._specs[key]
        return await self._side(key).spec_of(key)

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What `recreate` would change, one phrase each, with what it costs."""
        self.hub.board.get(key)
        old = await self._side(key).spec_of(key)
        found = await self._side(key).changes(key, spec)
        cost = await self._judge.cost(old, spec, await self._released(key))
        return (*found, *((cost,) if cost and found else ()))

    async def recreate(self, key: str, spec: LaunchSpec) -> None:
        """Replace it by one with other options; volumes stay. Returns when that has begun."""
        engine = self._guard(key)
        if key in self._launches:
            raise SessionError(f"{engine.name} is being started; wait or cancel it first.")
        spec = self._checked(spec)
        self.hub.lives.forget(key)
        await self._begin(engine, spec)
        self._replacing.add(key)
        work = self._replace(key, spec, self._side(key))
        self._launches[key] = asyncio.get_running_loop().create_task(work)
        self._fill_later(key, spec)

    async def remove(self, key: str, *, volumes: bool = False) -> None:
        """Remove it; its volumes only if asked."""
        await self.take_down(key, volumes=volumes)

    async def take_down(
        self, key: str, *, volumes: bool = False, going: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Remove it; the volumes that went with it. A volume that others of `going`, which are
        removed after it, use as well goes with the last of them."""
        self._guard(key)
        if key in self._launches:
            await self.cancel(key)
        if not self.hub.board.has(key):
            return ()
        deleted: tuple[str, ...] = ()
        if self.hub.board.get(key).id:
            deleted = await self._side(key).remove(key, volumes=volumes, going=going)
        self.hub.drop(key)
        return deleted

    async def adopt(self, key: str) -> None:
        """Allow changes to a foreign one from now on; remembered by container id."""
        if self._read_only:
            raise SessionError(READ_ONLY)
        engine = self.hub.board.get(key)
        if engine.may_change or engine.id is None:
            raise SessionError(f"{engine.name} is yours already.")
        await asyncio.to_thread(self._memory.adopt, engine.id, engine.name)
        self.hub.board.change(key, owner="adopted")

    async def log(self, key: str, *, tail: int = TAIL, kept: int = KEPT_LINES) -> LogView:
        """Follow its log from now on, until another is followed or the session closes: at first
        the last `tail` lines, of which and of later ones the newest `kept` are at hand."""
        self.hub.board.get(key)
        if self._log is not None:
            self._log.close()
        self._log = self._side(key).open_log(key, None, tail=tail, kept=kept)
        return MaskedLog(self._log.view, self.hub.stream.blotter.masked)

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """The newest of its log, numbered from 1, without following it."""
        self.hub.board.get(key)
        lines = await self._side(key).last_lines(key, count)
        return masked_lines(lines, self.hub.stream.blotter.masked)

    async def cancel(self, key: str) -> None:
        """Stop a start in progress: the pull is aborted, what was created is removed. One that was
        to be replaced stays, or has been replaced already."""
        task = self._launches.pop(key, None)
        if task is None:
            await self._cancel_first_start(key)
            return
        is_replacement = key in self._replacing
        if filling := self._fillings.pop(key, None):
            filling.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.hub.lives.forget(key)
        if is_replacement:
            await self._find_out(key)
            return
        await self._side(key).undo(key)
        self.hub.drop(key)

    async def _cancel_first_start(self, key: str) -> None:
        """One that runs, but was made by this start and has not been ready yet."""
        if key in self.hub.first_starts and self.hub.lives.is_starting(key):
            if filling := self._fillings.pop(key, None):
                filling.cancel()
            await self.kill(key)
            await self.remove(key)

    def is_launching(self, key: str) -> bool:
        """Its container or process is still to be made: the session's end would end that too."""
        return key in self._launches

    async def launched(self, key: str) -> ManagedEngine:
        """The engine when it runs, or nothing more will come of its start. Where somebody else was
        faster with its name, the board has theirs: here it has failed all the same."""
        if key in self._launches:
            await asyncio.wait([self._launches[key]])
        engine, failure = self.hub.board.get(key), self._failures.get(key)
        if failure is None:
            return engine
        return msgspec.structs.replace(engine, id=None, status="failed", failure=failure)

    async def settle(self, limit: float) -> None:
        """Wait until all that run have answered at their HTTP, at most `limit` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                for engine in list(self.hub.board):
                    await self.wait(engine.key)

    async def pull_image(self, spec: LaunchSpec, tell: Tell) -> str:
        """Pull the image of such a spec, or the profile's; its name. Raises SessionError."""
        self._may_change()
        return await self._side_of("container").pull_image(spec, tell)

    async def wait(self, key: str) -> ManagedEngine:
        """The engine when it is ready, an Ollama with its model, or has failed or stopped."""
        engine = await self._settled(key)
        if key in self._fillings:
            await asyncio.wait([self._fillings[key]])
        return self.hub.board.get(key) if self.hub.board.has(key) else engine

    async def _settled(self, key: str) -> ManagedEngine:
        while True:
            engine = self.hub.board.get(key)
            is_on_its_way = key in self._launches or self.hub.lives.is_starting(key)
            if not is_on_its_way and engine.status in AT_REST:
                return engine
            await asyncio.sleep(LOOK)

    # an Ollama's models

    async def models(self, key: str) -> Sequence[StoredModel]:
        """What an Ollama has."""
        return await ollama_store.models(self._ollama(key))

    async def pull_model(self, key: str, model: str) -> None:
        """Returns when it is there. Progress is in the snapshot."""
        self._guard(key)
        if self._pulls is not None:
            await self._pulls.run(key, self._ollama(key), model)
        await self.hub.links.refresh_one(key)

    def cancel_pull(self, key: str) -> None:
        """Stop the pull; another goes on where it was."""
        if self._pulls is not None:
            self._pulls.cancel(key)

    async def load_model(self, key: str, model: str) -> None:
        """Load it and keep it."""
        self._guard(key)
        await ollama_store.load(self._ollama(key), model)
        await self.hub.links.refresh_one(key)

    async def unload_model(self, key: str, model: str) -> None:
        """Free its memory."""
        self._guard(key)
        await ollama_store.unload(self._ollama(key), model)
        await self.hub.links.refresh_one(key)

    async def delete_model(self, key: str, model: str) -> None:
        """Delete it from the store."""
        self._guard(key)
        await ollama_store.delete(self._ollama(key), model)
        await self.hub.links.refresh_one(key)

    # how it is done

    async def _start(self, key: str) -> None:
        try:
            await self._side(key).start(key)
        except SessionError as refusal:
            await self._failed(key, refusal)
            raise

    async def _launch(self, key: str, spec: LaunchSpec, side: Side, *, moves: bool) -> None:
        await self._carry_out(key, self._made(key, spec, side, moves=moves))

    async def _made(self, key: str, spec: LaunchSpec, side: Side, *, moves: bool) -> None:
        """When twenty people start at once all find the same port free: whoever chose none gets
        another when somebody was faster."""
        for tries_left in reversed(range(PORTS_LOST + 1)):
            try:
                await side.launch(key, spec, self.hub.tell(key))
            except LaunchFailed as failed:
                if not (moves and tries_left and failed.failure.kind in PORT_TAKEN):
                    raise
            else:
                return
            async with self._choosing:
                unplaced = msgspec.structs.replace(spec, port=None)
                spec = await side.complete(unplaced, self._promised())
                self._specs[key] = spec

    def _promised(self) -> list[LaunchSpec]:
        """Of all that are being made."""
        return [self._specs[key] for key in self._launches if key in self._specs]

    async def _replace(self, key: str, spec: LaunchSpec, side: Side) -> None:
        work = side.replace(key, spec, self.hub.tell(key))
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
            if self.hub.board.get(key).place == "process":
                raise
            name = self.hub.board.get(key).name
            self.hub.stream.notice(f"{name} was not replaced: {failed}", key)
            await self._find_out(key)

    def _fill_later(self, key: str, spec: LaunchSpec) -> None:
        self._fillings[key] = asyncio.get_running_loop().create_task(self._fill(key, spec))

    async def _fill(self, key: str, spec: LaunchSpec) -> None:
        """An Ollama starts empty: the model that was chosen is pulled unless it is there, and
        loaded. What keeps it from that is a notice: the Ollama itself is ready."""
        try:
            if spec.engine == "ollama" and spec.model is not None:
                engine = await self._settled(key)
                if engine.status == "ready" and engine.url is not None:
                    await self._fetch(key, engine.url, spec.model)
        except SessionError as refusal:
            self.hub.stream.notice(str(refusal), key)
        finally:
            self._fillings.pop(key, None)

    async def _fetch(self, key: str, url: str, model: str) -> None:
        here = [stored.name for stored in await ollama_store.models(url)]
        if not any(same_model(name, model) for name in here) and self._pulls is not None:
            await self._pulls.run(key, url, model)
        self.hub.board.change(key, words=f"loading {model}")
        try:
            await ollama_store.load(url, model)
        finally:
            self.hub.board.change(key, words="")
        await self.hub.links.refresh_one(key)

    async def _carry_out(self, key: str, work: Awaitable[None]) -> None:
        self.hub.busy.add(key)
        self.hub.unmade.discard(key)
        try:
            await work
        except SessionError as failed:
            self.hub.unmade.add(key)
            await self._failed(key, failed)
        else:
            if self.hub.board.has(key) and self.hub.board.get(key).id is None:
                self.hub.drop(key)  # somebody removed it meanwhile
        finally:
            self.hub.busy.discard(key)
            self._launches.pop(key, None)

    async def _end(self, engine: ManagedEngine, work: Awaitable[None]) -> None:
        """One that cannot be ended is as it was."""
        key = engine.key
        self._stopping(engine)
        try:
            await work
        except SessionError:
            if self.hub.board.has(key) and self.hub.board.get(key).status == "stopping":
                self.hub.board.change(key, status=engine.status)
                await self._find_out(key)
            raise

    async def _find_out(self, key: str) -> None:
        """What a container does now, after something went otherwise than was wished."""
        if self.hub.board.has(key) and self.hub.board.get(key).place == "container":
            self.hub.board.change(key, status="unknown", words="", fraction=None, phase=None)
        await self._side(key).look(key)
        self.hub.changed(key)

    async def _failed(self, key: str, failed: SessionError) -> None:
        failure = failed.failure if isinstance(failed, LaunchFailed) else self._unknown(failed)
        self._failures[key] = failure
        self.hub.first_starts.discard(key)
        if failure.kind in UNREACHABLE and self.hub.board.has(key) and self.hub.board.get(key).id:
            self.hub.lives.forget(key)
            await self._find_out(key)
            self.hub.board.change(key, words=failure.sentence)
            return
        if self.hub.board.has(key):
            failure = await self._completed(failure, self.hub.board.get(key))
        self.hub.board.change(key, status="failed", failure=failure, words="", fraction=None)
        await self.hub.show(key)

    async def _expect(self, key: str, spec: LaunchSpec) -> float | None:
        """Tell the watchers what will come; seconds that the last such start took."""
        hashed = spec_hash(spec)
        needs_download = await self._judge.needs_download(spec)
        expected = Expected(hashed, self.hub.stream.now(), needs_download)
        self.hub.lives.expect(key, expected)
        return self._memory.last_start(hashed)

    async def _announce(self, key: str, spec: LaunchSpec) -> None:
        expected = await self._expect(key, spec)
        now = self.hub.stream.now()
        self.hub.board.show(
            ManagedEngine(
                key=key,
                name=spec.name or "",
                engine=spec.engine,
                place=spec.place,
                owner="ours",
                status="starting",
                lan=spec.lan,
                image=spec.image,
                model=spec.model,
                gpus=spec.gpus,
                options=spec.options,
                phase="checking",
                phase_since=now,
                started_at=now,
                expected_seconds=expected,
                is_first_start=expected is None,
            )
        )
        self.hub.changed(key)

    async def _begin(self, engine: ManagedEngine, spec: LaunchSpec) -> None:
        """A start of one that is on the board already."""
        expected = await self._expect(engine.key, spec)
        now = self.hub.stream.now()
        self.hub.board.change(
            engine.key,
            status="starting",
            failure=None,
            exit_code=None,
            oom_killed=False,
            phase="checking",
            phase_since=now,
            started_at=now,
            words="",
            fraction=None,
            options=spec.options,
            model=spec.model,
            expected_seconds=expected,
            is_first_start=expected is None,
        )
        self.hub.changed(engine.key)

    def _stopping(self, engine: ManagedEngine) -> None:
        if engine.status in ("ready", "running", "starting", "paused", "stopping"):
            self.hub.board.change(engine.key, status="stopping", words="", fraction=None)
            self.hub.changed(engine.key)

    def _checked(self, spec: LaunchSpec) -> LaunchSpec:
        """With the engine's own name of the model. Raises SessionError for what makes no sense."""
        try:
            return checked(self._judge.named(spec))
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal

    def _may_change(self) -> None:
        if self._read_only:
            raise SessionError(READ_ONLY)

    def _guard(self, key: str) -> ManagedEngine:
        """The engine, if it may be changed."""
        self._may_change()
        engine = self.hub.board.get(key)
        if not engine.may_change:
            whose = f"{engine.who}'s" if engine.who else "not burstview's"
            raise SessionError(f"{engine.name} is {whose}; adopt it before changing it.")
        return engine

    def _side(self, key: str) -> Side:
        return self._side_of(key.partition(":")[0])

    def _side_of(self, place: str) -> Side:
        side = self._sides.get(place)
        if side is None:
            raise SessionError(f"No engine can be started as a {place} here. {self._where}")
        return side

    def _ollama(self, key: str) -> str:
        """Where it answers."""
        engine = self.hub.board.get(key)
        if engine.engine != "ollama":
            raise SessionError(
                f"{engine.name} serves the one model it was started with; only an Ollama keeps"
                " models that come and go."
            )
        if engine.url is None or engine.status != "ready":
            raise SessionError(f"{engine.name} is not ready; start it first.")
        return engine.url

    async def _completed(self, failure: Failure, engine: ManagedEngine) -> Failure:
        if failure.kind not in NEEDS_NETWORK:
            return failure
        models = await self._judge.models_here(engine)
        return with_what_is_here(failure, engine, self.hub.board, models)

    def _unknown(self, failed: SessionError) -> Failure:
        return Failure(kind="not-started", sentence=str(failed), step="")
