"""One aiohttp application an engine: its routes, its headers, its words for a wrong path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from burstview_engines.simulator.server import (
    llamacpp,
    ollama,
    ollama_models,
    ollama_native,
    ollama_pull,
    vllm,
)
from burstview_engines.simulator.server.body import HEADER, RequestError
from burstview_engines.simulator.server.gauges import simulated
from burstview_engines.simulator.server.ollama_library import LIBRARY, Library
from burstview_engines.simulator.server.served import SERVED, Served

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOST_BODY_BYTES = 64 * 2**20


def make_app(served: Served, library: Library | None = None) -> web.Application:
    """The application of one simulated engine; an Ollama's models, if not only its first."""
    match served.spec.engine:
        case "vllm":
            app = _app(vllm.HEADERS, vllm.refuse_route)
            vllm.add_routes(app)
        case "ollama":
            app = _app(ollama.HEADERS, ollama.refuse_route)
            ollama.add_routes(app)
            ollama_native.add_routes(app)
            ollama_models.add_routes(app)
            ollama_pull.add_routes(app)
            app[LIBRARY] = library or Library(served)
        case "llamacpp":
            app = _app(llamacpp.HEADERS, llamacpp.refuse_route)
            llamacpp.add_routes(app)
    app[SERVED] = served
    app.router.add_get("/simulated", simulated)
    return app


def _app(headers: dict[str, str], refuse: Callable[[int], RequestError]) -> web.Application:
    app = web.Application(middlewares=[_errors(refuse)], client_max_size=MOST_BODY_BYTES)

    async def stamp(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.pop("server", None)
        response.headers.update({**headers, HEADER: "1"})

    app.on_response_prepare.append(stamp)
    return app


def _errors(refuse: Callable[[int], RequestError]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Refusals become responses; a wrong path or method is told in the engine's own words."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check_faults(request)
            return await handler(request)
        except RequestError as refusal:
            return refusal.response()
        except web.HTTPMethodNotAllowed as wrong:
            response = refuse(405).response()
            if response.status == 405:
                response.headers["allow"] = ", ".join(sorted(wrong.allowed_methods - {"HEAD"}))
            return response
        except web.HTTPNotFound:
            return refuse(404).response()

    return middleware


def _check_faults(request: web.Request) -> None:
    """Raises RequestError where an engine was started to refuse."""
    status = request.app[SERVED].faults.refuse
    if status is not None and request.method == "POST":
        message = "This refusal was asked for when the simulated engine was started."
        body = {"error": {"message": message, "type": "refused_on_demand", "code": status}}
        raise RequestError(status, body)
