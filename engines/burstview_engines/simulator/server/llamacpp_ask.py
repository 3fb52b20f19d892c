"""What llama.cpp's server accepts of a request, and the words in which it refuses the rest."""

from __future__ import annotations

import json

from aiohttp import web

from burstview_engines.simulator.server.answer import count_tokens
from burstview_engines.simulator.server.body import (
    Ask,
    Body,
    RequestError,
    has_image,
    is_number,
    nested,
    prompt_of,
    stop_strings,
)
from burstview_engines.simulator.server.llamacpp_wire import JSON_TYPE
from burstview_engines.simulator.server.served import Served

LENGTH_KEYS = ("max_tokens", "max_completion_tokens", "n_predict")
"""Three names for one setting; -1 is no limit, 0 gives one token all the same."""
MOST = 2**31 - 1


def error(code: int, message: str, kind: str) -> dict[str, object]:
    """llama.cpp's error object."""
    return {"error": {"code": code, "message": message, "type": kind}}


async def read_body(request: web.Request) -> Body:
    """The JSON object of a request, whatever its content type; bad JSON is a 500 here."""
    text = (await request.read()).decode("utf-8", "replace")
    try:
        body: object = json.loads(text)
    except json.JSONDecodeError as wrong:
        rest = text[wrong.pos : wrong.pos + 1]
        what = f"unexpected '{rest}'" if rest else "unexpected end of input"
        message = (
            f"[json.exception.parse_error.101] parse error at line {wrong.lineno}, column "
            f"{wrong.colno}: syntax error while parsing value - {what}; "
            "expected '[', '{', or a literal"
        )
        raise RequestError(500, error(500, message, "server_error"), JSON_TYPE) from wrong
    return body if isinstance(body, dict) else {}


def chat_ask(body: Body, served: Served) -> Ask:
    """A /v1/chat/completions body; raises RequestError."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise _invalid("'messages' is required")
    if has_image(messages):
        hint = "hint: if this is unexpected, you may need to provide the mmproj"
        message = f"image input is not supported - {hint}"
        raise RequestError(500, error(500, message, "server_error"), JSON_TYPE)
    wanted = nested(body, "chat_template_kwargs").get("enable_thinking")
    if isinstance(wanted, str):
        raise _invalid("chat_template_kwargs.enable_thinking must be a boolean, not a string")
    thinking = wanted is True and body.get("reasoning_effort") != "none"
    return _ask(body, served, prompt_of(messages), thinking=thinking and served.thinks)


def text_ask(body: Body, served: Served) -> Ask:
    """A /v1/completions body; raises RequestError."""
    if body.get("prompt") is None:
        raise _invalid("'prompt' is required")
    return _ask(body, served, str(body["prompt"]), thinking=False)


def _ask(body: Body, served: Served, prompt: str, *, thinking: bool) -> Ask:
    if body.get("n") not in (None, 1):
        raise _invalid("This simulated engine gives one answer a request: n must be 1.")
    wanted = _limit(body)
    tokens, context = count_tokens(prompt), served.context_tokens
    if tokens >= context:
        raise _too_long(tokens, context)
    room = context - tokens
    stream = body.get("stream") is True
    return Ask(
        prompt=prompt,
        prompt_tokens=tokens,
        limit=room if wanted is None else min(room, max(1, wanted)),
        stream=stream,
        usage=stream and nested(body, "stream_options").get("include_usage") is True,
        endless=body.get("ignore_eos") is True,
        thinking=thinking,
        stops=stop_strings(body.get("stop")),
        timings=body.get("timings_per_token") is True,
    )


def _limit(body: Body) -> int | None:
    for key in LENGTH_KEYS:
        value = body.get(key)
        if value is None:
            continue
        if not is_number(value):
            kind = {str: "string", list: "array", dict: "object", bool: "boolean"}[type(value)]
            reason = f"[json.exception.type_error.302] type must be number, but is {kind}"
            raise _invalid(f"Field '{key}': {reason}")
        tokens = int(str(value).partition(".")[0])
        if not -1 <= tokens <= MOST:
            reason = f"Value must be between -1 <= value <= {MOST}, but got {tokens}"
            raise _invalid(f"Field '{key}': {reason}")
        return None if tokens == -1 else tokens
    return None


def _too_long(tokens: int, context: int) -> RequestError:
    message = (
        f"request ({tokens} tokens) exceeds the available context size ({context} tokens), "
        "try increasing it"
    )
    body = error(400, message, "exceed_context_size_error")
    told = body["error"] if isinstance(body["error"], dict) else {}
    return RequestError(
        400, {"error": {**told, "n_prompt_tokens": tokens, "n_ctx": context}}, JSON_TYPE
    )


def _invalid(message: str) -> RequestError:
    return RequestError(400, error(400, message, "invalid_request_error"), JSON_TYPE)
