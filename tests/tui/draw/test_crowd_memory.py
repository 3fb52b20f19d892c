"""A crowd's rows drawn from memory are the rows drawn from nothing, frame after frame."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import msgspec
import pytest
from tests.tui.bursts import done, run_of

from burstview.draw.axis import Axis
from burstview.draw.crowd_memory import CrowdMemory
from burstview.draw.lane import Shape, shape
from burstview_engines.core.views import RequestView, RunView, State

ZERO = 100.0
REQUESTS = 40


def at_moment(final: RequestView, now: float) -> RequestView:
    """What was known of the request at session second `now`; tokens come every 0.3 s."""
    first, ended = final.first_token, final.ended
    if first is None or ended is None or now < first:
        state: State = "waiting"
        unknown = {"first_token": None, "first_answer": None, "last_token": None}
        return msgspec.structs.replace(final, state=state, ended=None, thinking_chunks=0, **unknown)
    if now >= ended:
        return final
    answer = final.first_answer if (final.first_answer or now) <= now else None
    return msgspec.structs.replace(
        final,
        state="streaming",
        ended=None,
        first_answer=answer,
        is_thinking=answer is None,
        last_token=first + 0.3 * int((now - first) / 0.3),
    )


def a_request(number: int, chance: Random) -> RequestView:
    """Any of those that a burst may have: early, late, thinking, failed, silent."""
    first = chance.choice((0.05, 0.2, 1.0, 3.0, 8.0)) + chance.random() / 10
    end = first + chance.choice((0.01, 1.0, 4.0, 25.0)) + chance.random() / 10
    written = chance.random() / 50
    request = done(number, ZERO, first, end, written)
    if chance.random() < 0.3:
        thought = first + (end - first) * chance.random()
        request = msgspec.structs.replace(request, thinking_chunks=3, first_answer=ZERO + thought)
    if chance.random() < 0.2:
        request = msgspec.structs.replace(request, state="failed", error="no")
    return request


def runs(seed: int) -> list[tuple[float, RunView]]:
    """(session second, the run as it was known then), 10 frames a second; some twice."""
    chance = Random(seed)
    requests = [a_request(number, chance) for number in range(1, REQUESTS + 1)]
    frames = []
    for frame in range(330):
        now = ZERO + 0.031 + frame / 10
        known = tuple(at_moment(request, now) for request in requests)
        run = replace(run_of(known, ZERO, ended=False), last_news=min(now, ZERO + 1.0))
        frames += [(now, run), (now + 0.05, run)] if frame % 3 == 0 else [(now, run)]
    return frames


def from_nothing(run: RunView, at: float, axis: Axis) -> Counter[Shape]:
    """Every lane drawn by itself."""
    drawn = [shape(one, run, at, ZERO, axis) for one in run.requests]
    return Counter([one for one in drawn if one is not None])


@pytest.mark.parametrize("seed", range(4))
def test_memory_changes_nothing(seed: int) -> None:
    """Through first tokens, thoughts, ends, failures, stalls and jumps of the axis."""
    memory = CrowdMemory()
    for at, run in runs(seed):
        axis = Axis(2.0 if at < ZERO + 2 else 10.0 if at < ZERO + 10 else 50.0, 37)
        counts = memory.shapes(run.requests, run, at, ZERO, axis)
        assert Counter(dict(counts)) == from_nothing(run, at, axis), at - ZERO


def test_an_earlier_moment_is_drawn_as_it_was() -> None:
    """A slowed replay begins anew on a row that was drawn to its end."""
    _, run = runs(1)[-1]
    memory, axis = CrowdMemory(), Axis(50.0, 37)
    for at in (ZERO + 40, ZERO + 0.5, ZERO + 1.0, ZERO - 1.0, ZERO + 5.0):
        counts = memory.shapes(run.requests, run, at, ZERO, axis)
        assert Counter(dict(counts)) == from_nothing(run, at, axis)


def test_other_requests_in_the_row_are_noticed() -> None:
    """When the list is scrolled, the row's memory is of others."""
    _, run = runs(2)[20]
    memory, axis, at = CrowdMemory(), Axis(10.0, 37), ZERO + 2.5
    for shown in (run.requests[:20], run.requests[20:], run.requests[10:30]):
        counts = memory.shapes(shown, run, at, ZERO, axis)
        drawn = [shape(one, run, at, ZERO, axis) for one in shown]
        assert Counter(dict(counts)) == Counter(one for one in drawn if one is not None)


def test_other_requests_between_the_same_ends_are_noticed() -> None:
    """When the rows are ordered anew, a row may keep its first and last request only."""
    ends = (1.0, 2.0, 3.0, 4.0)
    first, second, third, last = (done(n, ZERO, 0.5, end) for n, end in enumerate(ends, 1))
    memory, axis, at = CrowdMemory(), Axis(10.0, 37), ZERO + 5.0
    for shown in ((first, second, last), (first, third, last)):
        run = run_of(shown, ZERO)
        counts = memory.shapes(shown, run, at, ZERO, axis)
        assert Counter(dict(counts)) == from_nothing(run, at, axis)
