"""Engines that run on this machine already; without any, another source takes their place."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Collection, Iterator
from typing import Protocol

from burstview_engines.core.backend import Backend
from burstview_engines.places.server import Server
from burstview_engines.places.side_by_side import SideBySide
from burstview_engines.places.source import HURRIED, Source
from burstview_engines.places.url import UrlSource
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream


class Beside(Protocol):
    """Another source, that knows of engines by other ways."""

    async def looked(self) -> None:
        """Returns when it has had its first look, or is known to have none soon."""

    def urls(self) -> set[str]:
        """Where engines of its own answer."""

    def candidates(self) -> tuple[str, ...]:
        """Where it has seen something that may be an engine, but is none of its own."""


class FoundSource:
    """The engines' usual ports and what another source saw; without any, once, the fallback."""

    burst_pace = HURRIED

    def __init__(
        self,
        fallback: Source | None,
        ports: tuple[int, ...] | None = None,
        named: Collection[str] = (),
        beside: Beside | None = None,
    ) -> None:
        """`ports` replaces the usual ones; servers at the URLs `named` are left to others, as are
        those that the source `beside` has."""
        self._named = {_here(url) for url in named}
        self._fallback = fallback
        self._has_fallen_back = False
        self._ports = ports
        self._beside = beside
        self._found: dict[str, UrlSource] = {}
        self._stream: EventStream | None = None
        self._looks = SideBySide()

    async def start(self, stream: EventStream) -> None:
        """Returns when what was found, or the fallback, is ready."""
        self._stream = stream
        if self._beside is not None:
            await self._beside.looked()
        await self._find()
        is_alone = self._beside is None or not self._beside.urls()
        if not self._found and is_alone and self._fallback is not None:
            stream.notice("No running engine was found here: these are simulated ones.")
            self._has_fallen_back = True
            await self._fallback.start(stream)

    async def refresh(self) -> None:
        """Look at what was found, and for engines that were started since."""
        await asyncio.gather(*(source.refresh() for source in self._sources()))
        await self._find()

    async def sample(self) -> None:
        """Every engine's own gauges."""
        await self._looks.sample(self._sources())

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
        await self._looks.close()
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
        usual = (f"http://127.0.0.1:{port}" for port in self._ports or USUAL_PORTS)
        urls = [*usual, *(self._beside.candidates() if self._beside else ())]
        taken = {_here(url) for url in self._beside.urls()} if self._beside else set()
        known = self._named | self._found.keys() | taken
        fresh = []
        for backend in await discover_at(url for url in dict.fromkeys(urls) if url not in known):
            source = self._found[backend.url] = UrlSource(Server(url=backend.url), backend.key)
            source.known(backend)
            fresh.append(source)
        for source in fresh:
            await source.start(self._stream)


def _here(url: str) -> str:
    """The URL as discovery writes it."""
    return url.rstrip("/").removesuffix("/v1").replace("//localhost", "//127.0.0.1")
