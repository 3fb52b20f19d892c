"""The routes of a simulated vLLM."""

from __future__ import annotations

import time
import uuid

from aiohttp import web

from burstview_engines.simulator.server.body import Ask, RequestError, json_response
from burstview_engines.simulator.server.served import SERVED
from burstview_engines.simulator.server.stream import EngineError, serve_stream, serve_whole
from burstview_engines.simulator.server.vllm_ask import chat_ask, read_body, text_ask
from burstview_engines.simulator.server.vllm_metrics import exposition
from burstview_engines.simulator.server.vllm_wire import (
    STREAM_HEADERS,
    VERSION,
    ChatForm,
    TextForm,
    error,
    whole_chat,
    whole_text,
)

HEADERS = {"server": "uvicorn", "vary": "Origin"}
"""On every response."""
METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def refuse_route(status: int) -> RequestError:
    """An unknown path or a wrong method: no error object, unlike everything else."""
    return RequestError(status, {"detail": "Not Found" if status == 404 else "Method Not Allowed"})


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions."""
    ask = chat_ask(await read_body(request), request.app[SERVED])
    return await _answer(request, ask, is_chat=True)


async def completions(request: web.Request) -> web.StreamResponse:
    """POST /v1/completions."""
    ask = text_ask(await read_body(request), request.app[SERVED])
    return await _answer(request, ask, is_chat=False)


async def _answer(request: web.Request, ask: Ask, *, is_chat: bool) -> web.StreamResponse:
    served = request.app[SERVED]
    answer = served.answer(ask)
    try:
        if ask.stream:
            form = (ChatForm if is_chat else TextForm)(ask, answer, served.model)
            return await serve_stream(
                request, served, ask, answer, form,
                headers=STREAM_HEADERS, headers_at="once",
            )  # fmt: skip
        ticket = await serve_whole(served, ask, answer)
    except EngineError as failure:
        raise RequestError(500, error(str(failure), "InternalServerError", None, 500)) from failure
    whole = whole_chat if is_chat else whole_text
    return json_response(whole(ask, answer, ticket, served.model))


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    served = request.app[SERVED]
    now = int(time.time())
    allowed = ("create_engine", "sampling", "logprobs", "search_indices", "view", "fine_tuning")
    permission = {
        "id": f"modelperm-{uuid.uuid4().hex[:16]}",
        "object": "model_permission",
        "created": now,
        **{f"allow_{what}": what in ("sampling", "logprobs", "view") for what in allowed},
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    card = {"id": served.model, "object": "model", "created": now, "owned_by": "vllm"}
    more = {"root": served.model, "parent": None, "max_model_len": served.context_tokens}
    return json_response({"object": "list", "data": [{**card, **more, "permission": [permission]}]})


async def health(request: web.Request) -> web.Response:
    """GET /health and /ping: 200 without a body."""
    return web.Response()


async def version(request: web.Request) -> web.Response:
    """GET /version."""
    return json_response({"version": VERSION})


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics, in Prometheus' text form."""
    text = exposition(request.app[SERVED])
    return web.Response(body=text.encode(), headers={"content-type": METRICS_TYPE})


def add_routes(app: web.Application) -> None:
    """All paths that this engine answers."""
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/completions", completions)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/health", health)
    app.router.add_get("/ping", health)
    app.router.add_get("/version", version)
    app.router.add_get("/metrics", metrics)
