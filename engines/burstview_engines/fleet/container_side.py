"""Containers as engines of the session: what is asked of Docker, in the order it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Container, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from burstview_engines.control import Finding, LaunchPreview, LogLine
from burstview_engines.fleet.container_logs import ContainerLogs, FollowedContainer
from burstview_engines.fleet.container_look import Found
from burstview_engines.fleet.container_plans import ContainerPlans
from burstview_engines.fleet.container_watch import ContainerWatch
from burstview_engines.fleet.daemon_calls import DaemonCalls
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.image_pulls import ImagePulls
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.key_files import forget_keys, key_file, key_files_of
from burstview_engines.fleet.log_source import TakeLines
from burstview_engines.fleet.open_doors import lan_findings
from burstview_engines.fleet.side import Promised, whole
from burstview_engines.fleet.start_words import LaunchFailed, Tell
from burstview_engines.keys import read_key
from burstview_engines.launch.difference import differences
from burstview_engines.launch.identity import default_name
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.run_line import run_line
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec
from burstview_engines.places.docker import preflight
from burstview_engines.places.docker.endpoint import Endpoint
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.lifecycle import Lifecycle
from burstview_engines.places.docker.log_book import KEPT_LINES
from burstview_engines.places.docker.ownership import Guard
from burstview_engines.places.docker.recreate import recreate
from burstview_engines.places.process.follow import TAIL
from burstview_engines.source import SessionError


class Made(NamedTuple):
    """A container of this session, and what goes with it."""

    container: str
    key_files: tuple[str, ...]


class ContainerSide:
    """One daemon's containers."""

    def __init__(
        self,
        endpoint: Endpoint,
        owner: str,
        judge: Judge,
        state: Path,
        *,
        read_only: bool = False,
        hint: str = "",
        first_look: float,
    ) -> None:
        """`owner` is `user@host`; `hint` names another daemon, where this one is absent;
        `first_look` is the limit of `open` in seconds."""
        self._engine = DockerEngine(endpoint)
        self._owner, self._state, self._hint = owner, state, hint
        self._first_look = first_look
        self._user = owner.rpartition("@")[0]
        self._calls = DaemonCalls(self._engine)
        self._do = self._calls.do
        self._plans = ContainerPlans(self._calls, owner, judge)
        self._images = ImagePulls(self._calls)
        self._logs = ContainerLogs(self._calls)
        self._made: dict[str, Made] = {}
        """What this session made, by key: somebody else may have been faster with a name."""
        self._life = Lifecycle(self._engine, Guard(owner, self._adopted, read_only))
        self._hub: Hub | None = None
        self._watch: ContainerWatch | None = None

    async def open(self, hub: Hub) -> None:
        """Returns after the first list, or when there is none soon."""
        self._hub = hub
        self._watch = ContainerWatch(self._engine, self._calls.threads, self._owner, self, hub)
        self._watch.on_died = self._logs.died
        await self._watch.open(self._first_look)

    async def close(self) -> None:
        """What runs goes on running."""
        if self._watch is not None:
            self._watch.close()
        self._calls.close()

    async def refresh(self) -> None:
        """The daemon tells by itself."""

    def candidates(self) -> tuple[str, ...]:
        """Containers of other images that publish an engine's usual port."""
        return self._watch.candidates if self._watch is not None else ()

    async def complete(self, spec: LaunchSpec, promised: Promised = ()) -> LaunchSpec:
        """With image, free name and free port."""
        names, ports = {each.name for each in promised}, {each.port for each in promised}
        profile = LAUNCH[spec.engine]
        image = await self._images.image_of(spec)
        wanted = default_name(self._user, spec.engine)
        name = spec.name or await self._do(preflight.free_name, self._engine, wanted, names)
        port = spec.port or await self._do(preflight.free_port, self._engine, profile.port, ports)
        return msgspec.structs.replace(spec, name=name, port=port, image=image)

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """The line, and what was checked; one that is there already would be replaced."""
        found = self._found(replaces or f"container:{spec.name}")
        freed = found.seen.id if found is not None else None
        if found is not None and found.owner != "ours":
            plan = await self._plans.changed(found, spec, key_file="api_key")
        else:
            plan = await self._plans.plan(spec, key_file="api_key")
        findings = await self._plans.findings(plan, spec, freed)
        return LaunchPreview(spec, run_line(plan), (*findings, *lan_findings(spec)))

    async def examine(self) -> tuple[Finding, ...]:
        """The daemon, its GPUs and its disk."""
        found = await self._do(preflight.daemon_findings, self._engine)
        is_absent = any(one.level == "problem" for one in found)
        return (
            (*found, Finding("daemon", "note", self._hint)) if is_absent and self._hint else found
        )

    async def launch(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """Check, pull, create, start. Raises LaunchFailed."""
        tell("checking", "", None)
        self._made.pop(key, None)
        key_file = self._key(spec)
        try:
            plan = await self._plans.plan(spec, key_file=key_file)
            await self._plans.check(plan, spec)
            await self._pull_if_absent(plan.image, key, tell)
            tell("creating", "", None)
            await whole(self._make(key, plan, spec))
        finally:
            if key not in self._made:
                forget_keys((key_file,))

    async def pull_image(self, spec: LaunchSpec, tell: Tell) -> str:
        """Its name, when it is here."""
        image = await self._images.image_of(spec)
        await self._images.pull(image, tell)
        return image

    async def undo(self, key: str) -> None:
        """Remove what was created."""
        made = self._made.pop(key, None)
        if made is not None:
            with suppress(SessionError):
                await self._do(self._life.remove, made.container, force=True)
            forget_keys(made.key_files)

    async def look(self, key: str) -> None:
        """At its container."""
        await self.watch.look(self._id(key))

    async def start(self, key: str) -> None:
        """A stopped one, as it is."""
        await self._do(self._life.start, self._id(key))
        await self.watch.look(self._id(key))

    async def stop(self, key: str) -> None:
        """Returns when it has ended."""
        await self._end(key, self._do(self._life.stop, self._id(key), self._seconds(key)))

    async def kill(self, key: str) -> None:
        """End it at once."""
        await self._end(key, self._do(self._life.kill, self._id(key)))

    async def remove(
        self, key: str, *, volumes: bool, going: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Stop it first, gently; its volumes only if asked."""
        container, found = self._id(key), self._found(key)
        if found is not None and found.seen.is_running:
            self.watch.stopping.add(key)
            await self._do(self._life.stop, container, self._seconds(key))
        ids = {each.seen.id for one in going if (each := self._found(one)) is not None}
        deleted = await self._do(self._life.remove, container, volumes=volumes, going=ids)
        made = self._made.pop(key, None)
        forget_keys((*self._key_files(found), *(made.key_files if made is not None else ())))
        return deleted

    async def spec_of(self, key: str) -> LaunchSpec:
        """As its label tells, else as its command and variables tell."""
        found = self._found(key)
        if found is None:
            raise SessionError(f"{key.partition(':')[2]} is not known to Docker any more.")
        return found.spec

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What another container in its place would change."""
        found = self._found(key)
        if found is None:
            return ()
        key_files = self._key_files(found) if spec.api_key_env == found.spec.api_key_env else ()
        key_file = next(iter(key_files), "api_key")
        return differences(found.plan, await self._plans.changed(found, spec, key_file=key_file))

    async def replace(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """Another container in its place; when it cannot be started the old one is back."""
        found = self._found(key)
        if found is None:
            raise SessionError(f"{key.partition(':')[2]} is not known to Docker any more.")
        tell("checking", "", None)
        fresh = self._key(spec)
        try:
            await self._replace(key, found, spec, fresh, tell)
        finally:
            is_old = self.hub.board.has(key) and self.hub.board.get(key).id == found.seen.id
            is_unused = is_old or found.owner != "ours"
            forget_keys((fresh,) if is_unused else self._key_files(found))

    async def _replace(
        self, key: str, found: Found, spec: LaunchSpec, key_file: str | None, tell: Tell
    ) -> None:
        plan = await self._plans.changed(found, spec, key_file=key_file)
        await self._plans.check(plan, spec, found.seen.id)
        if plan.image != found.seen.image:  # the old one's is here, under whatever name
            await self._pull_if_absent(plan.image, key, tell)
        tell("creating", "", None)
        await whole(self._make_in_place(key, found, plan, spec))

    def open_log(
        self,
        key: str,
        take: TakeLines | None,
        *,
        tail: int = TAIL,
        kept: int = KEPT_LINES,
        noise: tuple[bytes, ...] = (),
        stamped: bool = False,
    ) -> FollowedContainer:
        """Follow it."""
        return self._logs.follow(
            self._id(key), take, tail=tail, kept=kept, noise=noise, stamped=stamped
        )

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """As the daemon keeps them."""
        return await self._logs.last_lines(self._id(key), count)

    async def tail(self, key: str) -> Sequence[str]:
        """The last lines."""
        return await self._logs.tail(self._id(key))

    # how it is done

    @property
    def hub(self) -> Hub:
        """Raises SessionError before `open`."""
        if self._hub is None:
            raise SessionError("The session has not begun.")
        return self._hub

    @property
    def watch(self) -> ContainerWatch:
        """Raises SessionError before `open`."""
        if self._watch is None:
            raise SessionError("The session has not begun.")
        return self._watch

    def _found(self, key: str) -> Found | None:
        return self.watch.found.get(key)

    def _id(self, key: str) -> str:
        engine = self.hub.board.get(key)
        if engine.id is None:
            raise SessionError(f"{engine.name} has no container yet.")
        return engine.id

    def _seconds(self, key: str) -> int:
        return LAUNCH[self.hub.board.get(key).engine].stop_seconds

    def _adopted(self) -> Container[str]:
        return self.hub.memory.read().adopted

    async def _end(self, key: str, work: Awaitable[None]) -> None:
        """What ends now does so because we asked."""
        self.watch.stopping.add(key)
        try:
            await work
        except SessionError:
            self.watch.stopping.discard(key)
            raise
        await self.watch.look(self._id(key))

    async def _make(self, key: str, plan: ContainerPlan, spec: LaunchSpec) -> None:
        made = await self._do(self._life.launch, plan)
        self._made[key] = Made(made, key_files_of(self._state, plan.mounts))
        self.hub.board.change(key, id=made)
        await self.watch.meet(made, spec.engine)

    async def _make_in_place(
        self, key: str, old: Found, plan: ContainerPlan, spec: LaunchSpec
    ) -> None:
        self.watch.hidden.add(old.seen.id)
        try:
            made = await self._do(recreate, self._life, old.seen.id, plan, self._seconds(key))
        except LaunchFailed:
            self.watch.hidden.discard(old.seen.id)
            self.hub.board.change(key, id=old.seen.id, status="unknown")
            raise
        if old.owner == "adopted":
            await self._do(self.hub.memory.adopt, made, old.seen.name)
        self._logs.moved(old.seen.id, made)
        self.hub.board.change(key, id=made)
        await self.watch.meet(made, spec.engine)

    def _key_files(self, found: Found | None) -> tuple[str, ...]:
        return key_files_of(self._state, found.plan.mounts) if found is not None else ()

    def _key(self, spec: LaunchSpec) -> str | None:
        """The API key's file. Raises SessionError when the variable is not set."""
        key = read_key(spec.api_key_env, self.hub.environ)
        self.hub.stream.blotter.learn(key)
        return key_file(self._state, spec.name or "", key) if key is not None else None

    async def _pull_if_absent(self, image: str, key: str, tell: Tell) -> None:
        if not await self._images.is_here(image):
            self.hub.board.change(key, status="pulling")
            await self._images.pull(image, tell)
            self.hub.board.change(key, status="starting")
