"""One look at one path that tells gauges: bounded in time and in bytes."""

from __future__ import annotations

import asyncio

from burstview_engines.backends.failure import unreachable
from burstview_engines.backends.fetch import authorization
from burstview_engines.backends.gauges import GaugePath, Gauges, UnreadableGauges
from burstview_engines.core.backend import Backend
from burstview_engines.http import httpx

LIMIT = 1.0
"""Seconds for one answer, until its last byte."""
MOST_BYTES = 4 << 20
"""Read of one answer: vLLM writes 60 kB."""
ON_THREAD = 256 << 10
"""Bytes from which on an answer is read on a thread: it takes milliseconds."""
_TEXT_KINDS = ("", "text/plain", "application/openmetrics-text", "application/octet-stream")


class GaugeProblem(Exception):  # noqa: N818 - a finding, not a failure of ours
    """Why nothing can be read; the text is one sentence, the same as long as the cause is."""


class SwitchedOffGauges(GaugeProblem):
    """The engine was started without them."""


async def ask_gauges(
    client: httpx.AsyncClient, backend: Backend, path: GaugePath, api_key: str | None
) -> Gauges:
    """What one path tells. Raises GaugeProblem."""
    url = backend.url + path.path
    try:
        async with asyncio.timeout(LIMIT):
            status, kind, body = await _answer(client, url, api_key)
    except TimeoutError as late:
        raise GaugeProblem(f"{url} did not answer within {LIMIT:g} s.") from late
    except httpx.HTTPError as failure:
        raise GaugeProblem(str(unreachable(url, failure))) from failure
    _check(url, path, status, kind)
    try:
        text = body.decode("utf-8", "replace")
        if len(body) < ON_THREAD:
            return path.read(text, backend.model)
        return await asyncio.to_thread(path.read, text, backend.model)
    except UnreadableGauges as instead:
        raise GaugeProblem(f"{url} answers with {instead}; no gauges can be read.") from instead


async def _answer(
    client: httpx.AsyncClient, url: str, api_key: str | None
) -> tuple[int, str, bytes]:
    """Status, kind and body. A connection that the server has closed meanwhile is opened anew."""
    try:
        return await _read(client, url, api_key)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if client.is_closed:
            raise
        return await _read(client, url, api_key)


async def _read(client: httpx.AsyncClient, url: str, api_key: str | None) -> tuple[int, str, bytes]:
    # to compress its metrics takes a server longer than to make them
    headers = {**authorization(api_key), "accept-encoding": "identity"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise GaugeProblem(f"{url} answers compressed, although that was not asked for.")
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                what = f"more than {MOST_BYTES >> 20} MB"
                raise GaugeProblem(f"{url} answers with {what}; no gauges are read from it.")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return response.status_code, kind, bytes(body)


def _check(url: str, path: GaugePath, status: int, kind: str) -> None:
    if status in path.off:
        raise SwitchedOffGauges(f"{url} is not there ({status}): {path.off[status]}.")
    if status in (401, 403):
        raise GaugeProblem(f"{url} asks for another API key ({status}); name it for this backend.")
    if not 200 <= status < 300:
        raise GaugeProblem(f"{url} answers with status {status}; no gauges can be read.")
    if path.source == "metrics" and kind not in _TEXT_KINDS:
        raise GaugeProblem(f"{url} answers with {kind[:60]} in place of metrics.")
