"""The routes of a simulated llama.cpp server."""

from __future__ import annotations

import time

from aiohttp import web

from burstview_engines.simulator.server.answer import count_tokens
from burstview_engines.simulator.server.body import Ask, RequestError, json_response
from burstview_engines.simulator.server.llamacpp_ask import (
    chat_ask,
    error,
    read_body,
    text_ask,
)
from burstview_engines.simulator.server.llamacpp_metrics import exposition
from burstview_engines.simulator.server.llamacpp_wire import (
    JSON_TYPE,
    STREAM_HEADERS,
    ChatForm,
    TextForm,
    whole_chat,
    whole_text,
)
from burstview_engines.simulator.server.served import SERVED, Served
from burstview_engines.simulator.server.stream import EngineError, serve_stream, serve_whole

HEADERS = {"server": "llama.cpp", "access-control-allow-origin": ""}
"""On every response."""
METRICS_TYPE = "text/plain; version=0.0.4"


def refuse_route(status: int) -> RequestError:
    """A wrong method is an unknown path here."""
    body = {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}
    return RequestError(404, body, JSON_TYPE)


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions; the model's name is not looked at."""
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
                headers=STREAM_HEADERS, headers_at="seat",
            )  # fmt: skip
        ticket = await serve_whole(served, ask, answer)
    except EngineError as failure:
        raise RequestError(500, error(500, str(failure), "server_error"), JSON_TYPE) from failure
    whole = whole_chat if is_chat else whole_text
    return json_response(whole(ask, answer, ticket, served.model), content_type=JSON_TYPE)


async def health(request: web.Request) -> web.Response:
    """GET /health."""
    return json_response({"status": "ok"}, content_type=JSON_TYPE)


async def models(request: web.Request) -> web.Response:
    """GET /v1/models: an OpenAI list and an Ollama-like one side by side."""
    served = request.app[SERVED]
    model = served.parts.model
    parameters = model.layer_parameters + model.head_parameters * (1 if model.tied else 2)
    old = {
        "name": served.model,
        "model": served.model,
        "type": "model",
        "capabilities": ["completion"],
        "details": {"format": "gguf"},
    }
    meta = {
        "n_vocab": model.vocab,
        "n_ctx": served.context_tokens,
        "n_ctx_train": model.context_tokens,
        "n_embd": model.hidden,
        "n_params": parameters,
        "size": served.capacity.weight_bytes,
        "ftype": served.parts.quant.label,
    }
    card = {"id": served.model, "aliases": [served.model], "tags": [], "object": "model"}
    more = {"created": int(time.time()), "owned_by": "llamacpp", "meta": meta}
    body = {"models": [old], "object": "list", "data": [{**card, **more}]}
    return json_response(body, content_type=JSON_TYPE)


async def props(request: web.Request) -> web.Response:
    """GET /props, as far as clients look at it."""
    served = request.app[SERVED]
    body = {
        "default_generation_settings": {
            "params": {"max_tokens": -1},
            "n_ctx": served.context_tokens,
        },
        "total_slots": served.seats,
        "model_alias": served.model,
        "model_ftype": served.parts.quant.label,
        "model_path": f"simulated/{served.model}.gguf",
        "modalities": {"vision": False, "video": False, "audio": False},
        "endpoint_slots": True,
        "endpoint_props": True,
        "endpoint_metrics": True,
        "build_info": "simulated",
        "is_sleeping": False,
    }
    return json_response(body, content_type=JSON_TYPE)


async def slots(request: web.Request) -> web.Response:
    """GET /slots; `?fail_on_no_slot=1` answers 503 when all are busy."""
    served = request.app[SERVED]
    free = served.seats - len(served.driver.running)
    if free <= 0 and request.query.get("fail_on_no_slot"):
        raise RequestError(503, error(503, "no slot available", "unavailable_error"), JSON_TYPE)
    return json_response(_slots(served), content_type=JSON_TYPE)


def _slots(served: Served) -> list[dict[str, object]]:
    """Busy slots first: which slot a request holds is the model's own affair."""
    shown: list[dict[str, object]] = []
    for ticket in tuple(served.driver.running.values())[: served.seats]:
        read = ticket.job.prompt_tokens if ticket.done else 0
        remain = ticket.job.output_tokens - ticket.done
        progress = {"has_next_token": True, "n_remain": remain, "n_decoded": ticket.done}
        shown.append(
            {
                "is_processing": True,
                "id_task": ticket.job.id,
                "n_prompt_tokens": read + ticket.done,
                "n_prompt_tokens_processed": read,
                "n_prompt_tokens_cache": 0,
                "next_token": [progress],
            }
        )
    shown += [{"is_processing": False}] * (served.seats - len(shown))
    context = served.context_tokens
    return [
        {"id": number, "n_ctx": context, "speculative": False, **slot}
        for number, slot in enumerate(shown)
    ]


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics, as with `--metrics`."""
    text = exposition(request.app[SERVED])
    return web.Response(body=text.encode(), headers={"content-type": METRICS_TYPE})


async def tokenize(request: web.Request) -> web.Response:
    """POST /tokenize: as many numbers as are counted; no real vocabulary has them."""
    text = str((await read_body(request)).get("content") or "")
    numbers = range(count_tokens(text)) if text else range(0)
    return json_response({"tokens": list(numbers)}, content_type=JSON_TYPE)


def add_routes(app: web.Application) -> None:
    """All paths that this engine answers."""
    for prefix in ("/v1", ""):
        app.router.add_post(f"{prefix}/chat/completions", chat)
        app.router.add_get(f"{prefix}/models", models)
        app.router.add_get(f"{prefix}/health", health)
    app.router.add_post("/v1/completions", completions)
    app.router.add_get("/props", props)
    app.router.add_get("/slots", slots)
    app.router.add_get("/metrics", metrics)
    app.router.add_post("/tokenize", tokenize)
