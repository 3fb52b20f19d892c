"""Local processes as engines of the session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from burstview_engines.control import Finding, LaunchPreview, LogLine
from burstview_engines.core.managed import Failure
from burstview_engines.fleet.free_ports import free_name, free_port, is_free, port_of
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.log_source import TakeLines
from burstview_engines.fleet.open_doors import lan_findings
from burstview_engines.fleet.process_logs import FollowedProcess, ProcessLogs
from burstview_engines.fleet.process_watch import ProcessWatch
from burstview_engines.fleet.side import Promised, whole
from burstview_engines.fleet.spec_differences import spec_differences
from burstview_engines.fleet.start_words import LaunchFailed, Tell, WrongWish
from burstview_engines.keys import read_key
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import default_name
from burstview_engines.launch.process import process_plan
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.run_line import process_line
from burstview_engines.launch.spec import LaunchSpec, ProcessPlan
from burstview_engines.places.docker.log_book import KEPT_LINES
from burstview_engines.places.docker.threads import DaemonThreads
from burstview_engines.places.process import local
from burstview_engines.places.process.follow import TAIL
from burstview_engines.places.process.record import Asked, Folder
from burstview_engines.source import SessionError

END_LOOK = 0.05
"""Seconds between two looks at one that was asked to end."""


class ProcessSide:
    """What the folder of records lists."""

    def __init__(self, folder: Folder, user: str) -> None:
        self._folder, self._user = folder, user
        self._threads = DaemonThreads("processes", 4)
        self._logs = ProcessLogs(folder, self._threads)
        self._hub: Hub | None = None
        self._watch: ProcessWatch | None = None
        self._made: set[str] = set()
        """Keys of those that were started by this session."""

    async def open(self, hub: Hub) -> None:
        """Find what was started earlier."""
        self._hub = hub
        self._watch = ProcessWatch(self._folder, self._threads, self, hub)
        await self._watch.open()

    async def close(self) -> None:
        """What runs goes on running."""
        if self._watch is not None:
            self._watch.close()
        self._threads.close()

    async def refresh(self) -> None:
        """It looks by itself."""

    def candidates(self) -> tuple[str, ...]:
        """What is started here is known."""
        return ()

    async def complete(self, spec: LaunchSpec, promised: Promised = ()) -> LaunchSpec:
        """With a free name and port."""
        here = await self._threads.run(local.find, self._folder)
        taken = {each.name for each in promised} | {engine.asked.name for engine in here}
        name = spec.name or free_name(default_name(self._user, spec.engine), taken)
        ports = {port_of(engine.asked.url) for engine in here if engine.is_running}
        ports |= {each.port for each in promised if each.port is not None}
        port = spec.port or await self._threads.run(free_port, LAUNCH[spec.engine].port, ports)
        return msgspec.structs.replace(spec, name=name, port=port)

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """The command, and whether it is here."""
        plan = self._plan(spec)
        key = replaces or f"process:{plan.name}"
        is_ours = self.hub.board.has(key) and self.hub.board.get(key).url == plan.url
        found = await self._threads.run(self._check, plan, has_port=is_ours)
        return LaunchPreview(spec, process_line(plan), (*found, *lan_findings(spec)))

    async def examine(self) -> tuple[Finding, ...]:
        """Whether records can be kept."""
        folder = self._folder.path
        near = next(place for place in (folder, *folder.parents) if place.exists())
        if os.access(near, os.W_OK):
            return (Finding("state", "ok", f"Records of local processes are kept in {folder}."),)
        sentence = f"{folder} cannot be written: no engine can be started as a local process."
        return (Finding("state", "warning", sentence, "Make it writable, or set XDG_STATE_HOME."),)

    async def launch(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """Raises LaunchFailed."""
        tell("checking", "", None)
        plan, profile = self._plan(spec), LAUNCH[spec.engine]
        for finding in await self._threads.run(self._check, plan):
            if finding.level == "problem":
                raise LaunchFailed(
                    Failure(kind=finding.name, sentence=finding.sentence, step=finding.step)
                )
        asked = Asked(
            name=plan.name,
            argv=plan.argv,
            environment=plan.environment,
            url=plan.url,
            spec=spec,
            stop_seconds=profile.stop_seconds,
            who=self._user,
        )
        tell("booting", "", None)
        self._made.discard(key)
        await whole(self._spawn(asked, spec))
        await self._look()

    async def pull_image(self, spec: LaunchSpec, tell: Tell) -> str:
        """A process has none."""
        raise SessionError("A local process needs no image.")

    async def undo(self, key: str) -> None:
        """End it, and forget it: only what was made here, somebody else may have been faster."""
        if key not in self._made:
            return
        with suppress(SessionError):
            engine = await self._threads.run(local.get, self._folder, _name(key))
            await self._threads.run(local.kill, engine)
            await self._ended(key)
            await self._forget(key)

    async def look(self, key: str) -> None:
        """At all of them."""
        await self._look()

    async def start(self, key: str) -> None:
        """Again, as it was asked for."""
        asked = (await self._threads.run(local.get, self._folder, _name(key))).asked
        await self._spawn(asked, asked.spec)
        await self._look()

    async def stop(self, key: str) -> None:
        """Returns when it has ended."""
        engine = await self._threads.run(local.get, self._folder, _name(key))
        await self._threads.run(local.stop, engine)
        await self._ended(key)

    async def kill(self, key: str) -> None:
        """End it and its family at once."""
        engine = await self._threads.run(local.get, self._folder, _name(key))
        await self._threads.run(local.stop, engine)
        await self._threads.run(local.kill, engine)
        await self._ended(key)

    async def remove(
        self, key: str, *, volumes: bool, going: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Its log and record; a process has no volumes, its models stay where they are."""
        engine = await self._threads.run(local.get, self._folder, _name(key))
        if engine.is_running:
            await self.stop(key)
        await self._forget(key)
        return ()

    async def spec_of(self, key: str) -> LaunchSpec:
        """As it was asked for."""
        return (await self._threads.run(local.get, self._folder, _name(key))).asked.spec

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What another start would change."""
        return spec_differences(await self.spec_of(key), spec)

    async def replace(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """Stop it and start it with other options. Raises LaunchFailed."""
        old = await self._threads.run(local.get, self._folder, _name(key))
        tell("checking", "", None)
        if old.is_running:
            await self.stop(key)
        await self.launch(key, spec, tell)

    def open_log(
        self,
        key: str,
        take: TakeLines | None,
        *,
        tail: int = TAIL,
        kept: int = KEPT_LINES,
        noise: tuple[bytes, ...] = (),
        stamped: bool = False,
    ) -> FollowedProcess:
        """Follow it."""
        return self._logs.follow(
            _name(key), take, tail=tail, kept=kept, noise=noise, stamped=stamped
        )

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """Of both its files."""
        return await self._logs.last_lines(_name(key), count)

    async def tail(self, key: str) -> Sequence[str]:
        """The last lines."""
        return await self._logs.tail(_name(key))

    # how it is done

    @property
    def hub(self) -> Hub:
        """Raises SessionError before `open`."""
        if self._hub is None:
            raise SessionError("The session has not begun.")
        return self._hub

    def _plan(self, spec: LaunchSpec) -> ProcessPlan:
        try:
            return process_plan(spec, name=spec.name or "", port=spec.port or 0)
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal

    def _check(self, plan: ProcessPlan, *, has_port: bool = False) -> tuple[Finding, ...]:
        command = plan.argv[0]
        if not local.is_here(command, self.hub.environ):
            sentence = f"There is no command `{command}` on the PATH."
            return (Finding("command", "problem", sentence, "Install it, or choose a container."),)
        port = port_of(plan.url)
        if not has_port and not is_free(port):
            sentence = f"Port {port} is taken by another program."
            return (Finding("port", "problem", sentence, "Choose another port, or leave it open."),)
        return (Finding("command", "ok", f"`{command}` is on the PATH, port {port} is free."),)

    async def _spawn(self, asked: Asked, spec: LaunchSpec) -> None:
        secrets = {}
        variable = LAUNCH[spec.engine].api_key_env
        key = read_key(spec.api_key_env, self.hub.environ)
        if key is not None and variable is not None:
            secrets[variable] = key
        self.hub.stream.blotter.learn(key)
        try:
            await self._threads.run(local.start, self._folder, asked, secrets, self.hub.environ)
        except local.Taken as taken:
            sentence, _, step = str(taken).partition("; ")
            failure = Failure(kind=taken.kind, sentence=f"{sentence}.", step=step.capitalize())
            raise LaunchFailed(failure) from taken
        self._made.add(f"process:{asked.name}")

    async def _forget(self, key: str) -> None:
        """By its newest record: an older one says that it runs while its supervisor ends."""
        engine = await self._threads.run(local.get, self._folder, _name(key))
        await self._threads.run(local.remove, self._folder, engine)

    async def _ended(self, key: str) -> None:
        """Wait for its end and show it."""
        while True:
            engine = await self._threads.run(local.get, self._folder, _name(key))
            if not engine.is_running:
                break
            await asyncio.sleep(END_LOOK)
        await self._look()

    async def _look(self) -> None:
        """Bring the board in line with the folder."""
        if self._watch is not None:
            await self._watch.look()


def _name(key: str) -> str:
    return key.partition(":")[2]
