"""Ollama's wire shape on /v1, as its OpenAI middleware sends it."""

from __future__ import annotations

import json
import random
import time

from burstview_engines.simulator.server.answer import Answer
from burstview_engines.simulator.server.body import Ask, compact
from burstview_engines.simulator.server.driver import Ticket

FINGERPRINT = "fp_ollama"
DONE = b"data: [DONE]\n\n"
STREAM_HEADERS = {"content-type": "text/event-stream"}


def error(message: str, kind: str = "invalid_request_error") -> dict[str, object]:
    """The error object of /v1; the native API has only a text under `error`."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def usage(ask: Ask, ticket: Ticket) -> dict[str, int]:
    """The usage object."""
    total = ask.prompt_tokens + ticket.done
    return {
        "prompt_tokens": ask.prompt_tokens,
        "completion_tokens": ticket.done,
        "total_tokens": total,
    }


def quoted(text: str) -> str:
    """JSON text as Go writes it: what HTML could misread is escaped."""
    plain = json.dumps(text, ensure_ascii=False)
    for letter in "<>&":
        plain = plain.replace(letter, f"\\u{ord(letter):04x}")
    return plain


class ChatForm:
    """Chunks of /v1/chat/completions: the role rides on the first token."""

    merges = False

    def __init__(self, ask: Ask, answer: Answer, model: str) -> None:
        self._ask = ask
        self._finish_reason = answer.finish_reason
        self._role = '"role":"assistant",'
        head = {
            "id": f"chatcmpl-{random.randrange(999)}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": FINGERPRINT,
        }
        self._start = f"data: {compact(head)[:-1]},"

    def opening(self) -> bytes:
        """Nothing goes ahead of the first token."""
        return b""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """The end-of-text token is no chunk; reasoning carries an empty content beside it."""
        if not text:
            return b""
        role, self._role = self._role, ""
        words = (
            f'"content":"","reasoning":{quoted(text)}' if thinking else f'"content":{quoted(text)}'
        )
        return (
            f'{self._start}"choices":[{{"index":0,"delta":{{{role}{words}}},'
            f'"finish_reason":null}}]}}\n\n'
        ).encode()

    def closing(self, ticket: Ticket) -> bytes:
        """An empty delta with the finish_reason, the usage when it was asked for, [DONE]."""
        reason = (
            f'"choices":[{{"index":0,"delta":{{}},"finish_reason":"{self._finish_reason}"}}]}}\n\n'
        )
        parts = [f"{self._start}{reason}"]
        if self._ask.usage:
            parts.append(
                f'{self._start}"choices":[],"usage":{compact(usage(self._ask, ticket))}}}\n\n'
            )
        return "".join(parts).encode() + DONE

    def failure(self, reason: str) -> bytes:
        """The text of an error is lost on the way: the stream just ends."""
        return b""

    def abort(self, ticket: Ticket) -> bytes:
        """Its connections are just cut."""
        return b""


class TextForm:
    """Chunks of /v1/completions."""

    merges = False

    def __init__(self, ask: Ask, answer: Answer, model: str) -> None:
        self._ask = ask
        self._finish_reason = answer.finish_reason
        number, now = random.randrange(999), int(time.time())
        self._start = f'data: {{"id":"cmpl-{number}","object":"text_completion","created":{now},'
        self._end = f'"model":{quoted(model)},"system_fingerprint":"{FINGERPRINT}"'

    def opening(self) -> bytes:
        """Nothing goes ahead of the first token."""
        return b""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """Reasoning is not part of a text completion."""
        return b"" if thinking or not text else self._event(text, "null", "")

    def closing(self, ticket: Ticket) -> bytes:
        """An empty text with the finish_reason and, when it was asked for, the usage."""
        told = f',"usage":{compact(usage(self._ask, ticket))}' if self._ask.usage else ""
        return self._event("", f'"{self._finish_reason}"', told) + DONE

    def failure(self, reason: str) -> bytes:
        """The text of an error is lost on the way: the stream just ends."""
        return b""

    def abort(self, ticket: Ticket) -> bytes:
        """Its connections are just cut."""
        return b""

    def _event(self, text: str, reason: str, more: str) -> bytes:
        choice = f'"choices":[{{"text":{quoted(text)},"index":0,"finish_reason":{reason}}}]'
        return f"{self._start}{choice},{self._end}{more}}}\n\n".encode()


def whole_chat(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/chat/completions answer in one piece."""
    message: dict[str, object] = {"role": "assistant", "content": "".join(answer.texts)}
    if answer.thinking:
        message["reasoning"] = "".join(answer.thinking)
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
    return {
        "id": f"chatcmpl-{random.randrange(999)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": FINGERPRINT,
        "choices": [choice],
        "usage": usage(ask, ticket),
    }


def whole_text(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/completions answer in one piece."""
    text = "".join(answer.texts)
    return {
        "id": f"cmpl-{random.randrange(999)}",
        "object": "text_completion",
        "created": int(time.time()),
        "choices": [{"text": text, "index": 0, "finish_reason": answer.finish_reason}],
        "model": model,
        "system_fingerprint": FINGERPRINT,
        "usage": usage(ask, ticket),
    }
