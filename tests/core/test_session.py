"""The fold keeps what the events said and hands out what changed."""

from __future__ import annotations

from msgspec.structs import replace

from burstview_engines.core.events import (
    BackendSeen,
    EngineChanged,
    EngineGone,
    EngineSampled,
    EngineUsed,
    GpuSampled,
    Noticed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.managed import ManagedEngine, Usage
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.session import KEPT_NOTICES, KEPT_RUNS, SessionFold
from burstview_engines.core.silence import stalled_for
from tests.core.bursts import backend


def _started(fold: SessionFold) -> None:
    fold.apply(BackendSeen(at=0.0, backend=backend()))
    fold.apply(RunStarted(at=1.0, run=1, backend="vllm", plan=BurstPlan(concurrency=2)))
    fold.apply(PhaseStarted(at=1.0, run=1, phase="burst", requests=2))
    for number in (1, 2):
        fold.apply(
            RequestSent(
                at=1.0, run=1, phase="burst", id=number, intended=1.0, prompt=f"b1-{number}"
            )
        )


def test_thinking_is_told_from_the_answer() -> None:
    """TTFT counts reasoning; the first answer token is a time of its own."""
    fold = SessionFold()
    _started(fold)
    for at, thinking in ((2.0, True), (3.0, False)):
        fold.apply(
            TokensReceived(
                at=at, run=1, phase="burst", id=1, chunks=((at, f"{at} "),), thinking=thinking
            )
        )
    request = fold.snapshot().runs[0].requests[0]
    assert (request.first_token, request.first_answer) == (2.0, 3.0)
    assert (request.thinking_chunks, request.chunks, request.is_thinking) == (1, 2, False)
    assert fold.text(1, "burst", 1) == "2.0 3.0 "
    assert fold.arrivals(1, "burst", 1) == (2.0, 3.0)
    assert fold.prompt(1, "burst", 2) == "b1-2"


def test_unchanged_requests_stay_the_same_objects() -> None:
    """A frame costs what changed, not what is there."""
    fold = SessionFold()
    _started(fold)
    before = fold.snapshot().runs[0].requests
    fold.apply(TokensReceived(at=2.0, run=1, phase="burst", id=1, chunks=((2.0, "x"),)))
    after = fold.snapshot().runs[0].requests
    assert after[0] is not before[0]
    assert after[1] is before[1]
    assert fold.snapshot() is fold.snapshot()


def test_a_request_that_was_never_sent_is_known_by_its_end() -> None:
    """A refused connection is a failed request, without a time of sending."""
    fold = SessionFold()
    _started(fold)
    fold.apply(RequestEnded(at=1.5, run=1, phase="burst", id=3, error="refused"))
    request = fold.snapshot().runs[0].requests[2]
    assert (request.state, request.was_sent, request.error) == ("failed", False, "refused")


def test_samples_and_notices_are_kept_within_bounds() -> None:
    """What grows is bounded; the newest counts."""
    fold = SessionFold()
    _started(fold)
    fold.apply(EngineSampled(at=2.0, backend="vllm", running=3))
    fold.apply(GpuSampled(at=2.0, problem="No NVIDIA driver."))
    fold.apply(GpuSampled(at=2.0, simulated=True))
    for number in range(KEPT_NOTICES + 5):
        fold.apply(Noticed(at=3.0, text=str(number)))
    for number in range(KEPT_RUNS + 5):
        fold.apply(RunStarted(at=4.0, run=number + 2, backend="vllm", plan=BurstPlan()))
    seen = fold.snapshot()
    assert seen.backends[0].sample is not None
    assert seen.gpu is not None
    assert seen.simulated_gpu is not None
    assert len(seen.notices) == KEPT_NOTICES
    assert len(seen.runs) == KEPT_RUNS


def test_a_queue_is_not_a_stall() -> None:
    """A stream stalls after 10 s; a waiting request only when the whole server is silent."""
    fold = SessionFold()
    _started(fold)
    fold.apply(TokensReceived(at=40.0, run=1, phase="burst", id=1, chunks=((40.0, "x"),)))
    run = fold.snapshot().runs[0]
    streaming, waiting = run.requests
    assert stalled_for(streaming, run, 49.0) is None
    assert stalled_for(streaming, run, 51.0) == 11.0
    assert stalled_for(waiting, run, 51.0) is None
    assert stalled_for(waiting, run, 71.0) == 31.0


def test_the_clock_may_run_ahead_of_the_events() -> None:
    """Waiting bars grow although nothing arrives."""
    fold = SessionFold()
    _started(fold)
    assert fold.snapshot(now=9.0).now == 9.0
    assert fold.snapshot().now == 1.0


def test_what_ollama_tells_after_loading_belongs_to_the_run() -> None:
    """Where the model lies is known only while it is loaded; another model's facts are not his."""
    fold = SessionFold()
    cold = backend("ollama", key="vllm", model="qwen3:0.6b")
    fold.apply(BackendSeen(at=0.0, backend=cold))
    fold.apply(RunStarted(at=1.0, run=1, backend="vllm", plan=BurstPlan(concurrency=2)))
    other = replace(cold, model="llama3", on_gpu=0.1)
    fold.apply(BackendSeen(at=2.0, backend=other))
    assert fold.snapshot().runs[0].backend == cold
    fold.apply(BackendSeen(at=3.0, backend=replace(cold, on_gpu=0.5, context_tokens=4096)))
    assert fold.snapshot().runs[0].backend.on_gpu == 0.5
    assert fold.snapshot().runs[0].backend.context_tokens == 4096


def test_managed_engines_appear_change_and_go() -> None:
    """What one uses is forgotten when it stops; one that is gone takes its backend along."""
    fold = SessionFold()
    engine = ManagedEngine(
        key="container:x", name="x", engine="vllm", place="container", owner="ours", status="ready"
    )
    fold.apply(EngineUsed(at=0.5, key="container:x", usage=Usage(cpu_percent=1.0)))
    assert fold.snapshot().engines == ()
    fold.apply(EngineChanged(at=1.0, engine=engine))
    fold.apply(BackendSeen(at=1.0, backend=backend(key="container:x")))
    fold.apply(EngineUsed(at=2.0, key="container:x", usage=Usage(cpu_percent=50.0)))
    view = fold.snapshot().engine("container:x")
    assert view is not None
    assert view.usage == Usage(cpu_percent=50.0)
    fold.apply(EngineChanged(at=3.0, engine=replace(engine, status="stopped")))
    assert fold.snapshot().engines[0].usage is None
    fold.apply(EngineGone(at=4.0, key="container:x"))
    assert fold.snapshot().engine("container:x") is None
    assert fold.snapshot().backends == ()
