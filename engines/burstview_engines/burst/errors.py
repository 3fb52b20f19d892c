"""The server's own words out of any error body, and the sentence made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from burstview_engines.backends.profile import Advice, advise
from burstview_engines.backends.registry import PROFILES
from burstview_engines.burst import lenient
from burstview_engines.core.backend import Backend
from burstview_engines.core.text import one_line

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)

COMMON_ADVICE: tuple[Advice, ...] = (
    advise(
        r"model .*(not found|does not exist|not exist)|no such model|model_not_found",
        "choose one that the server lists: {models}",
    ),
    advise(
        r"unauthorized|api.?key|authenticat",
        "put the key in an environment variable and name it with --api-key-env",
    ),
    advise(
        r"unrecognized request argument|extra inputs are not permitted|extra_forbidden"
        r"|unknown (field|parameter|argument)|unsupported (field|parameter)",
        "use --engine openai: then nothing but the common fields is sent",
    ),
    advise(r"loading", "wait until the model is loaded, then fire again"),
    advise(
        r"context (length|size|window)|too many tokens|too long",
        "send a shorter prompt or ask for fewer tokens",
    ),
    advise(r"queue|too many requests|rate limit|overloaded|busy", "fire fewer requests at once"),
    advise(
        r"out of memory|cuda error",
        "the engine ran out of memory: choose a smaller model, context or number of seats",
    ),
)
"""Tried after the engine's own."""

_BY_STATUS: dict[int, str] = {
    301: "give the URL that it leads to",
    302: "give the URL that it leads to",
    307: "give the URL that it leads to",
    308: "give the URL that it leads to",
    401: "put the key in an environment variable and name it with --api-key-env",
    403: "check the key (--api-key-env) and the host name in the URL",
    404: "check that the URL is the root of an OpenAI-compatible server, or its /v1",
    405: "check that the URL is the root of an OpenAI-compatible server, or its /v1",
    413: "send a shorter prompt",
    429: "fire fewer requests at once",
    502: "a proxy stands in front of a server that does not answer: start that server",
    503: "the server is busy or not ready: fire fewer requests, or wait",
    504: "a proxy gave up waiting: give the server's own URL",
}


def http_error(backend: Backend, status: int, body: bytes) -> str:
    """One sentence on a response that is no success."""
    words = words_of(body)
    if status == 403 and not words and backend.engine == "ollama":
        return (
            "HTTP 403 without a word: Ollama refuses host names and origins that it does not know;"
            " use 127.0.0.1 in the URL, or set OLLAMA_HOST or OLLAMA_ORIGINS"
        )
    said = f"HTTP {status}: {words}" if words else f"HTTP {status} without a word"
    return with_step(
        said, next_step(backend, words) or _BY_STATUS.get(status) or _server_log(status)
    )


def stream_error(backend: Backend, words: str) -> str:
    """One sentence on an error that came in the stream, under HTTP 200."""
    label = PROFILES[backend.engine].label
    said = f"{label} broke off: {words}" if words else f"{label} broke off without a reason"
    return with_step(said, next_step(backend, words))


def next_step(backend: Backend, words: str) -> str | None:
    """What to do about it; None when nothing is known."""
    for advice in (*PROFILES[backend.engine].advice, *COMMON_ADVICE):
        if advice.pattern.search(words):
            models = ", ".join(backend.models[:5]) or "see its /v1/models"
            return advice.step.format(model=backend.model or "NAME", models=models)
    return None


def with_step(said: str, step: str | None) -> str:
    """Both as one sentence."""
    return f"{said.rstrip(' .;')}; {step}" if step else said


def words_of(body: bytes) -> str:
    """What the server says in an error body of whatever shape, on one line; "" if nothing."""
    text = body.decode("utf-8", "replace").strip().removeprefix("data:").strip()
    try:
        value = lenient.parsed(text.encode())
    except ValueError:
        return plain(text)
    return one_line(_words(value) or text) if value else ""


def _words(value: object) -> str:
    """Nested `error.message`, `error` as text, flat `message`, and FastAPI's `detail`."""
    if isinstance(value, str):
        return _nested(lenient.clean(value))
    if isinstance(value, list):
        return "; ".join(filter(None, map(_words, value)))
    if not isinstance(value, Mapping):
        return ""
    for name in ("error", "message", "detail", "msg"):
        words = _words(value.get(name))
        if words:
            return words
    return lenient.string(value.get("type"))


def _nested(text: str) -> str:
    """Ollama's native error is a string that can hold a second JSON object."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        return _words(json.loads(text)) or text
    except (ValueError, RecursionError):
        return text


def plain(text: str) -> str:
    """Text as it is on one line, but a web page by its title."""
    if "<html" not in text[:2000].lower() and not text.lower().startswith("<!doctype"):
        return one_line(text)
    title = _TITLE.search(text)
    return one_line(f"a web page, “{title[1].strip()}”" if title else "a web page")


def _server_log(status: int) -> str | None:
    return "the server's log has the reason" if status >= 500 else None
