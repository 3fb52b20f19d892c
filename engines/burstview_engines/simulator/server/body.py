"""Reads a request's JSON body without trusting it; what is wrong is each engine's to say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

Body = Mapping[str, object]
HEADER = "x-simulated"
"""On every response of an embedded engine, with the value `1`."""


@dataclass(eq=False)
class RequestError(Exception):
    """The request ends here with an error response."""

    status: int
    body: object
    """The JSON body, or a text as it is."""
    content_type: str = "application/json"
    newline: bool = False
    """Ollama's middleware ends its JSON with a newline."""

    def response(self) -> web.Response:
        """The error as a response."""
        text = self.body if isinstance(self.body, str) else compact(self.body)
        end = "\n" if self.newline else ""
        return web.Response(
            status=self.status,
            body=(text + end).encode(),
            headers={"content-type": self.content_type},
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants, once its engine has accepted it."""

    prompt: str
    prompt_tokens: int
    limit: int
    """Most tokens of the answer."""
    stream: bool
    usage: bool
    """A usage chunk at the end of a stream."""
    endless: bool = False
    thinking: bool = False
    stops: tuple[str, ...] = ()
    timings: bool = False
    """llama.cpp's timings in every chunk."""


def compact(value: object) -> str:
    """JSON without spaces, as the engines write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_response(
    value: object, *, newline: bool = False, content_type: str = "application/json"
) -> web.Response:
    """A value as a compact JSON response with status 200."""
    text = compact(value) + ("\n" if newline else "")
    return web.Response(body=text.encode(), headers={"content-type": content_type})


def prompt_of(messages: Sequence[object]) -> str:
    """The texts of all messages; the last user's words count for the number in its tag."""
    return "\n".join(filter(None, (_text(message) for message in reversed(messages))))


def has_image(messages: Sequence[object]) -> bool:
    """Whether any message carries a part that is not text."""
    return any(
        isinstance(part, dict) and part.get("type") not in ("text", None)
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def is_number(value: object) -> bool:
    """True for a JSON number; a JSON true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def stop_strings(value: object) -> tuple[str, ...]:
    """`stop` as one string, a list of strings or nothing."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def nested(body: Body, key: str) -> Body:
    """The object under `key`, or an empty one."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _text(message: object) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return " ".join(part for part in parts if isinstance(part, str))
