"""What vLLM 0.32 accepts of a request, and the words in which it refuses the rest."""

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
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.vllm_wire import error

CHARACTERS_BOUND = 14
"""Longest token of Qwen's vocabulary that vLLM counts with: a longer text needs no tokenizing."""


async def read_body(request: web.Request) -> Body:
    """The JSON object of a request; raises RequestError."""
    if request.content_type != "application/json":
        message = (
            "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed"
        )
        raise RequestError(400, error(message, "Bad Request", None, 400))
    text = (await request.read()).decode("utf-8", "replace")
    try:
        body: object = json.loads(text)
    except json.JSONDecodeError as wrong:
        detail = f"'input': '<dict of 0 items>', 'ctx': {{'error': {wrong.msg!r}}}"
        place = f"body.{wrong.pos}"
        raise _invalid("json_invalid", place, "JSON decode error", detail) from wrong
    if not isinstance(body, dict):
        size = f"<list of {len(body)} items>" if isinstance(body, list) else f"{body!r}"
        asked = "Input should be a valid dictionary or object to extract fields from"
        raise _invalid("model_attributes_type", "body", asked, f"'input': {size!r}")
    return body


def chat_ask(body: Body, served: Served) -> Ask:
    """A /v1/chat/completions body; raises RequestError."""
    messages = body.get("messages")
    if messages is None:
        raise _missing(body, "messages")
    if not isinstance(messages, list):
        asked = "Input should be a valid list"
        raise _invalid("list_type", "body.messages", asked, f"'input': {messages!r}")
    _check_model(body, served)
    if not messages:
        message = (
            "Cannot apply chat template to an empty conversation. Provide at least one message."
        )
        raise _refusal(message)
    if has_image(messages):
        raise _refusal(f"{served.model} is not a multimodal model")
    if body.get("tools") and body.get("tool_choice", "auto") == "auto":
        tools = (
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        )
        raise _refusal(tools)
    thinking = nested(body, "chat_template_kwargs").get("enable_thinking") is True
    return _ask(body, served, prompt_of(messages), thinking=thinking and served.thinks)


def text_ask(body: Body, served: Served) -> Ask:
    """A /v1/completions body; raises RequestError."""
    prompt = body.get("prompt")
    if prompt is None:
        raise _missing(body, "prompt")
    _check_model(body, served)
    return _ask(body, served, prompt if isinstance(prompt, str) else str(prompt), thinking=False)


def _ask(body: Body, served: Served, prompt: str, *, thinking: bool) -> Ask:
    stream = body.get("stream") is True
    _check_sampling(body)
    if body.get("stream_options") is not None and not stream:
        message = "Stream options can only be defined when `stream=True`."
        raise _refusal(f"{message} (parameter=stream_options)", "stream_options")
    wanted = _max_tokens(body, served)
    tokens = _prompt_tokens(prompt, served)
    room = served.context_tokens - tokens
    default = 16 if "prompt" in body else room
    return Ask(
        prompt=prompt,
        prompt_tokens=tokens,
        limit=min(room, default if wanted is None else wanted),
        stream=stream,
        usage=stream and nested(body, "stream_options").get("include_usage") is True,
        endless=body.get("ignore_eos") is True,
        thinking=thinking,
        stops=stop_strings(body.get("stop")),
    )


def _check_model(body: Body, served: Served) -> None:
    model = body.get("model")
    if model not in (None, "", served.model):
        message = f"The model `{model}` does not exist. Valid aliases: {served.model}."
        raise RequestError(404, error(message, "NotFoundError", "model", 404))


def _check_sampling(body: Body) -> None:
    temperature, top_p, n = body.get("temperature"), body.get("top_p"), body.get("n")
    if isinstance(temperature, int | float) and temperature < 0:
        value = float(temperature)
        message = f"temperature must be non-negative, got {value}."
        raise _refusal(f"{message} (parameter=temperature, value={value})", "temperature")
    if isinstance(top_p, int | float) and not 0 < top_p <= 1:
        value = float(top_p)
        message = f"top_p must be in (0, 1], got {value}. (parameter=top_p, value={value})"
        raise _refusal(message, "top_p")
    if n not in (None, 1):
        raise _refusal("This simulated engine gives one answer a request: n must be 1.", "n")


def _max_tokens(body: Body, served: Served) -> int | None:
    key = "max_completion_tokens" if body.get("max_completion_tokens") is not None else "max_tokens"
    value = body.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if not is_number(value):
        asked = "Input should be a valid integer, unable to parse string as an integer"
        raise _invalid("int_parsing", f"body.{key}", asked, f"'input': {value!r}")
    tokens = int(str(value).partition(".")[0])
    if tokens < 1:
        message = f"max_tokens must be at least 1, got {tokens}."
        raise _refusal(f"{message} (parameter=max_tokens, value={tokens})", "max_tokens")
    if tokens > served.context_tokens:
        message = (
            f"max_tokens={tokens} cannot be greater than max_model_len={served.context_tokens}. "
            f"Please request fewer output tokens. (parameter=max_tokens, value={tokens})"
        )
        raise _refusal(message, "max_tokens")
    return tokens


def _prompt_tokens(prompt: str, served: Served) -> int:
    context = served.context_tokens
    bound = CHARACTERS_BOUND * context
    start = (
        f"This model's maximum context length is {context} tokens. However, your prompt contains"
    )
    advice = "Please reduce the length of the input prompt."
    if len(prompt) > bound:
        why = f"(more than {bound} characters, which is the upper bound for {context} input tokens)"
        where = f"(parameter=input_text, value={len(prompt)})"
        raise _refusal(f"{start} {len(prompt)} characters {why}. {advice} {where}", "input_text")
    tokens = count_tokens(prompt)
    if tokens >= context:
        why = "which exceeds this limit even without any output tokens"
        where = f"(parameter=input_tokens, value={context + 1})"
        message = f"{start} at least {context + 1} input tokens, {why}. {advice} {where}"
        raise _refusal(message, "input_tokens")
    return tokens


def _refusal(message: str, param: str | None = None) -> RequestError:
    """The engine's own checks say `BadRequestError` …"""
    return RequestError(400, error(message, "BadRequestError", param, 400))


def _invalid(kind: str, place: str, message: str, detail: str) -> RequestError:
    """… and the schema's say `Bad Request`."""
    found = f"'type': '{kind}', 'loc': '{place}', 'msg': '{message}', {detail}"
    text = f"1 validation error:\n  {{{found}}}"
    return RequestError(400, error(text, "Bad Request", place, 400))


def _missing(body: Body, key: str) -> RequestError:
    detail = f"'input': '<dict of {len(body)} items>'"
    return _invalid("missing", f"body.{key}", "Field required", detail)
