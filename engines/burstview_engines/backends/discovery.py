"""Engines that run on this machine, on their usual ports or wherever somebody says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from burstview_engines.backends.failure import BackendError
from burstview_engines.backends.fetch import control_client
from burstview_engines.backends.recognise import recognise
from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.backend import Backend

USUAL_PORTS = tuple(
    sorted({profile.port for profile in PROFILES.values() if profile.port} | {9931})
)
"""Each engine's own; llama.cpp announces that it will move from 8080 to 9931."""

LIMIT = 0.5
"""Seconds in which a server must answer; one that takes longer can be named by URL."""


async def discover(
    ports: Iterable[int] = USUAL_PORTS, *, host: str = "127.0.0.1", limit: float = LIMIT
) -> tuple[Backend, ...]:
    """The engines that answer on `ports`, in the order of the ports; takes `limit` at most.

    Of several models the first listed is taken. Only recognised engines are reported: any program
    may listen on 8000 or 8080.
    """
    return await discover_at((f"http://{host}:{port}" for port in ports), limit=limit)


async def discover_at(urls: Iterable[str], *, limit: float = LIMIT) -> tuple[Backend, ...]:
    """The engines that answer at `urls`, in their order; takes `limit` at most."""
    found = await asyncio.gather(*(_look(url, limit) for url in urls))
    return tuple(backend for backend in found if backend is not None)


async def _look(url: str, limit: float) -> Backend | None:
    try:
        async with asyncio.timeout(limit), control_client(url, timeout=limit) as client:
            recognised = await recognise(client, url, first_model=True)
    except (BackendError, TimeoutError):
        return None
    return recognised.backend if recognised.backend.engine != "openai" else None
