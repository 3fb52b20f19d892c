"""Small questions to a server: everything over HTTP that is not timed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from burstview_engines.backends.failure import unreachable
from burstview_engines.backends.profile import Answer
from burstview_engines.core.loopback import is_loopback
from burstview_engines.http import httpx

MAX_BYTES = 2 << 20
"""Read of one answer; vLLM's /metrics has 60 kB."""

Fetched = Answer | httpx.HTTPError


def control_client(
    url: str, api_key: str | None = None, *, timeout: float = 5.0
) -> httpx.AsyncClient:
    """A client for small questions to one server; loopback never goes through a proxy."""
    local = is_loopback(url)
    return httpx.AsyncClient(
        headers=authorization(api_key),
        timeout=httpx.Timeout(timeout, connect=min(timeout, 2.0)),
        trust_env=not local,
        verify=not (local and url.startswith("http://")),  # saves 30 ms of reading certificates
    )


def authorization(api_key: str | None) -> dict[str, str]:
    """The header that carries a key; empty without one."""
    return {"authorization": f"Bearer {api_key}"} if api_key else {}


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    api_key: str | None = None,
    body: dict[str, str] | None = None,
) -> Fetched:
    """The answer, or what went wrong. A body makes it a POST. No redirect is followed."""
    method = "GET" if body is None else "POST"
    try:
        async with client.stream(
            method, url, json=body, headers=authorization(api_key), follow_redirects=False
        ) as response:
            data = bytearray()
            async for part in response.aiter_bytes():
                data += part
                if len(data) > MAX_BYTES:
                    break
            return Answer(response.status_code, dict(response.headers), bytes(data[:MAX_BYTES]))
    except httpx.HTTPError as failure:
        return failure


async def fetch_all(
    client: httpx.AsyncClient, root: str, paths: Iterable[str], *, api_key: str | None = None
) -> tuple[dict[str, Answer], dict[str, httpx.HTTPError]]:
    """Answers and failures by path, asked for at the same time."""
    wanted = tuple(paths)
    results = await asyncio.gather(*(fetch(client, root + p, api_key=api_key) for p in wanted))
    answers = {p: r for p, r in zip(wanted, results, strict=True) if isinstance(r, Answer)}
    failures = {p: r for p, r in zip(wanted, results, strict=True) if not isinstance(r, Answer)}
    return answers, failures


async def ask(client: httpx.AsyncClient, url: str, *, api_key: str | None = None) -> Answer:
    """The answer to one GET. Raises BackendError when there is none."""
    fetched = await fetch(client, url, api_key=api_key)
    if isinstance(fetched, Answer):
        return fetched
    raise unreachable(url, fetched) from fetched
