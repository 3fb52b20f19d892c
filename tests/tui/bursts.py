"""Runs made up for drawing: a staircase, a wall, and what goes wrong in one."""

from __future__ import annotations

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.views import RequestView, RunView

BACKEND = Backend(key="a", name="Ollama", engine="ollama", place="url", url="http://127.0.0.1:1")


def done(id: int, zero: float, first: float, end: float, written: float = 0.0) -> RequestView:
    """A success; `written`, `first` and `end` are seconds after `zero`."""
    return RequestView(
        id=id,
        state="done",
        intended=zero + written,
        written=zero + written,
        first_token=zero + first,
        first_answer=zero + first,
        last_token=zero + end,
        ended=zero + end,
        chunks=10,
        status=200,
        finish_reason="length",
        output_tokens=10,
    )


def run_of(requests: tuple[RequestView, ...], zero: float = 0.0, ended: bool = True) -> RunView:
    """A run whose burst are these requests; `zero` is the session second of the burst's start."""
    ends = [one.ended for one in requests if one.ended is not None]
    return RunView(
        run=1,
        backend=BACKEND,
        plan=BurstPlan(concurrency=max(1, len(requests))),
        started=zero,
        phase="burst",
        burst_started=zero,
        ended=max(ends, default=zero) if ended else None,
        outcome="done" if ended else None,
        requests=requests,
        last_news=max((one.last_token or 0.0 for one in requests), default=None),
    )


def staircase(count: int, each: float = 0.5, zero: float = 0.0) -> RunView:
    """One at a time: request n streams while the later ones wait."""
    steps = (done(n, zero, (n - 1) * each + each / 10, n * each) for n in range(1, count + 1))
    return run_of(tuple(steps), zero)


def wall(count: int, end: float = 0.5, zero: float = 0.0) -> RunView:
    """All together: everyone streams from the start and ends at once."""
    return run_of(tuple(done(n, zero, end / 10, end) for n in range(1, count + 1)), zero)


def streaming(count: int, zero: float = 0.0, now: float = 1.0) -> RunView:
    """A run under way at session second `now`: everyone has got a token."""
    requests = tuple(
        msgspec.structs.replace(
            done(n, zero, 0.05 + n * 0.001, now - zero),
            state="streaming",
            ended=None,
            finish_reason=None,
            output_tokens=None,
        )
        for n in range(1, count + 1)
    )
    return run_of(requests, zero, ended=False)
