"""The HTTP side of a llama.cpp stand-in: 503 while it loads, keys, and what is switched off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from burstview_engines.simulator.server.app import make_app
from burstview_engines.simulator.server.body import json_response
from burstview_engines.simulator.server.llamacpp_ask import error
from burstview_engines.simulator.server.llamacpp_wire import JSON_TYPE
from burstview_engines.simulator.server.served import Served

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN = ("/health", "/v1/health")
"""Paths that need no key."""
LOADING = {"message": "Loading model", "type": "unavailable_error", "code": 503}
NO_METRICS = "This server does not support metrics endpoint. Start it with `--metrics`"


class Progress:
    """How far the model is."""

    is_loaded = False


def application(
    served: Served, progress: Progress, keys: Sequence[str], *, has_metrics: bool
) -> web.Application:
    """The embedded engine's routes behind what the server checks first."""
    app = make_app(served)
    app.middlewares.insert(0, _guard(progress, keys, has_metrics=has_metrics))
    return app


def _guard(
    progress: Progress, keys: Sequence[str], *, has_metrics: bool
) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if keys and request.path not in OPEN and _key(request) not in keys:
            return _refusal(401, error(401, "Invalid API Key", "authentication_error"))
        if not progress.is_loaded:
            return _refusal(503, {"error": LOADING})
        if request.path == "/metrics" and not has_metrics:
            return _refusal(501, error(501, NO_METRICS, "not_supported_error"))
        return await handler(request)

    return middleware


def _key(request: web.Request) -> str:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return given or request.headers.get("x-api-key", "")


def _refusal(status: int, body: dict[str, object]) -> web.Response:
    response = json_response(body, content_type=JSON_TYPE)
    response.set_status(status)
    return response
