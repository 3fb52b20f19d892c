"""What Ollama accepts of a request, and the words in which it refuses the rest."""

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
from burstview_engines.simulator.server.ollama_wire import error
from burstview_engines.simulator.server.served import Served

JSON_TYPE = "application/json; charset=utf-8"
KEPT_TOKENS = 4
"""llama.cpp's n_keep as Ollama sets it: what stays of a cut prompt's beginning."""
LIMIT_FACTOR = 10
"""An answer is cut at ten times the context, whatever was asked for."""


async def read_body(request: web.Request, *, native: bool) -> Body:
    """The JSON object of a request, whatever its content type; raises RequestError."""
    text = (await request.read()).decode("utf-8", "replace")
    try:
        body: object = json.loads(text)
    except json.JSONDecodeError as wrong:
        rest = text[wrong.pos :].strip()
        said = (
            f"invalid character {rest[0]!r} looking for beginning of value"
            if rest
            else "unexpected EOF"
        )
        raise refusal(400, said, native=native, parsed=False) from wrong
    if not isinstance(body, dict):
        kind = "array" if isinstance(body, list) else "value"
        target = "api.ChatRequest" if native else "openai.ChatCompletionRequest"
        said = f"json: cannot unmarshal {kind} into Go value of type {target}"
        raise refusal(400, said, native=native, parsed=False)
    return body


def refusal(
    status: int, message: str, *, native: bool = False, parsed: bool = True
) -> RequestError:
    """Its two error shapes; what fails after the parsing comes through a middleware."""
    if native:
        return RequestError(status, {"error": message}, JSON_TYPE)
    kinds = {404: "not_found_error", 400: "invalid_request_error"}
    body = error(message, kinds.get(status, "api_error"))
    if parsed:
        return RequestError(status, body, newline=True)
    return RequestError(status, body, JSON_TYPE)


def check_chat(body: Body) -> None:
    """What is checked before the model is looked for; raises RequestError."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise refusal(400, "[] is too short - 'messages'", parsed=False)
    tokens_wanted(body, "ChatCompletionRequest")
    if has_image(messages):
        said = "image URLs are not currently supported, please use base64 encoded data instead"
        raise refusal(400, said, parsed=False)


def chat_ask(body: Body, served: Served) -> Ask:
    """A checked /v1/chat/completions body; raises RequestError."""
    messages = body.get("messages")
    prompt = prompt_of(messages) if isinstance(messages, list) else ""
    wanted = tokens_wanted(body, "ChatCompletionRequest")
    effort = body.get("reasoning_effort") or nested(body, "reasoning").get("effort")
    thinking = effort not in (None, "none")
    check_thinking(served, native=False, thinking=thinking)
    return _ask(body, served, prompt, wanted, thinking=thinking)


def text_ask(body: Body, served: Served) -> Ask:
    """A /v1/completions body; raises RequestError."""
    wanted = tokens_wanted(body, "CompletionRequest")
    return _ask(body, served, str(body.get("prompt", "")), wanted, thinking=False)


def native_ask(body: Body, served: Served, prompt: str) -> Ask:
    """A /api/chat or /api/generate body; these stream unless told otherwise."""
    options = nested(body, "options")
    thinking = body.get("think") not in (None, False)
    check_thinking(served, native=True, thinking=thinking)
    predicted = options.get("num_predict")
    wanted = predicted if isinstance(predicted, int) and predicted >= 0 else None
    stops = {"stop": options.get("stop"), "stream": body.get("stream") is not False}
    return _ask(stops, served, prompt, wanted, thinking=thinking)


def check_thinking(served: Served, *, native: bool, thinking: bool) -> None:
    """Raises RequestError when thinking is asked of a model that cannot."""
    if thinking and not served.thinks:
        raise refusal(400, f'"{served.model}" does not support thinking', native=native)


def _ask(body: Body, served: Served, prompt: str, wanted: int | None, *, thinking: bool) -> Ask:
    tokens = cut_prompt(count_tokens(prompt), served.context_tokens)
    room = served.context_tokens - tokens
    stream = body.get("stream") is True
    return Ask(
        prompt=prompt,
        prompt_tokens=tokens,
        limit=max(1, min(room, LIMIT_FACTOR * served.context_tokens if wanted is None else wanted)),
        stream=stream,
        usage=stream and nested(body, "stream_options").get("include_usage") is True,
        thinking=thinking,
        stops=stop_strings(body.get("stop")),
    )


def cut_prompt(tokens: int, context: int) -> int:
    """What Ollama keeps of a prompt: all, or in silence a few tokens and half a context."""
    if tokens < context:
        return tokens
    return KEPT_TOKENS + (context - KEPT_TOKENS) // 2


def tokens_wanted(body: Body, struct: str) -> int | None:
    """`max_tokens`, None when absent or negative; raises RequestError when it is no number."""
    value = body.get("max_tokens")
    if value is None:
        return None
    if not is_number(value):
        kind = {str: "string", list: "array", dict: "object", bool: "bool"}.get(
            type(value), "value"
        )
        said = f"json: cannot unmarshal {kind} into Go struct field {struct}.max_tokens of type int"
        raise refusal(400, said, parsed=False)
    tokens = int(str(value).partition(".")[0])
    return tokens if tokens >= 0 else None
