"""A simulated run as a stream of events."""

from __future__ import annotations

import pytest

from burstview_engines.core import metrics
from burstview_engines.core.events import BackendSeen, Noticed, RunEnded
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.report import run_report
from burstview_engines.core.session import SessionFold
from burstview_engines.core.verdict import of_run
from burstview_engines.core.views import RunView
from burstview_engines.simulator.spec import EngineSpec, SpecError, demo
from burstview_engines.simulator.virtual import simulate

PLAN = BurstPlan(concurrency=16, max_tokens=32)


def run_of(spec: EngineSpec, plan: BurstPlan = PLAN) -> RunView:
    """The folded run."""
    fold = SessionFold()
    for event in simulate(spec, plan):
        fold.apply(event)
    return fold.snapshot().runs[0]


def test_the_demo_is_slow_enough_for_the_eye() -> None:
    """16 x 32 on an L4 with an 8B model: about one second against about eleven."""
    assert metrics.makespan(run_of(demo("vllm"))) == pytest.approx(1.0, abs=0.3)
    assert metrics.makespan(run_of(demo("ollama"))) == pytest.approx(11.0, abs=1.0)


@pytest.mark.parametrize(
    ("spec", "label", "k"),
    [
        (demo("vllm"), "all-together", 16),
        (demo("ollama"), "one-at-a-time", 1),
        (demo("llamacpp"), "k-at-a-time", 4),
    ],
)
def test_each_engine_has_its_verdict(spec: EngineSpec, label: str, k: int) -> None:
    """The verdict reads a simulated run like any other."""
    verdict = of_run(run_of(spec))
    assert (verdict.label, verdict.k) == (label, k)


def test_the_gain_comes_from_the_requests_alone() -> None:
    """Three requests alone come first: vLLM gains much, one slot nothing."""
    vllm, ollama = run_of(demo("vllm")), run_of(demo("ollama"))
    assert len(vllm.alone) == 3
    assert of_run(vllm).gain == pytest.approx(13, abs=3)
    assert of_run(ollama).gain == pytest.approx(1.0, abs=0.1)


def test_the_report_has_no_warm_up_and_no_client() -> None:
    """Both are null: nothing was warmed up and nothing was sent."""
    report = run_report(run_of(demo("vllm")))
    assert report["simulated"] is True
    assert report["warm_up"] is None
    assert report["client"] is None


def test_requests_look_like_real_ones() -> None:
    """Status, usage, finish reason and plausible times, numbered from 1."""
    run = run_of(demo("ollama"), BurstPlan(concurrency=3, max_tokens=20, prompt_tokens=77))
    assert [request.id for request in run.requests] == [1, 2, 3]
    for request in run.requests:
        assert (request.state, request.status, request.finish_reason) == ("done", 200, "length")
        assert (request.prompt_tokens, request.output_tokens) == (77, 20)
        assert request.headers == request.first_token


def test_events_come_in_order_of_time() -> None:
    """But for headers, which are dated back to the start of their step."""
    events = list(simulate(demo("llamacpp"), PLAN))
    stamps = [event.at for event in events if event.__class__.__name__ != "HeadersReceived"]
    assert stamps == sorted(stamps)
    assert isinstance(events[0], BackendSeen)
    assert isinstance(events[-1], RunEnded)


def test_an_untraced_gpu_says_extrapolated() -> None:
    """One notice, and none for the GPU of the traces."""
    texts = [event.text for event in simulate(demo("vllm"), PLAN) if isinstance(event, Noticed)]
    assert texts == [
        "Extrapolated: no recorded burst backs the L4; the constants come from one H200."
    ]
    traced = EngineSpec(engine="vllm", gpu="H200")
    assert not [event for event in simulate(traced, PLAN) if isinstance(event, Noticed)]


def test_a_cold_start_is_in_the_burst() -> None:
    """The first pass takes longer, nothing is sent alone before it, so there is no gain."""
    spec = EngineSpec(engine="vllm", gpu="H200", cold=3.0)
    run = run_of(spec)
    assert metrics.makespan(run) == pytest.approx(3.0 + 0.2, abs=0.1)
    assert run.alone == ()
    assert of_run(run).gain is None


def test_without_warm_up_nothing_is_sent_alone() -> None:
    """As in a live run."""
    assert run_of(demo("vllm"), BurstPlan(warm_up=False, max_tokens=4)).alone == ()


def test_a_refused_burst_has_the_engines_words() -> None:
    """A prompt beyond the context: status 400 and vLLM's sentence for every request."""
    spec = EngineSpec(engine="vllm", gpu="H200", context_tokens=1024)
    run = run_of(spec, BurstPlan(concurrency=2, max_tokens=10, prompt_tokens=2000))
    assert [request.status for request in run.requests] == [400, 400]
    assert all("maximum context length is 1024" in (r.error or "") for r in run.requests)
    assert run.failed_phases[0][0] == "alone"


def test_a_wrong_wish_is_refused_before_the_first_event() -> None:
    """The error comes from the call itself."""
    with pytest.raises(SpecError):
        simulate(EngineSpec(engine="vllm", gpu="T4"), PLAN)


def test_a_full_burst_delivers_every_token() -> None:
    """1,024 requests through the whole stream and the fold."""
    run = run_of(
        EngineSpec(engine="vllm", gpu="H100", model="qwen3-8b"),
        BurstPlan(concurrency=1024, max_tokens=16, alone=0),
    )
    assert sum(request.output_tokens or 0 for request in run.requests) == 1024 * 16
