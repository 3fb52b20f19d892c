"""POST /api/pull: a download, line by line, as the library does it."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from burstview_engines.simulator.server.body import compact, json_response
from burstview_engines.simulator.server.ollama_ask import JSON_TYPE, read_body, refusal
from burstview_engines.simulator.server.ollama_library import LIBRARY, Line
from burstview_engines.simulator.server.ollama_native import NDJSON


async def pull(request: web.Request) -> web.StreamResponse:
    """Errors come as a line under status 200 once the stream has begun."""
    body = await read_body(request, native=True)
    name = str(body.get("model") or body.get("name") or "")
    if not name:
        raise refusal(400, "invalid model name", native=True)
    insecure = body.get("insecure") is True
    if body.get("stream") is False:
        return await _pull_whole(request, name, insecure=insecure)
    response = web.StreamResponse(headers=NDJSON)
    response.enable_chunked_encoding()
    await response.prepare(request)
    async with aclosing(request.app[LIBRARY].pull(name, insecure=insecure)) as lines:
        async for line in lines:
            await response.write(compact(line).encode() + b"\n")
    await response.write_eof()
    return response


async def _pull_whole(request: web.Request, name: str, *, insecure: bool) -> web.Response:
    last: Line = {}
    async with aclosing(request.app[LIBRARY].pull(name, insecure=insecure)) as lines:
        async for line in lines:
            last = line
    if "error" in last:
        raise refusal(500, str(last["error"]), native=True)
    return json_response(last, content_type=JSON_TYPE)


def add_routes(app: web.Application) -> None:
    """The pull."""
    app.router.add_post("/api/pull", pull)
