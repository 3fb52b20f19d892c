"""Whether an engine's own HTTP answers: the only proof that it is ready."""

from __future__ import annotations

import asyncio

from burstview_engines.backends.fetch import control_client, fetch
from burstview_engines.backends.profile import Answer

POLL = 0.5
"""Seconds between two questions."""
PATIENCE = 5.0
"""Seconds that one answer may take: SGLang's /health computes a token first."""


async def is_ready(url: str, path: str, api_key: str | None = None) -> bool:
    """One question; whatever is not a 200 is a no."""
    async with control_client(url, timeout=PATIENCE) as client:
        answer = await fetch(client, url + path, api_key=api_key)
    return isinstance(answer, Answer) and answer.status == 200


async def until_ready(url: str, path: str, api_key: str | None = None) -> None:
    """Ask until it answers; there is no limit: a big model takes as long as it takes."""
    while True:
        if await is_ready(url, path, api_key):
            return
        await asyncio.sleep(POLL)
