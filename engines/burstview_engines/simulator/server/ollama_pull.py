"""POST /api/pull: a simulated download, line by line; nothing is fetched."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from aiohttp import web

from burstview_engines.simulator.presets import QUANTS
from burstview_engines.simulator.server.body import compact, json_response
from burstview_engines.simulator.server.ollama_ask import JSON_TYPE, read_body, refusal
from burstview_engines.simulator.server.ollama_library import BY_TAG, LIBRARY, LIBRARY_QUANT
from burstview_engines.simulator.server.ollama_native import NDJSON

INTERVAL = 0.06
"""Seconds between two lines, as the real one."""
BYTES_PER_SECOND = 1.5e9
"""Of the simulated line."""
UNKNOWN = "pull model manifest: file does not exist"


async def pull(request: web.Request) -> web.StreamResponse:
    """Errors come as a line under status 200 once the stream has begun."""
    body = await read_body(request, native=True)
    name = str(body.get("model") or body.get("name") or "")
    if not name:
        raise refusal(400, "invalid model name", native=True)
    if body.get("stream") is False:
        return await _pull_whole(request, name)
    response = web.StreamResponse(headers=NDJSON)
    response.enable_chunked_encoding()
    await response.prepare(request)
    async for line in _lines(name):
        await response.write(compact(line).encode() + b"\n")
    if name in BY_TAG:
        request.app[LIBRARY].add(BY_TAG[name])
        await response.write(b'{"status":"success"}\n')
    await response.write_eof()
    return response


async def _pull_whole(request: web.Request, name: str) -> web.Response:
    last: dict[str, object] = {}
    async for line in _lines(name):
        last = line
    if "error" in last:
        raise refusal(500, str(last["error"]), native=True)
    request.app[LIBRARY].add(BY_TAG[name])
    return json_response({"status": "success"}, content_type=JSON_TYPE)


async def _lines(name: str) -> AsyncIterator[dict[str, object]]:
    """All lines before `success`; `completed` is absent at 0."""
    yield {"status": "pulling manifest"}
    model = BY_TAG.get(name)
    if model is None:
        yield {"error": UNKNOWN}
        return
    total = int(QUANTS[LIBRARY_QUANT].stored_bytes(model))
    digest = hashlib.sha256(f"simulated {name}".encode()).hexdigest()
    layer = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": total}
    yield layer
    completed = 0
    while completed < total:
        await asyncio.sleep(INTERVAL)
        completed = min(total, completed + int(BYTES_PER_SECOND * INTERVAL))
        yield {**layer, "completed": completed}
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}


def add_routes(app: web.Application) -> None:
    """The pull."""
    app.router.add_post("/api/pull", pull)
