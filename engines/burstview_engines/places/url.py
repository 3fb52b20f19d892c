"""A server that somebody else runs, by its URL."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from burstview_engines.core.backend import Backend, Place
from burstview_engines.core.events import BackendSeen, EngineSampled
from burstview_engines.keys import read_key
from burstview_engines.places.server import Server
from burstview_engines.places.source import HURRIED
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

if TYPE_CHECKING:
    from burstview_engines.places.engine_probe import EngineProbe

Seen = tuple[Backend, str, str]
"""Backend, state and the sentence when it is not ready."""


class UrlSource:
    """Recognises the server behind a URL, and keeps looking at it when asked to."""

    burst_pace = HURRIED

    def __init__(
        self,
        server: Server,
        key: str | None = None,
        environ: Mapping[str, str] = os.environ,
        *,
        complete: Callable[[EngineSampled], EngineSampled] = lambda sample: sample,
    ) -> None:
        """`key` tells two sources of one URL apart; `complete` adds to the gauges what others know
        of the same engine."""
        self._complete = complete
        self._server = server
        self._key = key or server.url
        self._environ = environ
        self._stream: EventStream | None = None
        self._seen: Seen | None = None
        self._warnings: tuple[str, ...] = ()
        self._probe: EngineProbe | None = None

    async def start(self, stream: EventStream) -> None:
        """Show it as connecting, then as what it is."""
        self._stream = stream
        if self._seen is None:
            self._see((self._unknown(), "connecting", ""))
            await self.refresh()
        else:
            self._see(self._seen)

    def known(self, backend: Backend) -> None:
        """What discovery found out already; call it before `start`."""
        self._seen = (self._named(backend), "ready", "")

    @property
    def backend(self) -> Backend:
        """As it was last seen."""
        return self._seen[0] if self._seen else self._unknown()

    @property
    def state(self) -> tuple[str, str]:
        """As it was last seen, and the sentence when it is not ready."""
        return self._seen[1:] if self._seen else ("connecting", "")

    def call(self, name: str, place: Place) -> None:
        """What the screen calls it and where it runs, as others found out."""
        server = replace(self._server, name=name, place=place)
        if server == self._server:
            return
        self._server = server
        if self._seen is not None:
            backend, state, detail = self._seen
            self._see((self._named(backend), state, detail))

    async def refresh(self) -> None:
        """Recognise it again; only what changed is put into the stream."""
        seen = await self._look()
        if seen != self._seen:
            self._see(seen)

    async def sample(self) -> None:
        """Read the engine's own gauges, where it has some; what cannot be read is a mark."""
        stream = self._stream
        if self._seen is None or self._seen[1] != "ready" or stream is None:
            return
        if self._probe is None:
            await asyncio.to_thread(
                importlib.import_module, "burstview_engines.places.engine_probe"
            )
            from burstview_engines.places.engine_probe import EngineProbe

            if self._stream is not stream:  # it was closed meanwhile: nobody would close the probe
                return
            self._probe = self._probe or EngineProbe(self._key, stream.now)
        try:
            sampled = await self._probe.look(self._seen[0], self._api_key())
        except SessionError:  # its key's variable is not set: whoever fires at it is told so
            return
        if sampled is not None and self._stream is stream:
            stream.put(self._complete(sampled))

    def owns(self, key: str) -> bool:
        """Its only backend's."""
        return key == self._key

    def api_key_env(self, key: str) -> str | None:
        """As named with the server."""
        return self._server.api_key_env

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Ask the server about that model. Raises SessionError when it cannot be had."""
        from burstview_engines.backends.failure import BackendError
        from burstview_engines.backends.fetch import control_client
        from burstview_engines.backends.recognise import with_model

        try:
            async with control_client(backend.url) as client:
                recognised = await with_model(client, backend, model, api_key=self._api_key())
        except BackendError as refusal:
            raise SessionError(str(refusal)) from refusal
        self._server = replace(self._server, model=model)
        self._see((self._named(recognised.backend), "ready", ""))

    async def close(self) -> None:
        """Let its connections go."""
        self.leave()
        probe, self._probe = self._probe, None
        if probe is not None:
            await probe.close()

    def leave(self) -> None:
        """What is being asked just now is not told any more."""
        self._stream = None

    async def _look(self) -> Seen:
        await asyncio.to_thread(importlib.import_module, "burstview_engines.backends.recognise")
        from burstview_engines.backends.failure import BackendError, StillLoadingError
        from burstview_engines.backends.fetch import control_client
        from burstview_engines.backends.recognise import recognise

        server = self._server
        last = self._seen[0] if self._seen else self._unknown()
        try:
            async with control_client(server.url) as client:
                recognised = await recognise(
                    client,
                    server.url,
                    engine=server.engine,
                    model=server.model,
                    key=self._key,
                    api_key=self._api_key(),
                    first_model=True,
                )
        except StillLoadingError as wait:
            return last, "loading", str(wait)
        except (BackendError, SessionError) as refusal:
            return last, "unreachable", str(refusal)
        self._warn(recognised.warnings)
        return self._named(recognised.backend), "ready", ""

    def _api_key(self) -> str | None:
        key = read_key(self._server.api_key_env, self._environ)
        if self._stream is not None:
            self._stream.blotter.learn(key)
        return key

    def _see(self, seen: Seen) -> None:
        self._seen = seen
        backend, state, detail = seen
        if self._stream is not None:
            self._stream.put(
                BackendSeen(at=self._stream.now(), backend=backend, state=state, detail=detail)
            )

    def _warn(self, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            if warning not in self._warnings and self._stream is not None:
                self._stream.notice(warning, self._key)
        self._warnings = warnings

    def _named(self, backend: Backend) -> Backend:
        server = self._server
        return msgspec.structs.replace(
            backend,
            name=server.name or backend.name,
            place=server.place,
            seats=server.seats if server.seats is not None else backend.seats,
        )

    def _unknown(self) -> Backend:
        server = self._server
        url = server.url.rstrip("/").removesuffix("/v1")
        return Backend(
            key=self._key,
            name=server.name or urlsplit(url).netloc or url,
            engine=server.engine or "openai",
            place=server.place,
            url=url,
            model=server.model,
        )
