"""What held a burst back: right on real bursts, or not known and why."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from burstview_engines.core.events import ClientHealth
from burstview_engines.core.evidence import (
    CpuFigures,
    EngineFigures,
    Evidence,
    GpuFigures,
    Stranger,
)
from burstview_engines.core.finding import HeldBack
from burstview_engines.core.held_back import of_burst
from burstview_engines.core.plan import BurstPlan
from tests.core.bursts import Streamed, backend, run_of, staircase, wall
from tests.core.gpu_traces import SampledTrace, sampled_traces, view_of

REAL = sampled_traces()
WITH_GPM = [each for each in REAL if "gpm_sm" in each.fields]
ROOM = GpuFigures(indexes=(0,), utilisation=67.0, sm=31.0, tensor=2.0, dram=14.0)
"""vLLM with a 0.6B model on an H200."""


def truth(sampled: SampledTrace) -> set[str]:
    """What may be said: from the servers' settings, GPM, and what docs/held-back.md tells of each
    trace. Without GPM a short burst is not known."""
    trace = sampled.trace
    if "cold" in sampled.label and trace.engine == "ollama":
        return {"loading"}
    if trace.concurrency > trace.seats:
        return {"queue"}
    return {"host"} if "gpm_sm" in sampled.fields else {"host", "unknown"}


def finding(sampled: SampledTrace) -> HeldBack:
    """What is said of that burst."""
    found = view_of(sampled).held_back
    assert found is not None
    return found


def test_the_samples_are_there() -> None:
    """A missing file would make the tests below pass by testing less."""
    assert (len(REAL), len(WITH_GPM)) == (106, 22)


@pytest.mark.parametrize("sampled", REAL, ids=str)
def test_a_real_burst_is_found_right_or_not_known(sampled: SampledTrace) -> None:
    """On every trace there is."""
    found = finding(sampled)
    assert found.cause in truth(sampled), found.sentence
    if found.cause == "unknown":
        assert found.sentence.startswith("What held it back is not known: ")
    else:
        assert re.search(r"\d", found.sentence)


@pytest.mark.parametrize("sampled", WITH_GPM, ids=str)
def test_with_gpm_every_burst_of_the_traces_is_known(sampled: SampledTrace) -> None:
    """The 0.6B model never fills the card: the host, or the queue."""
    found = finding(sampled)
    assert found.cause != "unknown"
    assert re.search(r"SM \d+ %, tensor [\d.]+ %, DRAM [\d.]+ %", found.sentence)


def test_utilisation_alone_never_says_that_the_gpu_was_the_limit() -> None:
    """65 % of Ollama and 67 % of a vLLM with fourteen times the tokens are the same figure."""
    for utilisation in (41.0, 65.0, 97.0, 100.0):
        seen = _seen(GpuFigures(indexes=(0,), utilisation=utilisation))
        found = of_burst(run_of(wall(4)), seen)
        assert found is not None
        assert found.cause == "unknown"
        assert f"utilisation ({utilisation:.0f} %)" in found.sentence


def test_the_figures_are_of_the_middle_of_the_burst() -> None:
    """GPM lags: the first windows of a burst still read 0 and would halve the mean."""
    by_name = {str(each): each for each in REAL}
    batch = next(each for name, each in by_name.items() if name.startswith("batch-128x256"))
    said = finding(batch).sentence
    assert "SM 38 %, tensor 6.2 %, DRAM 14 %" in said


def _seen(
    gpu: GpuFigures | None = ROOM,
    *,
    cpu: CpuFigures | None = None,
    engine: EngineFigures | None = None,
    **more: object,
) -> Evidence:
    known = Evidence(
        duration=1.0, gpu=gpu, cpu=cpu or CpuFigures(), engine=engine or EngineFigures()
    )
    return replace(known, **more)  # type: ignore[arg-type]  # more is given by field name


def _cause(burst: list[Streamed], seen: Evidence, engine: str = "vllm", **traits: object) -> str:
    found = of_burst(run_of(burst, on=backend(engine, **traits)), seen)
    assert found is not None
    return found.cause


@pytest.mark.parametrize(
    ("gpu", "cause"),
    [
        ({"sm": 96.0, "tensor": 93.0, "dram": 15.0}, "gpu-arithmetic"),
        ({"sm": 80.0, "tensor": 3.0, "dram": 78.0}, "gpu-memory"),
        ({"sm": 31.0, "tensor": 2.0, "dram": 14.0}, "host"),
        ({"sm": 0.3, "tensor": 0.0, "dram": 0.0, "utilisation": 27.0}, "host"),
        ({"sm": 90.0, "tensor": 20.0, "dram": 30.0}, "unknown"),
        ({"sm": 50.0, "tensor": 40.0, "dram": 40.0}, "unknown"),
        ({"sm": 0.0, "tensor": 0.0, "dram": 0.0, "utilisation": 0.0}, "unknown"),
        ({"sm": 40.0, "tensor": 2.0, "dram": 20.0, "utilisation": 92.0}, "unknown"),
        ({"utilisation": 12.0}, "host"),
        ({}, "unknown"),
    ],
)
def test_the_measured_loads_are_told_apart(gpu: dict[str, float], cause: str) -> None:
    """The table of matrix products on the H200, and what lies between."""
    assert _cause(wall(16), _seen(GpuFigures(indexes=(0,), **gpu))) == cause  # type: ignore[arg-type]


def test_a_queue_in_front_of_a_full_gpu() -> None:
    """More seats help while the weights are read once for all, and not where arithmetic is full."""
    queue = staircase(64, seats=4)
    reading = _seen(GpuFigures(indexes=(0,), sm=80.0, tensor=3.0, dram=78.0))
    assert _cause(queue, reading) == "queue"
    assert _cause(staircase(64, seats=32), reading) == "gpu-memory"
    computing = _seen(GpuFigures(indexes=(0,), sm=96.0, tensor=93.0, dram=15.0))
    assert _cause(queue, computing) == "gpu-arithmetic"


def test_a_full_core_is_ollamas_limit_and_not_vllms() -> None:
    """vLLM's engine core spins; llama.cpp's one thread picks the words."""
    cpu = CpuFigures(busiest_thread=99.0, thread_of="llama-server")
    low = GpuFigures(indexes=(0,), utilisation=18.0, sm=12.0, tensor=0.1, dram=2.0)
    assert _cause(wall(16), _seen(low, cpu=cpu), "ollama") == "cpu"
    assert _cause(wall(16), _seen(low, cpu=cpu), "vllm") == "host"
    spinning = GpuFigures(indexes=(0,), utilisation=95.0, sm=40.0, tensor=0.1, dram=20.0)
    assert _cause(wall(16), _seen(spinning, cpu=cpu), "ollama") == "unknown"
    by_core = CpuFigures(busiest_core=97.0)
    assert _cause(wall(16), _seen(low, cpu=by_core), "ollama") == "cpu"


def test_the_cpu_in_its_other_ways() -> None:
    """A limit, all cores, a model that is not on the GPU, a machine without one."""
    assert _cause(wall(4), _seen(cpu=CpuFigures(throttled=0.4))) == "cpu"
    assert _cause(wall(4), _seen(cpu=CpuFigures(host_percent=97.0))) == "cpu"
    assert _cause(wall(4), _seen(None), "ollama", on_gpu=0.0) == "cpu"
    alone = _seen(None, cpu=CpuFigures(host_percent=97.0), has_gpu_problem=True)
    assert _cause(wall(4), alone, place="process") == "cpu"
    assert _cause(wall(4), alone, place="url") == "unknown"


def test_kv_memory_shows_in_preemptions_or_a_full_cache() -> None:
    """And a full cache without anybody waiting held nobody back."""
    pushed = EngineFigures(preemptions=3, kv_peak=0.99, peak_running=16)
    found = of_burst(run_of(wall(16)), _seen(engine=pushed))
    assert found is not None
    assert found.cause == "kv-memory"
    assert "3 preemptions: a request lost its blocks" in found.sentence
    assert "up to 99 % full" in found.sentence
    waiting = EngineFigures(kv_peak=0.98, peak_running=5, peak_waiting=11, seats=128)
    assert _cause(staircase(16, seats=5), _seen(engine=waiting)) == "kv-memory"
    assert _cause(wall(16), _seen(engine=EngineFigures(kv_peak=0.98, peak_waiting=0))) == "host"
    slots = EngineFigures(kv_peak=1.0, peak_running=1, peak_waiting=15)
    assert _cause(staircase(16), _seen(engine=slots), "ollama") == "queue"


def test_somebody_else_on_the_card() -> None:
    """A large share is the cause; a small one marks the burst all the same."""
    heavy = Stranger("train.py", 71, sm_percent=60.0)
    assert _cause(wall(4), _seen(strangers=(heavy,))) == "other-process"
    light = Stranger("train.py", 71, sm_percent=3.0)
    found = of_burst(run_of(wall(4)), _seen(strangers=(light,)))
    assert found is not None
    assert (found.cause, found.disturbed_by) == ("host", "train.py (pid 71) used 3.0 % of the GPU")


@pytest.mark.parametrize(
    ("lag", "cpu", "cause"),
    [(0.002, 0.1, "host"), (0.023, 0.4, "host"), (0.3, 0.4, "client"), (0.004, 1.9, "client")],
)
def test_a_client_that_cannot_keep_up(lag: float, cpu: float, cause: str) -> None:
    """Late for a good part of the burst, or out of CPU; a little late is only a warning."""
    health = ClientHealth(
        at=2.0,
        run=1,
        transport="own",
        workers=2,
        connections=4,
        launch_skew=0.0,
        launch_lag_p95=0.001,
        launch_lag_max=0.001,
        loop_lag_p95=lag,
        loop_lag_max=lag,
        reads=1,
        chunks=1,
        cpu=cpu,
        warning="Late." if lag > 0.02 else None,
    )
    found = of_burst(replace(run_of(wall(4)), health=health), _seen())
    assert found is not None
    assert found.cause == cause
    if cause == "client":
        assert "2 workers computed for" in found.sentence


def test_nothing_is_said_of_bursts_that_tell_nothing() -> None:
    """Not over, nothing answered: no finding; failed ones: not known."""
    assert of_burst(run_of(wall(4), ended=False), _seen()) is None
    failed = [replace(one, error="refused") for one in wall(4)]
    assert of_burst(run_of(failed), _seen()) is None
    half = [*wall(4)[:2], *failed[:2]]
    assert _cause(half, _seen()) == "unknown"
    assert of_burst(run_of(wall(4)), None) is None


def test_slots_that_slow_each_other_down_are_said_to() -> None:
    """Real Ollama: four slots gain 1.7, so sixteen will not gain sixteen."""
    alone = wall(1, seconds=0.4)
    run = run_of(
        staircase(16, seconds=1.0, seats=4),
        alone,
        on=backend("ollama", seats=4),
        plan=BurstPlan(concurrency=16, max_tokens=32),
    )
    found = of_burst(run, _seen())
    assert found is not None
    assert found.cause == "queue"
    assert re.search(r"more seats may not help: 4 at once made only ×1\.\d", found.sentence)


def test_simulated_findings_say_so() -> None:
    """Wherever they appear."""
    run = run_of(wall(4), on=with_fields(backend(), simulated=True))
    found = of_burst(run, _seen())
    assert found is not None
    assert found.sentence.startswith("SIMULATED: ")
