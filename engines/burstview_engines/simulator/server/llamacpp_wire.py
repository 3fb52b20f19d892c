"""The wire shape of llama.cpp's server."""

from __future__ import annotations

import json
import secrets
import time

from burstview_engines.simulator.server.answer import Answer
from burstview_engines.simulator.server.body import Ask, compact
from burstview_engines.simulator.server.driver import Ticket

FINGERPRINT = "simulated"
JSON_TYPE = "application/json; charset=utf-8"
STREAM_HEADERS = {"content-type": "text/event-stream", "x-accel-buffering": "no"}
DONE = b"data: [DONE]\n\n"


def usage(ask: Ask, ticket: Ticket) -> dict[str, object]:
    """The usage object; no prompt cache is simulated."""
    return {
        "completion_tokens": ticket.done,
        "prompt_tokens": ask.prompt_tokens,
        "total_tokens": ask.prompt_tokens + ticket.done,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def timings(ticket: Ticket, now: float) -> dict[str, float]:
    """Milliseconds of prompt and answer, as the server itself reports them."""
    started = ticket.job.arrived if ticket.started is None else ticket.started
    first = now if ticket.first is None else ticket.first
    prompt_ms, predicted_ms = (first - started) * 1e3, (now - first) * 1e3
    prompt, predicted = ticket.job.prompt_tokens, ticket.done
    gaps = max(1, predicted - 1)
    return {
        "cache_n": 0,
        "prompt_n": prompt,
        "prompt_ms": round(prompt_ms, 3),
        "prompt_per_token_ms": round(prompt_ms / prompt, 6),
        "prompt_per_second": round(prompt * 1e3 / prompt_ms, 3) if prompt_ms else 0.0,
        "predicted_n": predicted,
        "predicted_ms": round(predicted_ms, 3),
        "predicted_per_token_ms": round(predicted_ms / gaps, 6),
        "predicted_per_second": round(gaps * 1e3 / predicted_ms, 3) if predicted_ms else 0.0,
    }


def _identity() -> str:
    return f"chatcmpl-{secrets.token_urlsafe(24)}"


class ChatForm:
    """Chunks of /v1/chat/completions: a role chunk whose content is null comes first."""

    merges = False

    def __init__(self, ask: Ask, answer: Answer, model: str) -> None:
        self._ask = ask
        self._finish_reason = answer.finish_reason
        tail = {
            "created": int(time.time()),
            "id": _identity(),
            "model": model,
            "system_fingerprint": FINGERPRINT,
            "object": "chat.completion.chunk",
        }
        self._tail = compact(tail)[1:]

    def opening(self) -> bytes:
        """The role chunk."""
        return self._event('{"role":"assistant","content":null}', "null")

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """One token, one chunk; the end-of-text token is none."""
        key = "reasoning_content" if thinking else "content"
        return (
            self._event(f'{{"{key}":{json.dumps(text, ensure_ascii=False)}}}', "null")
            if text
            else b""
        )

    def closing(self, ticket: Ticket) -> bytes:
        """finish_reason in a chunk of its own; the timings ride on the last one before [DONE]."""
        told = f',"timings":{compact(timings(ticket, ticket.ended or 0.0))}'
        reason = f'"{self._finish_reason}"'
        if not self._ask.usage:
            return self._event("{}", reason, told) + DONE
        counts = f',"usage":{compact(usage(self._ask, ticket))}{told}'
        last = f'data: {{"choices":[],{self._tail[:-1]}{counts}}}\n\n'.encode()
        return self._event("{}", reason) + last + DONE

    def failure(self, reason: str) -> bytes:
        """An error object under status 200, and no [DONE]."""
        body = {"error": {"code": 500, "message": reason, "type": "server_error"}}
        return f"data: {compact(body)}\n\n".encode()

    def abort(self, ticket: Ticket) -> bytes:
        """Its tokens stop, and the connection stays open."""
        return b""

    def _event(self, delta: str, reason: str, more: str = "") -> bytes:
        choice = f'{{"finish_reason":{reason},"index":0,"delta":{delta}}}'
        return f'data: {{"choices":[{choice}],{self._tail[:-1]}{more}}}\n\n'.encode()


class TextForm:
    """Chunks of /v1/completions; usage and timings come unasked with the last."""

    merges = False

    def __init__(self, ask: Ask, answer: Answer, model: str) -> None:
        self._ask = ask
        self._finish_reason = answer.finish_reason
        head = {
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": FINGERPRINT,
            "object": "text_completion",
        }
        self._head = compact(head)[1:-1]
        self._identity = f'"id":"{_identity()}"'

    def opening(self) -> bytes:
        """A text stream has no role chunk."""
        return b""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """One token, one chunk."""
        return self._event(text, "null", self._identity) if text else b""

    def closing(self, ticket: Ticket) -> bytes:
        """An empty text with finish_reason, usage and timings."""
        counts = f'"usage":{compact(usage(self._ask, ticket))},{self._identity}'
        told = f'"timings":{compact(timings(ticket, ticket.ended or 0.0))}'
        return self._event("", f'"{self._finish_reason}"', f"{counts},{told}") + DONE

    def failure(self, reason: str) -> bytes:
        """An error object under status 200, and no [DONE]."""
        body = {"error": {"code": 500, "message": reason, "type": "server_error"}}
        return f"data: {compact(body)}\n\n".encode()

    def abort(self, ticket: Ticket) -> bytes:
        """Its tokens stop, and the connection stays open."""
        return b""

    def _event(self, text: str, reason: str, more: str) -> bytes:
        said = json.dumps(text, ensure_ascii=False)
        choice = f'{{"text":{said},"index":0,"logprobs":null,"finish_reason":{reason}}}'
        return f'data: {{"choices":[{choice}],{self._head},{more}}}\n\n'.encode()


def whole_chat(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/chat/completions answer in one piece."""
    message: dict[str, object] = {"role": "assistant", "content": "".join(answer.texts)}
    if answer.thinking:
        message["reasoning_content"] = "".join(answer.thinking)
    choice = {"finish_reason": answer.finish_reason, "index": 0, "message": message}
    return _whole("chat.completion", choice, ask, ticket, model)


def whole_text(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/completions answer in one piece."""
    text = "".join(answer.texts)
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": answer.finish_reason}
    return _whole("text_completion", choice, ask, ticket, model)


def _whole(
    kind: str, choice: dict[str, object], ask: Ask, ticket: Ticket, model: str
) -> dict[str, object]:
    return {
        "choices": [choice],
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": FINGERPRINT,
        "object": kind,
        "usage": usage(ask, ticket),
        "id": _identity(),
        "timings": timings(ticket, ticket.ended or 0.0),
    }
