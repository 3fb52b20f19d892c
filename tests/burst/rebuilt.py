"""Bursts that were captured as facts about each request, made into bytes again.

These captures hold no bodies: per request its status, the number of text chunks, the first 200
characters, what was odd, and how the client's library ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from burstview_engines.burst.dialect import EndCause, Ending
from burstview_engines.core.plan import BurstPlan
from tests.burst import captures
from tests.burst.captures import Response

PLAN = BurstPlan(max_tokens=5000, equal_lengths=False)


class Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int


class Request(msgspec.Struct):
    i: int
    text_chunks: int
    text: str
    chars: int
    status: int | None = None
    error: str = ""
    odd: list[str] = []
    tail: str = ""
    finish: str | None = None
    usage: Usage | None = None
    done_marker: bool = False


class Burst(msgspec.Struct):
    requests: list[Request]


def requests(name: str) -> list[Request]:
    """The requests of a captured burst."""
    return msgspec.json.decode(captures.raw(name), type=Burst).requests


def ends(name: str) -> Counter[str | None]:
    """How many requests of the burst ended with which error."""
    return Counter(ending(name, request).error for request in requests(name))


def ending(name: str, request: Request, texts: Iterable[str] | None = None) -> Ending:
    """The ending of one request whose chunks held `texts`."""
    pieces = list(texts) if texts is not None else _made_up(request)
    body = request.tail.encode() or _stream(request, pieces)
    kind = "application/json" if request.tail else "text/event-stream"
    answer = None if request.status is None else Response(request.status, kind, body)
    seen, end = captures.read(captures.backend(name), PLAN, answer, _cause(request.error))
    assert len(seen) == request.text_chunks
    return end


def _made_up(request: Request) -> list[str]:
    """The captured beginning, then words of which none repeats."""
    rest = [f" w{number}" for number in range(1, request.text_chunks)]
    return [request.text, *rest] if request.text_chunks else []


def _stream(request: Request, texts: list[str]) -> bytes:
    events = [_event({"choices": [{"delta": {"content": text}, "index": 0}]}) for text in texts]
    if request.finish:
        choice = {"delta": {}, "index": 0, "finish_reason": request.finish}
        events.append(_event({"choices": [choice]}))
    if request.usage:
        usage = msgspec.to_builtins(request.usage)
        events.append(_event({"choices": [], "usage": usage}))
    events += [f"{line}\n\n".encode() for line in request.odd]
    if request.done_marker:
        events.append(b"data: [DONE]\n\n")
    return b"".join(events)


def _event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def _cause(error: str) -> EndCause:
    if not error:
        return "eof"
    return "gave-up" if "Timeout" in error else "reset"
