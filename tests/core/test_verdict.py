"""The verdict is right on real bursts, and careful where the times leave it open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.sentences import sentence
from burstview_engines.core.verdict import of_run
from tests.core.bursts import Streamed, Trace, backend, run_of, staircase, traces, wall

REAL = traces()


def test_the_traces_are_there() -> None:
    """A missing file would make the test below pass by testing less."""
    assert len({trace.name.split(":")[0] for trace in REAL}) == 14
    assert len(REAL) == 89


@pytest.mark.parametrize("trace", REAL, ids=lambda trace: f"{trace.name}-{trace.concurrency}")
def test_a_real_burst_is_judged_right_or_not_sure(trace: Trace) -> None:
    """Truth is min(concurrency, slots or max-num-seqs)."""
    verdict = of_run(run_of(trace.requests, on=backend(trace.engine)))
    if verdict.label == "not-sure":
        assert verdict.why
        assert (trace.concurrency, trace.max_tokens) == (256, 32)
    else:
        assert (verdict.label, verdict.k) == trace.truth


@pytest.mark.parametrize("trace", [t for t in REAL if t.concurrency > t.seats][:40], ids=str)
def test_the_live_verdict_never_contradicts_the_truth(trace: Trace) -> None:
    """At every quarter of a real burst that queued, what is said so far is true or nothing."""
    whole = max(request.ended or 0.0 for request in trace.requests)
    for quarter in (0.25, 0.5, 0.75):
        seen = [_until(request, whole * quarter) for request in trace.requests]
        verdict = of_run(run_of(seen, on=backend(trace.engine), ended=False))
        assert verdict.label in (None, "not-sure", trace.truth[0])


def _until(request: Streamed, moment: float) -> Streamed:
    arrivals = tuple(arrival for arrival in request.arrivals if arrival <= moment)
    is_over = request.ended is not None and request.ended <= moment
    return replace(request, arrivals=arrivals, ended=request.ended if is_over else None)


@pytest.mark.parametrize(
    ("requests", "seats"), [(2, 1), (16, 1), (5, 4), (17, 16), (64, 4), (9, 2)]
)
def test_slots_are_counted_just_above_the_limit(requests: int, seats: int) -> None:
    """One more request than seats is already a queue."""
    verdict = of_run(run_of(staircase(requests, seats=seats)))
    assert verdict.k == seats
    assert verdict.label == ("one-at-a-time" if seats == 1 else "k-at-a-time")


def test_a_wall_is_all_together() -> None:
    """Nobody started after another had ended."""
    verdict = of_run(run_of(wall(16)))
    assert (verdict.label, verdict.k, verdict.share) == ("all-together", 16, 1.0)


def test_one_answer_has_no_shape() -> None:
    """Below two answered requests there is no label."""
    failed = [replace(request, arrivals=(), error="refused") for request in wall(16)[1:]]
    assert of_run(run_of(wall(1))).label is None
    assert of_run(run_of([*wall(1), *failed])).label is None


def test_answers_of_one_token_are_not_judged() -> None:
    """A stream without duration overlaps with nothing."""
    verdict = of_run(run_of(wall(8, tokens=1)))
    assert verdict.label == "not-sure"


def test_the_engines_own_limit_settles_what_the_times_leave_open() -> None:
    """Long prompts admitted one after the other look like a queue; max-num-seqs knows better."""
    prompts = [Streamed(0.0, (i * 1.0, i * 1.0 + 1.5), i * 1.0 + 1.5) for i in range(8)]
    assert of_run(run_of(prompts)).label == "not-sure"
    told = of_run(run_of(prompts, on=backend(seats=128)))
    assert (told.label, told.k, told.is_told) == ("all-together", 8, True)


def test_whole_answers_are_only_estimated() -> None:
    """Without a stream the ends alone speak, and the verdict says that it is an estimate."""
    plan = BurstPlan(concurrency=8, max_tokens=32, stream=False)
    ends = [replace(request, arrivals=(), output_tokens=32) for request in staircase(8)]
    run = run_of(ends, plan=plan)
    assert (of_run(run).label, of_run(run).is_estimate) == ("one-at-a-time", True)
    assert "estimate" in sentence(run)
    together = [replace(request, arrivals=(), output_tokens=32) for request in wall(8)]
    assert of_run(run_of(together, plan=plan)).label == "all-together"


def test_buffered_streams_are_only_estimated() -> None:
    """A proxy that hands out whole answers hides the first tokens."""
    lumps = [
        replace(request, arrivals=(request.arrivals[-1],) * 2, output_tokens=32)
        for request in staircase(8)
    ]
    verdict = of_run(run_of(lumps))
    assert (verdict.label, verdict.is_estimate) == ("one-at-a-time", True)


def test_a_live_burst_says_how_far_it_is() -> None:
    """`So far one at a time, 3 of 8.`"""
    seen = [_until(request, 3.5) for request in staircase(8)]
    verdict = of_run(run_of(seen, ended=False))
    assert (verdict.label, verdict.answered, verdict.of, verdict.so_far) == (
        "one-at-a-time",
        3,
        8,
        True,
    )
    assert sentence(run_of(seen, ended=False)) == "So far one at a time, 3 of 8."
