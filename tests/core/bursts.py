"""Bursts for tests, made of the same events that a live session makes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.plan import BurstPlan, Phase
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView

TRACES = Path(__file__).resolve().parents[1] / "data" / "traces"


@dataclass(frozen=True)
class Streamed:
    """One request: seconds of its sending, of each chunk and of its end."""

    sent: float
    arrivals: tuple[float, ...]
    ended: float | None
    error: str | None = None
    output_tokens: int | None = None

    def later(self, seconds: float) -> Streamed:
        """The same, begun so much later."""
        arrivals = tuple(arrival + seconds for arrival in self.arrivals)
        ended = None if self.ended is None else self.ended + seconds
        return replace(self, sent=self.sent + seconds, arrivals=arrivals, ended=ended)


def backend(engine: str = "vllm", **traits: object) -> Backend:
    """A backend of that engine on loopback."""
    known = {"key": engine, "name": engine, "engine": engine, "place": "url", "url": "http://x"}
    return Backend(**(known | traits))  # type: ignore[arg-type]  # traits are given by field name


def phase_events(phase: Phase, requests: Sequence[Streamed], run: int = 1) -> Iterator[AnyEvent]:
    """The events of one phase, requests numbered from 1."""
    start = min(request.sent for request in requests)
    yield PhaseStarted(at=start, run=run, phase=phase, requests=len(requests))
    for number, request in enumerate(requests, 1):
        yield RequestSent(at=request.sent, run=run, phase=phase, id=number, intended=start)
        if request.arrivals:
            chunks = tuple((arrival, "a ") for arrival in request.arrivals)
            yield TokensReceived(at=chunks[-1][0], run=run, phase=phase, id=number, chunks=chunks)
        if request.ended is not None:
            yield RequestEnded(
                at=request.ended,
                run=run,
                phase=phase,
                id=number,
                status=200,
                finish_reason=None if request.error else "length",
                output_tokens=request.output_tokens or len(request.arrivals) or None,
                error=request.error,
            )


def run_of(
    burst: Sequence[Streamed],
    alone: Sequence[Streamed] = (),
    *,
    plan: BurstPlan | None = None,
    on: Backend | None = None,
    ended: bool = True,
) -> RunView:
    """A run with that burst, folded from its events."""
    on = on or backend()
    plan = plan or BurstPlan(concurrency=len(burst), max_tokens=32)
    fold = SessionFold()
    fold.apply(BackendSeen(at=0.0, backend=on))
    fold.apply(RunStarted(at=0.0, run=1, backend=on.key, plan=plan))
    if alone:
        for event in phase_events("alone", alone):
            fold.apply(event)
    for event in phase_events("burst", burst):
        fold.apply(event)
    if ended:
        fold.apply(RunEnded(at=1e6, run=1, outcome="done"))
    return fold.snapshot().runs[0]


def staircase(
    requests: int, seconds: float = 1.0, tokens: int = 32, seats: int = 1
) -> list[Streamed]:
    """`seats` at a time, each answer taking so many seconds."""
    return [
        _answer(0.0, (number // seats) * seconds, seconds, tokens) for number in range(requests)
    ]


def wall(requests: int, seconds: float = 1.0, tokens: int = 32) -> list[Streamed]:
    """All at once."""
    return staircase(requests, seconds, tokens, seats=requests)


def _answer(sent: float, start: float, seconds: float, tokens: int) -> Streamed:
    step = seconds / (tokens + 1)
    arrivals = tuple(start + step * (number + 1) for number in range(tokens))
    return Streamed(sent, arrivals, arrivals[-1] + step / 10)


@dataclass(frozen=True)
class Trace:
    """One real burst: where it stands, what truly was served at once, and its requests."""

    name: str
    engine: str
    concurrency: int
    max_tokens: int
    seats: int
    requests: tuple[Streamed, ...]

    @property
    def truth(self) -> tuple[str, int]:
        """Label and k, from the server's settings."""
        k = min(self.seats, self.concurrency)
        if k == self.concurrency:
            return "all-together", k
        return ("one-at-a-time", 1) if k == 1 else ("k-at-a-time", k)


def traces() -> list[Trace]:
    """Every burst of tests/data/traces, of two requests or more."""
    found = []
    for path in sorted(TRACES.glob("*.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        for number, line in enumerate(lines, 1):
            burst = json.loads(line)
            if burst["concurrency"] > 1:
                found.append(trace_of(f"{path.name}:{number}", burst))
    return found


def trace_of(name: str, burst: dict[str, object]) -> Trace:
    """One line of a trace."""
    requests = burst["requests"]
    assert isinstance(requests, list)
    return Trace(
        name=name,
        engine=str(burst["engine"]),
        concurrency=int(str(burst["concurrency"])),
        max_tokens=int(str(burst["max_tokens"])),
        seats=_seats(name, str(burst["engine"])),
        requests=tuple(
            Streamed(
                request["send"] / 1e6,
                tuple(moment / 1e6 for moment in request["tok_us"]),
                request["done"] / 1e6,
                output_tokens=(request.get("usage") or {}).get("completion_tokens"),
            )
            for request in requests
        ),
    )


def _seats(name: str, engine: str) -> int:
    """The servers' settings, as they were started."""
    if engine == "vllm":
        return 4 if "seqs4" in name else 128
    return next((slots for slots in (16, 4) if f"np{slots}" in name), 1)
