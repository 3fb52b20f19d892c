"""The routes of a simulated Ollama: /v1."""

from __future__ import annotations

from aiohttp import web

from burstview_engines.simulator.server.body import Ask, RequestError, json_response
from burstview_engines.simulator.server.ollama_ask import (
    chat_ask,
    check_chat,
    read_body,
    refusal,
    text_ask,
)
from burstview_engines.simulator.server.ollama_library import LIBRARY, Library
from burstview_engines.simulator.server.ollama_wire import (
    STREAM_HEADERS,
    ChatForm,
    TextForm,
    whole_chat,
    whole_text,
)
from burstview_engines.simulator.server.served import SERVED, Served
from burstview_engines.simulator.server.stream import EngineError, serve_stream, serve_whole

HEADERS: dict[str, str] = {}
"""Go's server does not name itself."""
BUSY = "server busy, please try again.  maximum pending requests exceeded"


def refuse_route(status: int) -> RequestError:
    """An unknown path or a wrong method, as plain text."""
    text = "404 page not found" if status == 404 else "405 method not allowed"
    return RequestError(status, text, "text/plain")


def check_queue(library: Library, served: Served, *, native: bool) -> None:
    """Raises RequestError while the model loads and the queue in front of it is full."""
    pending = len(served.driver.waiting) + len(served.driver.running)
    if not served.driver.loaded and pending > library.max_queue:
        raise refusal(503, BUSY, native=native)


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions."""
    body = await read_body(request, native=False)
    check_chat(body)
    served = await request.app[LIBRARY].find(body, native=False)
    return await _answer(request, served, chat_ask(body, served), is_chat=True)


async def completions(request: web.Request) -> web.StreamResponse:
    """POST /v1/completions."""
    body = await read_body(request, native=False)
    served = await request.app[LIBRARY].find(body, native=False)
    return await _answer(request, served, text_ask(body, served), is_chat=False)


async def _answer(
    request: web.Request, served: Served, ask: Ask, *, is_chat: bool
) -> web.StreamResponse:
    library = request.app[LIBRARY]
    library.keep(served, None)
    check_queue(library, served, native=False)
    answer = served.answer(ask)
    try:
        if ask.stream:
            form = (ChatForm if is_chat else TextForm)(ask, answer, served.model)
            return await serve_stream(
                request, served, ask, answer, form,
                headers=STREAM_HEADERS, headers_at="token",
            )  # fmt: skip
        ticket = await serve_whole(served, ask, answer)
    except EngineError as failure:
        raise refusal(500, str(failure)) from failure
    whole = whole_chat if is_chat else whole_text
    return json_response(whole(ask, answer, ticket, served.model), newline=True)


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    created = int(request.app[SERVED].began)
    cards = [
        {"id": name, "object": "model", "created": created, "owned_by": "library"}
        for name in request.app[LIBRARY].names
    ]
    return json_response({"object": "list", "data": cards})


def add_routes(app: web.Application) -> None:
    """The OpenAI paths; `ollama_native` adds the rest."""
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/completions", completions)
    app.router.add_get("/v1/models", models)
