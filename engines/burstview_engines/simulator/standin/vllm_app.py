"""The HTTP side of a vLLM stand-in: keys, access log, statistics, and its death."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp import web

from burstview_engines.simulator.server.app import make_app
from burstview_engines.simulator.server.body import json_response
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.vllm_wire import error
from burstview_engines.simulator.standin import vllm_log
from burstview_engines.simulator.standin.log import write
from burstview_engines.simulator.standin.vllm_failures import DEAD

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATISTICS_TIME = 10.0
"""Seconds between two lines of statistics."""


class Health:
    """Whether the engine core lives."""

    is_dead = False


def application(
    served: Served, keys: Sequence[str], health: Health, *, has_access_log: bool
) -> web.Application:
    """The embedded engine's routes behind what vLLM's launcher puts in front of them."""
    app = make_app(served)
    app.middlewares.insert(0, _guard(keys, health))
    if has_access_log:
        app.on_response_prepare.append(_log_access)
    return app


async def log_statistics(served: Served) -> None:
    """A line every ten seconds while there is something to tell."""
    counts = served.driver.statistics
    before = (0, 0)
    while True:
        await asyncio.sleep(STATISTICS_TIME)
        after = (counts.prompt_tokens, counts.generated_tokens)
        if after != before or served.driver.running or served.driver.waiting:
            prompt, generated = (
                (new - old) / STATISTICS_TIME for new, old in zip(after, before, strict=True)
            )
            write(vllm_log.stamped(vllm_log.statistics(served, prompt, generated)))
        before = after


def _guard(keys: Sequence[str], health: Health) -> Callable[..., Awaitable[web.StreamResponse]]:
    accepted = {f"Bearer {key}" for key in keys}

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_guarded = request.path.startswith("/v1") and request.method != "OPTIONS"
        if accepted and is_guarded and request.headers.get("authorization") not in accepted:
            response = json_response({"error": "Unauthorized"})
            response.set_status(401)
            return response
        if health.is_dead and request.path == "/health":
            return web.Response(status=503)
        if health.is_dead and request.method == "POST":
            response = json_response(error(DEAD, "InternalServerError", None, 500))
            response.set_status(500)
            return response
        return await handler(request)

    return middleware


async def _log_access(request: web.Request, response: web.StreamResponse) -> None:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    client = f"{peer[0]}:{peer[1]}" if peer else "-"
    asked = f"{request.method} {request.path_qs}"
    phrase = HTTPStatus(response.status).phrase
    write(vllm_log.stamped(vllm_log.access(client, asked, response.status, phrase)))
