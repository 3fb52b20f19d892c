"""What the daemon tells of engines' containers, brought to the board as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from burstview_engines.core.backend import Engine
from burstview_engines.core.events import DockerSeen
from burstview_engines.core.managed import Failure, Usage
from burstview_engines.fleet.container_look import (
    Ended,
    Found,
    as_told,
    candidates_of,
    described,
    end_of,
    ending_of,
    engine_of,
    is_another_run,
    port_of,
)
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.memory import MemoryProblem
from burstview_engines.fleet.side import Side
from burstview_engines.launch.mask import secrets
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.events import EventWatch, Listed
from burstview_engines.places.docker.failures import DockerFailed, explain, explain_words
from burstview_engines.places.docker.inspect import Seen, plan_of, seen_of
from burstview_engines.places.docker.look import image_of, raw_of
from burstview_engines.places.docker.ownership import owner_of
from burstview_engines.places.docker.stats import StatsWatch
from burstview_engines.places.docker.threads import DaemonThreads
from burstview_engines.places.docker_containers import EngineContainer, unpublished

LIVE = ("starting", "ready", "running", "stopping")


class ContainerWatch:
    """One event loop owns it; the daemon is read on threads that nobody waits for."""

    def __init__(
        self, engine: DockerEngine, threads: DaemonThreads, owner: str, side: Side, hub: Hub
    ) -> None:
        self._engine, self._threads, self._owner = engine, threads, owner
        self._side, self._hub = side, hub
        self._loop = asyncio.get_running_loop()
        self._events = EventWatch(
            engine.new_api,
            on_list=self._from_thread(self._listed),
            on_event=self._from_thread(self._happened),
            on_gone=self._from_thread(self._gone),
            on_back=lambda: self._call(self._back),
        )
        self.found: dict[str, Found] = {}
        """By key."""
        self.candidates: tuple[str, ...] = ()
        """URLs of containers that publish an engine's port, but tell no engine."""
        self.hidden: set[str] = set()
        """Ids of containers that make room for others just now."""
        self.stopping: set[str] = set()
        """Keys that were asked to end."""
        self.on_died: Callable[[str, int | None], None] | None = None
        """Told a container's id and its exit code, which a restarted one has forgotten."""
        self._engines: dict[str, Engine] = {}
        self._ended: dict[str, Ended] = {}
        """By id: what was said of the last end."""
        self._mute: set[str] = set()
        self._stats: dict[str, StatsWatch] = {}
        self._looking: dict[str, asyncio.Lock] = {}
        self._first = asyncio.Event()

    async def open(self, limit: float) -> None:
        """Returns after the first list, or after `limit` seconds without: engines told later are
        shown later."""
        self._events.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._first.wait()

    def close(self) -> None:
        """All streams end; returns at once."""
        self._events.close()
        for stats in self._stats.values():
            stats.close()

    async def meet(self, id: str, engine: Engine) -> None:
        """One that was just made: what it holds is known."""
        self._engines[id] = engine
        await self.look(id)

    async def look(self, id: str) -> None:
        """Bring the board in line with that container."""
        async with self._looking.setdefault(id, asyncio.Lock()):
            try:
                found = await self._threads.run(self._ask, id)
            except DockerFailed as failed:
                if failed.failure.kind == "container-missing":
                    self._forget(id)
                return
            except RuntimeError:  # the threads are closed: nobody wants to know any more
                return
            is_here = id in self._engines and id not in self.hidden
            if found is not None and is_here:
                await self._show(found)

    def _ask(self, id: str) -> Found | None:
        """On a thread."""
        raw = raw_of(self._engine, id)
        seen = seen_of(raw)
        engine = self._engines.get(id)
        if engine is None:
            return None
        plan = plan_of(raw, image_of(self._engine, seen.image_id))
        adopted = self._hub.memory.read().adopted
        owner = owner_of(seen.labels, seen.id, self._owner, adopted)
        return Found(seen=seen, engine=engine, owner=owner, plan=plan, url=self._url(seen, engine))

    def _url(self, seen: Seen, engine: Engine) -> str | None:
        profile = LAUNCH[engine]
        if seen.is_on_host_network:
            return self._engine.url_of("", profile.port)
        port = port_of(seen, profile)
        return self._engine.url_of(port.ip, port.host) if port and port.host else None

    async def _show(self, found: Found) -> None:
        key, board = found.key, self._hub.board
        before = self.found.get(key)
        self.found[key] = found
        if found.seen.status != "created":
            self._hub.unmade.discard(key)
        for old in [name for name, one in self.found.items() if one.seen.id == found.seen.id]:
            if old != key:  # it was renamed
                del self.found[old]
                self._end_stats(old)
                self._drop(old)
        for secret in secrets(found.plan.environment, found.plan.command):
            self._hub.stream.blotter.learn(secret)
        known = board.get(key) if board.has(key) else None
        shown = described(found)
        if known is None:
            board.show(shown)
        else:
            is_new = known.id not in (None, shown.id)
            board.change(
                key,
                id=shown.id,
                owner=shown.owner,
                url=shown.url,
                lan=shown.lan,
                image=shown.image,
                model=shown.model,
                gpus=shown.gpus,
                options=shown.options,
                restarts=shown.restarts,
                simulated=shown.simulated,
            )
            if is_new:
                self._end_stats(key)
        if found.seen.status == "running":
            await self._show_running(found, is_anew=is_another_run(before, found))
        elif found.seen.status == "paused":
            board.change(key, status="paused")
            await self._hub.show(key)
        elif found.seen.status == "created" and key in self._hub.busy:
            return  # it will be started in a moment
        elif found.seen.status != "removing":
            await self._show_ended(found, is_first=known is None)

    async def _show_running(self, found: Found, *, is_anew: bool) -> None:
        key, board = found.key, self._hub.board
        engine = board.get(key)
        if engine.status == "stopping":
            return
        is_known = engine.status in ("ready", "running") and not is_anew
        if not is_known and not self._hub.lives.is_starting(key):
            board.change(key, status="starting", failure=None, exit_code=None, oom_killed=False)
            env = found.spec.api_key_env
            self._hub.links.learn_key(key, env)
            wall = self._hub.wall()
            already = max(0.0, wall - (found.seen.started_wall or wall))
            if engine.started_at is None or engine.status != "starting":
                board.change(key, started_at=self._hub.stream.now() - already)
            self._hub.lives.begin(key, self._side, api_key_env=env, already=already)
            await self._hub.show(key)
        self._begin_stats(key, found.seen.id)
        self._tell_mute(found)

    def _tell_mute(self, found: Found) -> None:
        """Once for each that nobody outside can ask."""
        if found.url is None and found.seen.id not in self._mute:
            self._mute.add(found.seen.id)
            mute = EngineContainer(found.seen.name, (), found.profile.port)
            self._hub.stream.notice(unpublished([mute]), found.key)

    async def _show_ended(self, found: Found, *, is_first: bool) -> None:
        key, board = found.key, self._hub.board
        self._end_stats(key)
        engine = board.get(key)
        was_live = engine.status in LIVE or engine.status in ("paused", "unknown")
        was_asked = key in self.stopping
        self.stopping.discard(key)
        if self._is_told(found.seen):
            if engine.status in ("unknown", "stopping"):
                board.show(as_told(engine, self._ended[found.seen.id]))
                await self._hub.show(key)
        elif is_first or was_live:
            failure = explain_words(found.seen.error) if found.seen.error else None
            ending = ending_of(found.seen, was_asked=was_asked, failure=failure, is_old=is_first)
            await self._hub.lives.end(key, self._side, ending)
            if board.has(key):
                self._ended[found.seen.id] = Ended(end_of(found.seen), board.get(key))

    def _is_told(self, seen: Seen) -> bool:
        """Nothing has happened since its last end was told: events come late, and meanwhile it may
        have been asked to start again."""
        told = self._ended.get(seen.id)
        return told is not None and told.end == end_of(seen)

    def _listed(self, containers: Sequence[Listed]) -> None:
        here: set[str] = set()
        others: list[str] = []
        for container in containers:
            told = str(container.get("Id") or "")
            try:
                engine = engine_of(container)
            except msgspec.ValidationError:
                continue
            if engine is not None and told:
                here.add(told)
                self._engines[told] = engine
            elif engine is None:
                others += candidates_of(container)
        self.candidates = tuple(others) if self._engine.endpoint.is_here else ()
        for found in list(self.found.values()):
            if found.seen.id not in here:
                self._forget(found.seen.id)
        self._hub.do(self._look_at(here))

    async def _look_at(self, here: Iterable[str]) -> None:
        """All of a list; the first one is over when all of it is on the board."""
        await asyncio.gather(self._tell_daemon(), *(self.look(each) for each in here))
        self._first.set()

    def _happened(self, action: str, id: str, about: Mapping[str, str]) -> None:
        if action == "destroy":
            self._forget(id)
            return
        if id not in self._engines:
            told = {"Image": about.get("image", ""), "Labels": dict(about)}
            engine = engine_of(told)
            if engine is None:
                return
            self._engines[id] = engine
        if action == "die" and self.on_died is not None:
            code = about.get("exitCode", "")
            self.on_died(id, int(code) if code.isdecimal() else None)
        self._hub.do(self.look(id))

    def _forget(self, id: str) -> None:
        self._engines.pop(id, None)
        self._looking.pop(id, None)
        self._ended.pop(id, None)
        for key in [key for key, found in self.found.items() if found.seen.id == id]:
            del self.found[key]
            self._end_stats(key)
        for engine in self._hub.board:
            if engine.id == id:
                self._drop(engine.key)
        with suppress(MemoryProblem):
            self._hub.memory.forget(id)

    def _drop(self, key: str) -> None:
        """Its container is not there any more; another may be made just now."""
        if key in self._hub.busy or key in self._hub.unmade:
            self._hub.board.change(key, id=None)
        else:
            self._hub.drop(key)

    async def _tell_daemon(self) -> None:
        with suppress(DockerFailed, RuntimeError):
            version = await self._threads.run(lambda: self._engine.version.version)
            self._put(DockerSeen(at=0.0, version=version, endpoint=self._engine.endpoint.words))

    def _gone(self, error: Exception) -> None:
        failure: Failure = explain(error, self._engine.endpoint.words)
        problem = f"{failure.sentence} {failure.step}".strip()
        self._put(DockerSeen(at=0.0, endpoint=self._engine.endpoint.words, problem=problem))
        for engine in self._hub.board:
            if engine.place == "container" and engine.id is not None:
                self._hub.lives.forget(engine.key)
                self._hub.board.change(engine.key, status="unknown", words=failure.sentence)
                self._hub.changed(engine.key)
        self._first.set()

    def _back(self) -> None:
        """The list follows, and with it everything."""
        for engine in self._hub.board:
            if engine.place == "container":
                self._end_stats(engine.key)

    def _put(self, seen: DockerSeen) -> None:
        last, at = self._hub.stream.fold.snapshot().docker, self._hub.stream.now()
        now = msgspec.structs.replace(seen, at=at)
        if last is None or msgspec.structs.replace(last, at=at) != now:
            self._hub.stream.put(now)

    def _begin_stats(self, key: str, id: str) -> None:
        if key in self._stats:
            return

        def deliver(usage: Usage | None) -> None:
            self._call(self._use, key, usage)

        watch = self._stats[key] = StatsWatch(self._engine.new_api, id, deliver)
        watch.start()

    def _use(self, key: str, usage: Usage | None) -> None:
        if usage is None:
            return
        self._hub.board.use(key, usage)
        if usage.network_in_bytes is not None:
            self._hub.lives.receive(key, usage.network_in_bytes)

    def _end_stats(self, key: str) -> None:
        if watch := self._stats.pop(key, None):
            watch.close()

    def _from_thread(self, take: Callable[..., None]) -> Callable[..., None]:
        return lambda *told: self._call(take, *told)

    def _call(self, take: Callable[..., None], *told: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(take, *told)
