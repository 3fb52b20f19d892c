"""vLLM's wire shape, as version 0.32.0 sends it."""

from __future__ import annotations

import json
import time
import uuid

from burstview_engines.simulator.server.answer import Answer
from burstview_engines.simulator.server.body import Ask, compact
from burstview_engines.simulator.server.driver import Ticket

VERSION = "0.32.0"
FINGERPRINT = f"vllm-{VERSION}-simulated"
DONE = b"data: [DONE]\n\n"
STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8"}


def usage(prompt_tokens: int, output_tokens: int) -> dict[str, object]:
    """The usage object of a stream; a whole answer adds two null details."""
    return {
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + output_tokens,
        "completion_tokens": output_tokens,
    }


def error(message: str, kind: str, param: str | None, code: int) -> dict[str, object]:
    """vLLM's error object."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def event(value: object) -> bytes:
    """One server-sent event."""
    return b"data: " + compact(value).encode() + b"\n\n"


class _Form:
    """What chat and text streams share: usage chunk and [DONE]."""

    merges = True
    kind = ""
    prefix = ""

    def __init__(self, ask: Ask, answer: Answer, model: str) -> None:
        self.finish_reason = answer.finish_reason
        self._ask = ask
        self._head: dict[str, object] = {
            "id": f"{self.prefix}-{uuid.uuid4().hex[:16]}",
            "object": self.kind,
            "created": int(time.time()),
            "model": model,
        }
        start = compact(self._head)[:-1]
        self._start = f"data: {start},".encode()

    def closing(self, ticket: Ticket) -> bytes:
        """The usage chunk when it was asked for, then [DONE]."""
        if not self._ask.usage:
            return DONE
        told = usage(self._ask.prompt_tokens, ticket.done)
        last = {**self._head, "choices": [], "usage": told, "system_fingerprint": FINGERPRINT}
        return event(last) + DONE

    def failure(self, reason: str) -> bytes:
        """An error object under status 200, and [DONE] all the same."""
        return (
            b"data: "
            + json.dumps(error(reason, "InternalServerError", None, 500)).encode()
            + b"\n\n"
            + DONE
        )

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """One event with text."""
        raise NotImplementedError

    def abort(self, ticket: Ticket) -> bytes:
        """A running stream ends with `abort`, a queued one without any reason; both say [DONE]."""
        if ticket.started is None:
            return self.closing(ticket)
        self.finish_reason = "abort"
        return self.chunk("", thinking=False, last=True) + self.closing(ticket)

    def _end(self, *, last: bool) -> str:
        """The rest of the last choice: the fingerprint rides on the final chunk."""
        if not last or self._ask.usage:
            return "]}"
        return f'],"system_fingerprint":"{FINGERPRINT}"}}'


class ChatForm(_Form):
    """Chunks of /v1/chat/completions: a role chunk comes together with the first token."""

    kind = "chat.completion.chunk"
    prefix = "chatcmpl"

    def opening(self) -> bytes:
        """The role chunk; its content is an empty text."""
        return self._start + (
            b'"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,'
            b'"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}\n\n'
        )

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """finish_reason rides on the last chunk that has text."""
        key = "reasoning" if thinking else "content"
        reason = f'"{self.finish_reason}","stop_reason":null' if last else "null"
        return (
            self._start
            + (
                f'"choices":[{{"index":0,"delta":{{"{key}":{json.dumps(text)}}},"logprobs":null,'
                f'"finish_reason":{reason},"token_ids":null}}{self._end(last=last)}\n\n'
            ).encode()
        )


class TextForm(_Form):
    """Chunks of /v1/completions."""

    kind = "text_completion"
    prefix = "cmpl"

    def opening(self) -> bytes:
        """A text stream has no role chunk."""
        return b""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """Reasoning is text like any other here."""
        reason = f'"{self.finish_reason}"' if last else "null"
        return (
            self._start
            + (
                f'"choices":[{{"index":0,"text":{json.dumps(text)},"logprobs":null,'
                f'"finish_reason":{reason},"stop_reason":null,"prompt_token_ids":null,'
                f'"token_ids":null}}{self._end(last=last)}\n\n'
            ).encode()
        )


def whole_chat(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/chat/completions answer in one piece."""
    message = {
        "role": "assistant",
        "content": "".join(answer.texts),
        "refusal": None,
        "annotations": None,
        "audio": None,
        "function_call": None,
        "reasoning": "".join(answer.thinking) or None,
    }
    choice = {"index": 0, "message": message, "logprobs": None}
    return _whole("chatcmpl", "chat.completion", choice, ask, answer, ticket, model)


def whole_text(ask: Ask, answer: Answer, ticket: Ticket, model: str) -> dict[str, object]:
    """A /v1/completions answer in one piece."""
    choice = {"index": 0, "text": "".join(answer.thinking + answer.texts), "logprobs": None}
    return _whole("cmpl", "text_completion", choice, ask, answer, ticket, model)


def _whole(
    prefix: str,
    kind: str,
    choice: dict[str, object],
    ask: Ask,
    answer: Answer,
    ticket: Ticket,
    model: str,
) -> dict[str, object]:
    ending = {"finish_reason": answer.finish_reason, "stop_reason": None, "token_ids": None}
    details = {"prompt_tokens_details": None, "completion_tokens_details": None}
    return {
        "id": f"{prefix}-{uuid.uuid4().hex[:16]}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "choices": [{**choice, **ending, "routed_experts": None}],
        "service_tier": None,
        "system_fingerprint": FINGERPRINT,
        "usage": {**usage(ask.prompt_tokens, ticket.done), **details},
        "prompt_logprobs": None,
        "prompt_token_ids": None,
        "prompt_text": None,
        "kv_transfer_params": None,
        "ec_transfer_params": None,
        "metrics": None,
    }
