"""Engines that run on this machine already; without any, another source takes their place."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from collections.abc import Collection, Iterator

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import DockerSeen
from burstview_engines.places.docker_found import DockerLook, DockerWatch
from burstview_engines.places.server import Server
from burstview_engines.places.source import Source
from burstview_engines.places.url import UrlSource
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

DOCKER_LIMIT = 1.0
"""Seconds that the start waits for Docker's list; engines told later are shown later."""


class FoundSource:
    """The engines' usual ports and Docker's containers; once, at the start, else the fallback."""

    def __init__(
        self,
        fallback: Source | None,
        ports: tuple[int, ...] | None = None,
        named: Collection[str] = (),
        docker: DockerWatch | None = None,
    ) -> None:
        """`ports` replaces the usual ones; servers at the URLs `named` are left to others."""
        self._named = {_here(url) for url in named}
        self._fallback = fallback
        self._has_fallen_back = False
        self._ports = ports
        self._docker = docker
        self._found: dict[str, UrlSource] = {}
        self._mute: set[str] = set()
        self._stream: EventStream | None = None

    async def start(self, stream: EventStream) -> None:
        """Returns when what was found, or the fallback, is ready."""
        self._stream = stream
        if self._docker is not None:
            self._docker.start()
        await self._find()
        if self._docker is not None:
            await self._docker.first(DOCKER_LIMIT)
            await self._find()
        if not self._found and self._fallback is not None:
            stream.notice("No running engine was found here: these are simulated ones.")
            self._has_fallen_back = True
            await self._fallback.start(stream)

    async def refresh(self) -> None:
        """Look at what was found, and for engines that were started since."""
        await asyncio.gather(*(source.refresh() for source in self._sources()))
        await self._find()

    async def sample(self) -> None:
        """Every engine's own gauges."""
        await asyncio.gather(*(source.sample() for source in self._sources()))

    def owns(self, key: str) -> bool:
        """Any of those found."""
        return any(source.owns(key) for source in self._sources())

    def api_key_env(self, key: str) -> str | None:
        """Engines found here are asked without a key."""
        return None

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Raises SessionError when the model cannot be had."""
        for source in self._sources():
            if source.owns(backend.key):
                return await source.choose_model(backend, model)
        raise SessionError(f"There is no backend {backend.key}.")

    async def close(self) -> None:
        """End the fallback's engines, if they were started."""
        if self._docker is not None:
            self._docker.stop()
        await asyncio.gather(*(source.close() for source in self._sources()))

    def _sources(self) -> Iterator[Source]:
        yield from list(self._found.values())
        if self._fallback is not None and self._has_fallen_back:
            yield self._fallback

    async def _find(self) -> None:
        await asyncio.to_thread(importlib.import_module, "burstview_engines.backends.discovery")
        from burstview_engines.backends.discovery import USUAL_PORTS, discover_at

        if self._stream is None:
            return
        seen = self._docker.latest if self._docker is not None else DockerLook()
        usual = (f"http://127.0.0.1:{port}" for port in self._ports or USUAL_PORTS)
        urls = [*usual, *(url for container in seen.containers for url in container.urls)]
        known = self._named | self._found.keys()
        fresh = []
        for backend in await discover_at(url for url in dict.fromkeys(urls) if url not in known):
            source = self._found[backend.url] = UrlSource(Server(url=backend.url), backend.key)
            source.known(backend)
            fresh.append(source)
        self._tell(seen, self._stream)
        self._call_by_name(seen)
        for source in fresh:
            await source.start(self._stream)

    def _call_by_name(self, seen: DockerLook) -> None:
        """Several of one engine are told apart by their containers' names."""
        from burstview_engines.backends.registry import PROFILES

        names = {url: container.name for container in seen.containers for url in container.urls}
        engines = Counter(source.backend.engine for source in self._found.values())
        for url, source in self._found.items():
            engine, name = source.backend.engine, names.get(url)
            label = PROFILES[engine].label
            is_one_of_many = name is not None and engines[engine] > 1
            called = f"{label} ({name})" if is_one_of_many else label
            source.call(called, "url" if name is None else "container")

    def _tell(self, look: DockerLook, stream: EventStream) -> None:
        """What is new of Docker itself, and of containers that cannot be asked."""
        if look.endpoint is None and look.problem is None:
            return
        last, at = stream.fold.snapshot().docker, stream.now()
        seen = DockerSeen(at=at, version=look.version, endpoint=look.endpoint, problem=look.problem)
        if last is None or msgspec.structs.replace(last, at=at) != seen:
            stream.put(seen)
            if look.problem is not None and look.is_told:
                stream.notice(look.problem)
        from burstview_engines.places.docker_containers import unpublished

        mute = [c for c in look.containers if c.is_mute and c.name not in self._mute]
        if mute:
            self._mute.update(container.name for container in mute)
            stream.notice(unpublished(mute))


def _here(url: str) -> str:
    """The URL as discovery writes it."""
    return url.rstrip("/").removesuffix("/v1").replace("//localhost", "//127.0.0.1")
