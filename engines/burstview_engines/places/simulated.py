"""The embedded engines as a session's source."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import BackendSeen
from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

if TYPE_CHECKING:
    from burstview_engines.places.embedded import EmbeddedEngines


class EmbeddedSource:
    """Starts an engine for each spec, all in one process, and ends it with the session."""

    burst_pace = 0.1

    def __init__(self, specs: Sequence[EngineSpec]) -> None:
        self._specs = tuple(specs)
        self._engines: EmbeddedEngines | None = None
        self._backends: tuple[Backend, ...] = ()
        self._stream: EventStream | None = None
        self._is_broken = False

    @property
    def specs(self) -> tuple[EngineSpec, ...]:
        """What it starts."""
        return self._specs

    async def start(self, stream: EventStream) -> None:
        """Returns when the engines serve, or are known not to start."""
        self._stream = stream
        await asyncio.to_thread(importlib.import_module, "burstview_engines.places.embedded")
        from burstview_engines.places.embedded import EmbeddedEngines, EmbeddedError

        self._engines = EmbeddedEngines(stream.now)
        try:
            self._backends = await self._engines.start(self._specs)
        except EmbeddedError as refusal:
            self._backends = tuple(_missing(spec) for spec in self._specs)
            self._show("unreachable", str(refusal))
        else:
            self._show("ready")

    async def refresh(self) -> None:
        """`sample` tells when the engines are gone."""

    async def sample(self) -> None:
        """What the engines and their simulated GPUs do now."""
        from burstview_engines.places.embedded import EmbeddedError

        if self._engines is None or self._stream is None or self._is_broken:
            return
        try:
            seen = await self._engines.sample()
        except EmbeddedError as refusal:
            self._is_broken = True
            self._show("unreachable", str(refusal))
        else:
            self._stream.put(seen.gpu, *seen.engines)

    def owns(self, key: str) -> bool:
        """Its engines'."""
        return any(backend.key == key for backend in self._backends)

    def api_key_env(self, key: str) -> str | None:
        """Embedded engines need no key."""
        return None

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Each serves just one. Raises SessionError for any other."""
        if model not in backend.models:
            raise SessionError(f"{backend.name} simulates {backend.model} only.")

    async def close(self) -> None:
        """End their process."""
        if self._engines is not None:
            await self._engines.close()

    def _show(self, state: str, detail: str = "") -> None:
        if self._stream is not None:
            at = self._stream.now()
            self._stream.put(
                *(
                    BackendSeen(at=at, backend=backend, state=state, detail=detail)
                    for backend in self._backends
                )
            )


def _missing(spec: EngineSpec) -> Backend:
    return Backend(
        key=spec.engine,
        name=spec.engine,
        engine=spec.engine,
        place="embedded",
        url="",
        model=spec.model,
        simulated=True,
    )
