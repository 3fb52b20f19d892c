"""What a finished burst or duel means, in lines of text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burstview.headless_lines import name
from burstview_engines.core.differences import differences
from burstview_engines.core.metrics import (
    makespan,
    output_tokens_per_s,
    percentile,
    ttft,
)
from burstview_engines.core.sentences import duel_sentence, label_words, sentence
from burstview_engines.core.text import one_line
from burstview_engines.core.verdict import of_run
from burstview_engines.core.views import RunView


def reading(runs: Sequence[RunView]) -> Iterator[str]:
    """Figures and verdict of each run, then the sentence; of a duel also what differs."""
    for run in runs:
        yield ""
        yield from run_lines(run)
    if len(runs) == 2:
        yield ""
        yield duel_sentence(runs[0], runs[1])
        for difference in differences(runs[0], runs[1]):
            yield f"  differs: {one_line(difference)}"


def run_lines(run: RunView) -> Iterator[str]:
    """One run: who, how many, how long, how fast, the verdict, and every problem."""
    done = sum(request.state == "done" for request in run.requests)
    verdict = of_run(run)
    yield f"{name(run)}: {done} of {run.plan.concurrency} answered{_figures(run)}"
    words = label_words(verdict)
    if words:
        yield f"  {words}" + (f", gain ×{verdict.gain:.1f}" if verdict.gain is not None else "")
    yield f"  {one_line(sentence(run))}"
    if run.held_back is not None:
        yield f"  {one_line(run.held_back.sentence)}"
        if run.held_back.disturbed_by is not None:
            yield f"  meanwhile: {one_line(run.held_back.disturbed_by)}"
    for problem in problems(run):
        yield f"  {one_line(problem)}"


def problems(run: RunView) -> Iterator[str]:
    """Failed phases, the run's own end, the client's warning, and each different error once."""
    for phase, reason in run.failed_phases:
        yield f"{phase.replace('_', '-')} failed: {reason}"
    if run.reason:
        yield run.reason
    if run.health is not None and run.health.warning:
        yield run.health.warning
    ends = [(r.state, r.error) for r in run.requests if r.error and r.error != run.reason]
    for state, error in dict.fromkeys(ends):
        yield f"{ends.count((state, error))} {state}: {error}"
    yield from dict.fromkeys(r.note for r in run.requests if r.note)


def _figures(run: RunView) -> str:
    was_sent = any(request.was_sent for request in run.requests)
    span, rate = makespan(run) if was_sent else None, output_tokens_per_s(run)
    firsts = [first for first in map(ttft, run.requests) if first is not None]
    middle = percentile(firsts, 50)
    parts = [
        f"{span:.2f} s" if span is not None else "",
        f"{rate:.0f} tokens/s" if rate is not None else "",
        f"median first token {middle:.2f} s" if middle is not None else "",
    ]
    return "".join(f", {part}" for part in parts if part)
