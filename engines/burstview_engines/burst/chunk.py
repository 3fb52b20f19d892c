"""One JSON object of an answer, chat or text completion, streamed or whole."""

from __future__ import annotations

import json

import msgspec

from burstview_engines.burst import lenient


class Delta(msgspec.Struct, gc=False):
    """`reasoning` is vLLM's and Ollama's name for thinking, the longer one the others'."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: msgspec.Raw = msgspec.Raw()


class Choice(msgspec.Struct, gc=False):
    """`delta` in a chat stream, `text` in a completion, `message` in a whole answer."""

    index: int = 0
    delta: Delta | None = None
    text: str | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Usage(msgspec.Struct, gc=False):
    """Tokens as the server counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Timings(msgspec.Struct, gc=False):
    """llama.cpp's; `cache_n` prompt tokens were reused and are not in `prompt_n`."""

    cache_n: int = 0
    prompt_n: int | None = None
    prompt_ms: float | None = None
    predicted_n: int | None = None
    predicted_ms: float | None = None


class Metrics(msgspec.Struct, gc=False):
    """vLLM's with --enable-per-request-metrics; its first token counts from scheduling."""

    queue_time_ms: float | None = None
    time_to_first_token_ms: float | None = None
    generation_time_ms: float | None = None


class Chunk(msgspec.Struct, gc=False):
    """Only what we read; everything else is skipped unparsed."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    timings: Timings | None = None
    metrics: Metrics | None = None
    error: msgspec.Raw = msgspec.Raw()


_DECODER = msgspec.json.Decoder(Chunk)


def read(data: bytes) -> Chunk | None:
    """The chunk in `data`, with bad bytes replaced; None when it is no JSON object."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _lenient(data)


def server_times(chunk: Chunk) -> dict[str, float]:
    """Seconds by name; empty when the chunk has none."""
    timings, metrics = chunk.timings or Timings(), chunk.metrics or Metrics()
    milliseconds = {
        "queue": metrics.queue_time_ms,
        "prefill": metrics.time_to_first_token_ms or timings.prompt_ms,
        "decode": metrics.generation_time_ms or timings.predicted_ms,
    }
    return {name: ms / 1000 for name, ms in milliseconds.items() if ms is not None}


def _lenient(data: bytes) -> Chunk | None:
    try:
        value = lenient.parsed(data)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return Chunk(
        choices=[_choice(value["choices"])] if value.get("choices") else None,
        usage=_usage(value.get("usage")),
        timings=_timings(value.get("timings")),
        metrics=_metrics(value.get("metrics")),
        error=_raw(value.get("error")),
    )


def _choice(choices: object) -> Choice:
    choice = lenient.first(choices)
    return Choice(
        index=lenient.count(choice.get("index")) or 0,
        delta=_delta(choice.get("delta")),
        text=lenient.string(choice.get("text")) or None,
        message=_delta(choice.get("message")),
        finish_reason=lenient.string(choice.get("finish_reason")) or None,
    )


def _delta(value: object) -> Delta:
    fields = lenient.mapping(value)
    return Delta(
        content=lenient.string(fields.get("content")) or None,
        reasoning=lenient.string(fields.get("reasoning")) or None,
        reasoning_content=lenient.string(fields.get("reasoning_content")) or None,
        tool_calls=_raw(fields.get("tool_calls")),
    )


def _usage(value: object) -> Usage | None:
    fields = lenient.mapping(value)
    return (
        Usage(
            lenient.count(fields.get("prompt_tokens")),
            lenient.count(fields.get("completion_tokens")),
        )
        if fields
        else None
    )


def _timings(value: object) -> Timings | None:
    fields = lenient.mapping(value)
    return (
        Timings(
            cache_n=lenient.count(fields.get("cache_n")) or 0,
            prompt_n=lenient.count(fields.get("prompt_n")),
            prompt_ms=lenient.number(fields.get("prompt_ms")),
            predicted_n=lenient.count(fields.get("predicted_n")),
            predicted_ms=lenient.number(fields.get("predicted_ms")),
        )
        if fields
        else None
    )


def _metrics(value: object) -> Metrics | None:
    fields = lenient.mapping(value)
    return (
        Metrics(
            queue_time_ms=lenient.number(fields.get("queue_time_ms")),
            time_to_first_token_ms=lenient.number(fields.get("time_to_first_token_ms")),
            generation_time_ms=lenient.number(fields.get("generation_time_ms")),
        )
        if fields
        else None
    )


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode()) if value else msgspec.Raw()
