"""What the simulated GPU was used for: near GPM's figures on the H200, and enough for a finding."""

from __future__ import annotations

import pytest

from burstview_engines.core.gpu import GpuActivity
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView
from burstview_engines.places.simulated_gauges import activity
from burstview_engines.simulator.server.messages import GpuGauges
from burstview_engines.simulator.spec import EngineSpec
from burstview_engines.simulator.virtual import simulate


def session(spec: EngineSpec, plan: BurstPlan) -> SessionFold:
    """One simulated burst."""
    fold = SessionFold()
    for event in simulate(spec, plan):
        fold.apply(event)
    fold.settle()
    return fold


def windows(fold: SessionFold) -> list[GpuActivity]:
    """All that the simulated GPU told in the burst."""
    samples = fold.history.simulated_gpus.between(0.0, 1e9)
    return [gpu.activity for sample in samples for gpu in sample.gpus if gpu.activity is not None]


def mean_dram(fold: SessionFold) -> float:
    """Percent, over the burst."""
    run = fold.snapshot().runs[0]
    told = [one for one in windows(fold) if one.begin >= (run.burst_started or 0.0)]
    length = sum(one.end - one.begin for one in told)
    return sum((one.dram or 0.0) * (one.end - one.begin) for one in told) / length


def finding(run: RunView) -> tuple[str, str]:
    """Cause and sentence."""
    assert run.held_back is not None
    return run.held_back.cause, run.held_back.sentence


H200 = {"gpu": "H200", "model": "qwen3-0.6b", "context_tokens": 4096}


@pytest.mark.parametrize(
    ("spec", "requests", "tokens", "measured"),
    [
        (EngineSpec(engine="vllm", max_num_seqs=128, host_factor=1.5, **H200), 1, 256, 11.0),
        (EngineSpec(engine="vllm", max_num_seqs=128, host_factor=1.5, **H200), 16, 256, 15.0),
        (EngineSpec(engine="vllm", max_num_seqs=128, host_factor=1.5, **H200), 128, 256, 14.0),
        (EngineSpec(engine="ollama", slots=1, **H200), 16, 128, 4.3),
        (EngineSpec(engine="ollama", slots=4, **H200), 16, 128, 2.1),
    ],
)
def test_the_memorys_use_is_near_what_the_h200_told(
    spec: EngineSpec, requests: int, tokens: int, measured: float
) -> None:
    """GPM's means of the same bursts (tests/data/gpu_rows); the second day's slower host."""
    plan = BurstPlan(concurrency=requests, max_tokens=tokens)
    assert mean_dram(session(spec, plan)) == pytest.approx(measured, rel=0.35)


@pytest.mark.parametrize(
    ("spec", "plan", "cause"),
    [
        (EngineSpec(engine="vllm"), BurstPlan(concurrency=16), "gpu-memory"),
        (EngineSpec(engine="vllm", **H200), BurstPlan(concurrency=16), "host"),
        (EngineSpec(engine="vllm", kv_blocks=41), BurstPlan(concurrency=16), "kv-memory"),
        (EngineSpec(engine="vllm", max_num_seqs=4), BurstPlan(concurrency=16), "queue"),
        (EngineSpec(engine="ollama"), BurstPlan(concurrency=16), "queue"),
        (
            EngineSpec(engine="vllm", max_num_seqs=256),
            BurstPlan(concurrency=128, prompt_tokens=2000, max_tokens=1),
            "gpu-arithmetic",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_held_simulated_bursts_back(spec: EngineSpec, plan: BurstPlan, cause: str) -> None:
    """Each from how the engine was set up; the demo's own two among them."""
    found, sentence = finding(session(spec, plan).snapshot().runs[0])
    assert found == cause, sentence
    assert sentence.startswith("SIMULATED: ")


def test_the_starved_engine_says_how_often_it_preempted() -> None:
    """The sum over its own log of passes."""
    fold = session(EngineSpec(engine="vllm", kv_blocks=41), BurstPlan(concurrency=16))
    run = fold.snapshot().runs[0]
    samples = fold.history.engine(run.backend.key).between(0.0, 1e9)
    logged = sum(len(step.preempted) for sample in samples for step in sample.step_log)
    assert logged > 0
    assert f"{logged} preemptions: " in finding(run)[1]


def test_a_window_is_the_difference_of_two_looks() -> None:
    """None before the second, and unknown after a restart."""
    first = GpuGauges("L4", 0.0, 0, 1, memory_seconds=1.0, tensor_seconds=0.5)
    second = GpuGauges("L4", 0.0, 0, 1, memory_seconds=1.2, tensor_seconds=0.6)
    told = activity((10.0, first), (10.5, second))
    assert told is not None
    assert (told.begin, told.end) == (10.0, 10.5)
    assert (told.dram, told.tensor) == (pytest.approx(40.0), pytest.approx(20.0))
    assert (told.sm, told.occupancy) == (None, None)
    assert activity(None, (10.5, second)) is None
    assert activity((10.5, first), (10.5, second)) is None
    anew = activity((10.5, second), (11.0, first))
    assert anew is not None
    assert anew.dram is None
