"""The fleet's engines as a session's backends."""

from __future__ import annotations

import asyncio

from burstview_engines.core.backend import Backend
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.places.source import HURRIED
from burstview_engines.stream import EventStream


class FleetSource:
    """Every engine on the board is a backend, whatever its state."""

    burst_pace = HURRIED

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._looked = asyncio.Event()

    async def start(self, stream: EventStream) -> None:
        """Returns when each side has had its first look."""
        try:
            await self._fleet.open(stream)
        finally:
            self._looked.set()

    async def refresh(self) -> None:
        """Look at the engines' HTTP."""
        await self._fleet.look()

    async def sample(self) -> None:
        """The engines' own gauges."""
        await self._fleet.hub.links.sample()

    def owns(self, key: str) -> bool:
        """Every engine on the board."""
        return self._fleet.is_open and self._fleet.hub.links.owns(key)

    def api_key_env(self, key: str) -> str | None:
        """Of an engine that was started with a key."""
        return self._fleet.hub.links.api_key_env(key)

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Raises SessionError."""
        await self._fleet.hub.links.choose_model(backend, model)

    async def close(self) -> None:
        """Stop watching; what runs goes on running."""
        await self._fleet.close()

    async def looked(self) -> None:
        """Returns after the first look; it waits for nobody for long."""
        await self._looked.wait()

    def candidates(self) -> tuple[str, ...]:
        """Ports that containers without a known engine publish where engines usually are."""
        return self._fleet.candidates()

    def urls(self) -> set[str]:
        """Where engines on the board answer: nobody else need find them."""
        return self._fleet.hub.links.urls() if self._fleet.is_open else set()
