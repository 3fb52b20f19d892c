"""Engines that run on this machine already; without any, another source takes their place."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Collection

from burstview_engines.core.backend import Backend
from burstview_engines.places.server import Server
from burstview_engines.places.source import Source
from burstview_engines.places.url import UrlSource
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream


class FoundSource:
    """Looks at the engines' usual ports; falls back to the embedded engines once, at the start."""

    def __init__(
        self,
        fallback: Source | None,
        ports: tuple[int, ...] | None = None,
        named: Collection[str] = (),
    ) -> None:
        """`ports` replaces the usual ones; servers at the URLs `named` are left to others."""
        self._named = {_here(url) for url in named}
        self._fallback = fallback
        self._ports = ports
        self._sources: dict[str, Source] = {}
        self._stream: EventStream | None = None

    async def start(self, stream: EventStream) -> None:
        """Returns when the ports were looked at and what was found, or the fallback, is ready."""
        self._stream = stream
        await self._find()
        if not self._sources and self._fallback is not None:
            stream.notice("No running engine was found here: these are simulated ones.")
            self._sources[""] = self._fallback
            await self._fallback.start(stream)

    async def refresh(self) -> None:
        """Look at what was found, and for engines that were started since."""
        await asyncio.gather(*(source.refresh() for source in self._sources.values()))
        await self._find()

    async def sample(self) -> None:
        """Every engine's own gauges."""
        await asyncio.gather(*(source.sample() for source in self._sources.values()))

    def owns(self, key: str) -> bool:
        """Any of those found."""
        return any(source.owns(key) for source in self._sources.values())

    def api_key_env(self, key: str) -> str | None:
        """Engines found here are asked without a key."""
        return None

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Raises SessionError when the model cannot be had."""
        for source in self._sources.values():
            if source.owns(backend.key):
                return await source.choose_model(backend, model)
        raise SessionError(f"There is no backend {backend.key}.")

    async def close(self) -> None:
        """End the fallback's engines, if they were started."""
        await asyncio.gather(*(source.close() for source in self._sources.values()))

    async def _find(self) -> None:
        await asyncio.to_thread(importlib.import_module, "burstview_engines.backends.discovery")
        from burstview_engines.backends.discovery import USUAL_PORTS, discover

        stream = self._stream
        for backend in await discover(self._ports or USUAL_PORTS):
            is_known = backend.url in self._sources or backend.url in self._named
            if stream is not None and not is_known:
                source = UrlSource(Server(url=backend.url), backend.key)
                source.known(backend)
                self._sources[backend.url] = source
                await source.start(stream)


def _here(url: str) -> str:
    """The URL as discovery writes it."""
    return url.rstrip("/").removesuffix("/v1").replace("//localhost", "//127.0.0.1")
