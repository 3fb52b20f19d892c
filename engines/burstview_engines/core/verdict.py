"""The shape of a burst: one at a time, k at a time, all together, or not sure and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from burstview_engines.core import estimate, metrics
from burstview_engines.core.seats import Answer, Figures, figures
from burstview_engines.core.views import RequestView, RunView

Label = Literal["one-at-a-time", "k-at-a-time", "all-together", "not-sure"]

LONG_PROMPTS = 0.5
"""Starts spread over more than this share of the median answer's duration: prompts cost a lot."""
CLEAR_PAUSE = 1.4
"""A queue shows all the same if starts paused for so many of the largest gap before it."""
JOINED_LATER = 1.25
"""More side by side than so many times the early ones (and one) contradicts a limit."""
IN_ONE_PIECE = 1e-3
"""Below so many seconds from first to last token an answer came in one piece."""


_LONG = "The prompts took about as long as the answers."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the burst's times say about its shape; `None` is not known (yet)."""

    label: Label | None
    k: int | None = None
    """How many were served at once; when all were together, how many there were."""
    share: float | None = None
    """1 - waiting / outstanding: 1 when nobody queued."""
    why: str | None = None
    """One sentence: what the label rests on, or why there is none."""
    is_estimate: bool = False
    """No first-token times: a guess from the ends."""
    is_told: bool = False
    """The times leave it open and the engine's own limit settled it."""
    so_far: bool = False
    """The burst still runs."""
    answered: int = 0
    of: int = 0
    gain: float | None = None
    figures: Figures | None = None


def judge(answers: Sequence[Answer], waiting: int = 0) -> Verdict:
    """The verdict on a burst; `waiting` requests have no first token although they were sent.

    While nothing has ended there is no shape to see yet.
    """
    if len(answers) + waiting < 2 or len(answers) < 1:
        return Verdict(None, why="One answer has no shape.", answered=len(answers))
    seen = figures(answers)
    late = seen.late + (waiting if _any_ended(answers) else 0)
    verdict = _label(replace(seen, late=late), len(answers) + waiting)
    return replace(verdict, share=seen.share, answered=len(answers), figures=seen)


def of_run(run: RunView) -> Verdict:
    """The verdict on a run as far as it is seen, with its gain."""
    of = max(len(run.requests), run.plan.concurrency)
    verdict = _of_streams(run) if _is_streamed(run) else _of_wholes(run)
    verdict = _settled(verdict, run.backend.seats, of)
    finished = sum(request.state == "done" for request in run.requests)
    return replace(
        verdict,
        so_far=run.outcome is None,
        answered=finished,
        of=of,
        gain=metrics.gain(run) if run.outcome is not None else None,
    )


def _label(seen: Figures, requests: int) -> Verdict:
    prompts_cost = seen.spread > LONG_PROMPTS * seen.median_decode
    if seen.late == 0:
        if prompts_cost and seen.sustained < seen.answered:
            return Verdict("not-sure", why=_LONG)
        return Verdict("all-together", requests, why="Every request started before any had ended.")
    late = f"{seen.late} of {requests} requests got their first token after an answer had ended"
    if seen.sustained == 1:
        if prompts_cost:
            return Verdict("not-sure", why=_LONG)
        return Verdict("one-at-a-time", 1, why=f"{late}, and no two ran side by side.")
    if prompts_cost and not _paused(seen):
        return Verdict("not-sure", why=_LONG)
    if seen.peak > JOINED_LATER * seen.early + 1:
        return Verdict("not-sure", why="More ran side by side later than at first.")
    k = max(seen.sustained, min(seen.early, seen.peak))
    return Verdict("k-at-a-time", k, why=f"{late}, and {k} ran side by side.")


def _paused(seen: Figures) -> bool:
    """Starts came at a pace, stopped, and went on when an answer had ended: a queue."""
    return seen.early > 1 and (seen.pause or 0.0) > CLEAR_PAUSE * seen.largest_gap


def _settled(verdict: Verdict, seats: int | None, of: int) -> Verdict:
    """The engine's own limit settles what the times leave open."""
    if verdict.label != "not-sure" or seats is None:
        return verdict
    k = min(seats, of)
    label: Label = "all-together" if k == of else "one-at-a-time" if k == 1 else "k-at-a-time"
    why = f"{verdict.why} The engine itself says it serves {seats} at once."
    return replace(verdict, label=label, k=k, why=why, is_told=True)


def _any_ended(answers: Sequence[Answer]) -> bool:
    return any(not answer.is_open for answer in answers)


def _is_streamed(run: RunView) -> bool:
    """Whether first tokens were seen apart from the ends."""
    gaps = [
        request.last_token - request.first_token
        for request in run.requests
        if request.first_token is not None and request.last_token is not None
    ]
    many = any((request.output_tokens or request.chunks) > 1 for request in run.requests)
    return run.plan.stream and not (gaps and many and _all_done(run) and max(gaps) < IN_ONE_PIECE)


def _all_done(run: RunView) -> bool:
    return all(request.ended is not None for request in run.requests)


def _of_streams(run: RunView) -> Verdict:
    finished = [request for request in run.requests if request.state == "done"]
    if run.outcome is not None and len(finished) < 2:
        return Verdict(None, why="Fewer than two requests were answered.")
    answers = [answer for request in run.requests if (answer := _answer(request)) is not None]
    if not _any_ended(answers):
        return Verdict(None, why="No answer has ended yet.")
    if median(answer.last - answer.first for answer in answers) <= 0:
        return Verdict("not-sure", why="The answers are too short to show who ran beside whom.")
    return judge(answers, sum(request.state == "waiting" for request in run.requests))


def _answer(request: RequestView) -> Answer | None:
    """Failed and cancelled streams count as far as they ran; their ends are not answers' ends."""
    if request.first_token is None or request.last_token is None:
        return None
    is_open = request.state != "done"
    return Answer(request.written, request.first_token, request.last_token, is_open)


def _of_wholes(run: RunView) -> Verdict:
    wholes = [
        estimate.Whole(request.written, request.ended, request.output_tokens)
        for request in run.requests
        if request.state == "done" and request.ended is not None
    ]
    if len(wholes) < 2 or run.outcome is None:
        return Verdict(None, why="Fewer than two requests were answered.", is_estimate=True)
    alone = [time for request in run.alone if (time := metrics.e2e(request)) is not None]
    k = estimate.at_once(wholes, median(alone) if alone else None)
    label: Label = "one-at-a-time" if k == 1 else "k-at-a-time"
    if k == len(wholes):
        label = "all-together"
    return Verdict(
        label, k, why="Judged by the ends alone: no text was streamed.", is_estimate=True
    )
