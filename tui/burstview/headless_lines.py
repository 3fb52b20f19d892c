"""What to print between two snapshots where no bars can be drawn. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from burstview_engines.core.metrics import e2e, ttft
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RequestView, RunView, Snapshot

PHASES = {
    "warm_up": "warming up; these times are thrown away",
    "alone": "requests alone, one after the other",
    "burst": "burst",
}


def news(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """One line for each phase that began or failed, each finished request and each notice."""
    yield from (one_line(notice) for notice in after.notices if notice not in before.notices)
    for run in after.runs:
        yield from _run_news(before.run(run.run), run)


def name(run: RunView) -> str:
    """The backend's name, with SIMULATED and CONTENDED wherever they apply."""
    simulated = " SIMULATED" if run.backend.simulated else ""
    contended = " CONTENDED" if run.contended else ""
    return one_line(run.backend.name, 60) + simulated + contended


def _run_news(before: RunView | None, run: RunView) -> Iterator[str]:
    if run.phase is not None and (before is None or before.phase != run.phase):
        count = run.plan.concurrency if run.phase == "burst" else run.plan.alone
        many = "" if run.phase == "warm_up" else f"{count} "
        yield f"{name(run)}: {many}{PHASES[run.phase]}"
    for phase, reason in run.failed_phases[len(before.failed_phases) if before else 0 :]:
        yield f"{name(run)}: {PHASES[phase].split(';')[0]} failed: {one_line(reason)}"
    over = {r.id for r in before.requests if r.ended is not None} if before else set()
    ended = [r for r in run.requests if r.ended is not None and r.id not in over]
    for request in sorted(ended, key=lambda request: request.ended or 0.0):
        yield f"{name(run)}: {request_line(request)}"


def request_line(request: RequestView) -> str:
    """One finished request: when its first token came, when it was over, or why it failed."""
    if request.state == "failed":
        return f"request {request.id} failed: {one_line(request.error or 'no reason given')}"
    first, whole = _seconds(ttft(request)), _seconds(e2e(request))
    if request.state == "cancelled":
        return f"request {request.id} cancelled, first token after {first}"
    tokens = "—" if request.output_tokens is None else str(request.output_tokens)
    note = f" ({one_line(request.note)})" if request.note else ""
    return f"request {request.id} first token {first}, done {whole}, {tokens} tokens{note}"


def _seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f} s"
