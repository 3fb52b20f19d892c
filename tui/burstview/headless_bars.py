"""Text bars of runs on one time axis, for a terminal without the monitor. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.core.metrics import makespan
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RequestView, RunView

WAITING, STREAMING, FAILED, CANCELLED = "░", "█", "✗", "·"
LABEL_WIDTH = 5
TIME_WIDTH = 9


def picture(runs: Sequence[RunView], now: float, width: int, rows: int) -> list[str]:
    """A title and bars for each run, at most `rows` lines in all; every run has the same axis."""
    span = max((_span(run, now) for run in runs), default=0.0) or 1.0
    each = max(2, rows // max(1, len(runs)))
    lines: list[str] = []
    for run in runs:
        lines += [title(run, now)[:width], *_bars(run, now, span, width, each - 1)]
    return lines[:rows]


def title(run: RunView, now: float) -> str:
    """The backend, whether it is simulated, and what is going on."""
    simulated = " SIMULATED" if run.backend.simulated else ""
    contended = " CONTENDED" if run.contended else ""
    model = f" {one_line(run.backend.model, 60)}" if run.backend.model else ""
    name = one_line(run.backend.name, 60)
    return f"{name}{simulated}{contended}{model} · {progress(run, now)}"


def progress(run: RunView, now: float) -> str:
    """The phase in words, with how many of the burst's requests are over."""
    over = sum(request.ended is not None for request in run.requests)
    if run.ended is not None:
        span = makespan(run)
        return f"{over}/{len(run.requests)}" + (f" in {span:.2f} s" if span else "")
    match run.phase:
        case "warm_up":
            return f"warming up, {now - run.started:.1f} s"
        case "alone":
            return f"alone, {sum(r.ended is not None for r in run.alone)}/{run.plan.alone}"
        case "burst":
            since = now - (run.burst_started or now)
            return f"{over}/{run.plan.concurrency}, {max(0.0, since):.1f} s"
        case None:
            return "connecting"


def bar(request: RequestView, zero: float, now: float, span: float, width: int) -> str:
    """Waiting, then streaming; what failed or was cancelled ends in a sign of its own."""
    end = request.ended if request.ended is not None else now
    first = request.first_token if request.first_token is not None else end
    start, turn, stop = (
        round(max(0.0, min(1.0, (at - zero) / span)) * width)
        for at in (request.written, first, end)
    )
    turn = max(turn, start)
    body = " " * start + WAITING * (turn - start)
    body += STREAMING * (max(stop, turn + (request.first_token is not None)) - turn)
    sign = {"failed": FAILED, "cancelled": CANCELLED}.get(request.state, "")
    return (body[: width - len(sign)] + sign).ljust(width)


def _span(run: RunView, now: float) -> float:
    zero = run.burst_started
    if zero is None:
        return 0.0
    ends = [now if request.ended is None else request.ended for request in run.requests]
    return max(ends, default=zero) - zero


def _bars(run: RunView, now: float, span: float, width: int, rows: int) -> list[str]:
    zero = run.burst_started
    if zero is None or rows < 1:
        return []
    room = max(4, width - LABEL_WIDTH - TIME_WIDTH)
    shown = list(run.requests)
    hidden = len(shown) - rows
    if hidden > 0:
        shown = shown[: rows - 1]
    lines = [
        f"{r.id:>4} {bar(r, zero, now, span, room)}{_seconds(r, zero):>{TIME_WIDTH}}" for r in shown
    ]
    return lines + ([f"     … and {hidden + 1} more"] if hidden > 0 else [])


def _seconds(request: RequestView, zero: float) -> str:
    return "" if request.ended is None else f"{request.ended - zero:.2f} s"
