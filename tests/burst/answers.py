"""Made-up answers, and what is read of them."""

from __future__ import annotations

import msgspec

from burstview_engines.burst.dialect import EndCause, Ending, Piece
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan
from tests.burst import captures
from tests.burst.captures import Response

PLAN = BurstPlan(max_tokens=2, equal_lengths=False)
USAGE = '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}'
STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'


def server(engine: Engine = "openai") -> Backend:
    """A server of some family."""
    return Backend(
        key="k",
        name="n",
        engine=engine,
        place="url",
        url="http://127.0.0.1:9",
        model="m:1b",
        models=("a", "b"),
    )


def streamed(
    *events: str, engine: Engine = "openai", plan: BurstPlan = PLAN, cause: EndCause = "eof"
) -> tuple[list[Piece], Ending]:
    """What is read of these events' data."""
    body = "".join(f"data: {event}\n\n" for event in events).encode("utf-8", "surrogateescape")
    answer = Response(200, "text/event-stream", body)
    return captures.read(server(engine), plan, answer, cause)


def answered(
    body: bytes, status: int = 200, kind: str = "application/json", engine: Engine = "openai"
) -> Ending:
    """The ending of a whole body, with a stream asked for."""
    return captures.read(server(engine), PLAN, Response(status, kind, body))[1]


def said(text: str, field: str = "content") -> str:
    """A chunk of a chat stream."""
    delta = {field: text}
    return msgspec.json.encode({"choices": [{"index": 0, "delta": delta}]}).decode()
