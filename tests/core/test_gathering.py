"""From samples to evidence: whose GPU, whose process, which window."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from burstview_engines.core.backend import Backend
from burstview_engines.core.counters import increase
from burstview_engines.core.engine_gauges import EngineStep
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    EngineChanged,
    EngineSampled,
    GpuProcessesSeen,
    GpuSampled,
    HostSampled,
    RunEnded,
    RunStarted,
)
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuProcess
from burstview_engines.core.gpu_figures import figures
from burstview_engines.core.gpu_owners import backend_of, owner_of, program_of, runs_here
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.series import History, Series
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView
from tests.core.bursts import Streamed, backend, phase_events, wall

ID = "4f66ad9b0b2e1c0c1a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef"
CONTAINER = ManagedEngine(
    key="container:vllm",
    name="vllm",
    engine="vllm",
    place="container",
    owner="ours",
    status="ready",
    id=ID,
)
LOCAL = ManagedEngine(
    key="process:ollama",
    name="ollama",
    engine="ollama",
    place="process",
    owner="ours",
    status="ready",
    id="4711",
)
ZERO, LENGTH = 10.0, 4.0


def process(pid: int = 1, gpu: int = 0, **more: object) -> GpuProcess:
    """One on a GPU."""
    return GpuProcess(gpu=gpu, pid=pid, **more)  # type: ignore[arg-type]  # by field name


def active(begin: float, end: float, **more: object) -> GpuSampled:
    """One look, with a window of GPM that ends with it."""
    window = GpuActivity(begin=begin, end=end, sm=40.0, occupancy=5.0, tensor=3.0, dram=20.0)
    known: dict[str, object] = {"utilisation": 60.0, "activity": window} | more
    gpu = Gpu(index=0, name="H100", **known)  # type: ignore[arg-type]  # by field name
    return GpuSampled(at=end, gpus=(gpu,))


def session(*samples: AnyEvent, on: Backend | None = None) -> RunView:
    """One burst of four seconds with these samples around it."""
    on = on or backend(url="http://127.0.0.1:8000", key=CONTAINER.key, place="container")
    end = ZERO + LENGTH
    burst = [one.later(ZERO) for one in wall(4, seconds=LENGTH)]
    events: list[AnyEvent] = [
        BackendSeen(at=0.0, backend=on),
        RunStarted(at=0.0, run=1, backend=on.key, plan=BurstPlan(concurrency=4, max_tokens=32)),
        *phase_events("burst", burst),
        RunEnded(at=end, run=1, outcome="done"),
        *samples,
    ]
    fold = SessionFold()
    for event in sorted(events, key=lambda event: event.at):
        fold.apply(event)
    fold.settle()
    return fold.snapshot().runs[0]


def sentence(run: RunView) -> str:
    """What was found."""
    assert run.held_back is not None
    return run.held_back.sentence


LOOKS = [active(at, at + 0.5) for at in (9.0, 9.5, 10.0, 10.5, 11.0, 11.5, 12.0, 12.5, 13.0, 13.5)]


def test_a_process_belongs_to_the_container_in_its_cgroup() -> None:
    """By whole or short id; never by a shorter one."""
    engines = [LOCAL, CONTAINER]
    assert owner_of(process(container=ID), engines) is CONTAINER
    assert owner_of(process(container=ID[:12]), engines) is CONTAINER
    assert owner_of(process(container=ID[:4]), engines) is None
    assert owner_of(process(container="f" * 64), engines) is None
    assert owner_of(process(), engines) is None


def test_a_process_belongs_to_the_local_engine_that_it_descends_from() -> None:
    """Ollama's runner holds the GPU, its server is what was started."""
    assert owner_of(process(pid=4711), [LOCAL]) is LOCAL
    assert owner_of(process(pid=5000, ancestors=(4800, 4711, 1)), [LOCAL]) is LOCAL
    assert owner_of(process(pid=5000, ancestors=(4711,), container=ID), [LOCAL]) is None


def test_a_server_that_somebody_started_is_known_by_its_programs_name() -> None:
    """Only where there is one such server on this machine."""
    ollama = backend("ollama", url="http://localhost:11434")
    runner = process(command="/usr/lib/ollama/llama-server --port 41000")
    llamacpp = backend("llamacpp", url="http://127.0.0.1:8080")
    assert backend_of(runner, [], [ollama, llamacpp]) == "ollama"
    assert backend_of(process(command="llama-server -np 4"), [], [ollama, llamacpp]) == "llamacpp"
    assert backend_of(process(command="VLLM::EngineCore"), [], [backend("vllm")]) is None
    two = [ollama, backend("ollama", key="other", url="http://127.0.0.1:11435")]
    assert backend_of(runner, [], two) is None
    assert backend_of(process(), [], [ollama]) is None


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/usr/lib/ollama/llama-server --port 1", "llama-server"),
        ("VLLM::EngineCore", "VLLM::EngineCore"),
        ("/usr/bin/python3 -u /home/me/train.py --lr 1", "train.py"),
        ("python3 -m torch.distributed.run x.py", "torch.distributed.run"),
        ("python3 -c import-torch", "python3"),
        ("python3", "python3"),
        ("", ""),
    ],
)
def test_a_program_is_called_by_its_name(command: str, name: str) -> None:
    """Not by its whole command line."""
    assert program_of(command) == name


def test_whose_machine_it_is() -> None:
    """Figures of this machine say nothing of a server elsewhere."""
    assert runs_here(backend(url="http://127.0.0.1:1"))
    assert runs_here(backend(url="http://localhost:1"))
    assert runs_here(backend(url="http://[::1]:1"))
    assert not runs_here(backend(url="http://10.0.0.7:1"))
    assert not runs_here(backend(url="http://gpu-box:1", place="container"))
    remote = session(*LOOKS, on=backend(url="http://gpu-box:8000"))
    assert "not known on which GPU the engine runs" in sentence(remote)


def test_the_host_is_found_by_gpm_of_the_only_gpu() -> None:
    """Although nobody tells whose processes are on it."""
    run = session(*LOOKS)
    assert run.held_back is not None
    assert run.held_back.cause == "host"
    assert "SM 40 %, tensor 3.0 %, DRAM 20 %, utilisation 60 %" in sentence(run)


def test_of_two_gpus_the_one_with_the_engines_processes_counts() -> None:
    """Without a process nobody knows which it was."""
    looks = [
        GpuSampled(at=look.at, gpus=(Gpu(index=0, name="idle"), _moved(look.gpus[0], 1)))
        for look in LOOKS
    ]
    assert "not known on which GPU" in sentence(session(*looks))
    seen = GpuProcessesSeen(at=9.0, processes=(process(gpu=1, container=ID),))
    run = session(EngineChanged(at=1.0, engine=CONTAINER), seen, *looks)
    assert run.held_back is not None
    assert run.held_back.cause == "host"


def _moved(gpu: Gpu, index: int) -> Gpu:
    return replace(gpu, index=index)


def test_a_stranger_on_the_card_is_told_apart_from_the_engine() -> None:
    """Its largest share meanwhile counts."""
    ours = process(pid=5, container=ID, sm_percent=30.0)
    seen = [
        GpuProcessesSeen(at=at, processes=(ours, process(pid=6, command="train.py", sm_percent=sm)))
        for at, sm in ((9.0, 1.0), (11.0, 45.0), (13.0, 2.0))
    ]
    run = session(EngineChanged(at=1.0, engine=CONTAINER), *seen, *LOOKS)
    assert run.held_back is not None
    assert run.held_back.cause == "other-process"
    assert "train.py (pid 6) had 45 % of its SMs" in sentence(run)
    assert run.held_back.disturbed_by == "train.py (pid 6) used 45 % of the GPU"


def duel(*, gap: float) -> SessionFold:
    """Ollama's run is over `gap` seconds before vLLM's burst; both are on the same card."""
    other = backend("ollama", url="http://127.0.0.1:11434", key=LOCAL.key, place="process")
    ours = process(pid=5, container=ID, sm_percent=30.0)
    looks = [
        GpuProcessesSeen(at=at, processes=(ours, process(pid=4711, sm_percent=sm)))
        for at, sm in ((ZERO - 0.2, 70.0), (ZERO + 0.3, 70.0), (ZERO + 2.0, 60.0))
    ]
    fold = SessionFold()
    first = [one.later(1.0) for one in wall(4, seconds=ZERO - gap - 1.0)]
    before: list[AnyEvent] = [
        EngineChanged(at=0.5, engine=LOCAL),
        EngineChanged(at=0.5, engine=CONTAINER),
        BackendSeen(at=0.5, backend=other),
        RunStarted(at=0.5, run=1, backend=other.key, plan=BurstPlan(concurrency=4, max_tokens=32)),
        *phase_events("burst", first, run=1),
        RunEnded(at=ZERO - gap, run=1, outcome="done"),
    ]
    on = backend(url="http://127.0.0.1:8000", key=CONTAINER.key, place="container")
    end = ZERO + LENGTH
    second = [one.later(ZERO) for one in wall(4, seconds=LENGTH)]
    events: list[AnyEvent] = [
        *before,
        BackendSeen(at=0.5, backend=on),
        RunStarted(
            at=ZERO - gap, run=2, backend=on.key, plan=BurstPlan(concurrency=4, max_tokens=32)
        ),
        *phase_events("burst", second, run=2),
        RunEnded(at=end, run=2, outcome="done"),
        *looks,
        *LOOKS,
    ]
    for event in sorted(events, key=lambda event: event.at):
        fold.apply(event)
    fold.settle()
    return fold


@pytest.mark.parametrize(("gap", "cause"), [(0.2, "host"), (7.0, "other-process")])
def test_the_side_that_had_its_turn_right_before_is_no_disturbance(gap: float, cause: str) -> None:
    """Its share of the GPU is told for a while after its burst; later it is its own."""
    found = duel(gap=gap).snapshot().runs[1].held_back
    assert found is not None
    assert found.cause == cause
    assert (found.disturbed_by is None) == (cause == "host")
    if cause == "other-process":
        assert "ollama (pid 4711) had 70 % of its SMs" in found.sentence
        assert LOCAL.key not in found.sentence


def test_memory_that_was_not_told_at_first_is_no_model_that_was_loaded() -> None:
    """Unknown is not nothing."""
    sizes = {9.5: None, 10.0: 9 << 30}
    looks = [active(at, at + 0.5, memory_used_bytes=sizes.get(at, 9 << 30)) for at in (9.5, 10.0)]
    slow = [active(at, at + 0.5, memory_used_bytes=9 << 30) for at in (10.5, 11.0, 11.5, 12.0)]
    on = backend(url="http://127.0.0.1:8000", key=CONTAINER.key, place="container")
    burst = [Streamed(ZERO, (ZERO + 2.0, ZERO + 2.5), ZERO + 2.6)] * 2
    fold = SessionFold()
    plan = BurstPlan(concurrency=2, max_tokens=32)
    for event in sorted(
        [
            BackendSeen(at=0.0, backend=on),
            RunStarted(at=0.0, run=1, backend=on.key, plan=plan),
            *phase_events("burst", burst),
            RunEnded(at=ZERO + 2.6, run=1, outcome="done"),
            *looks,
            *slow,
        ],
        key=lambda event: event.at,
    ):
        fold.apply(event)
    fold.settle()
    found = fold.snapshot().runs[0].held_back
    assert found is not None
    assert found.cause != "loading"


def test_nobody_is_a_stranger_where_the_engines_own_process_is_not_known() -> None:
    """It may be the engine itself."""
    seen = GpuProcessesSeen(at=9.0, processes=(process(pid=6, command="python", sm_percent=80.0),))
    run = session(seen, *LOOKS)
    assert run.held_back is not None
    assert (run.held_back.cause, run.held_back.disturbed_by) == ("host", None)


def test_the_thread_that_picks_the_words_is_seen() -> None:
    """Of the engine's own processes only."""
    on = backend("ollama", key=LOCAL.key, place="process", url="http://127.0.0.1:11434")
    seen = [
        GpuProcessesSeen(
            at=at,
            processes=(
                process(pid=4800, ancestors=(4711,), command="runner", busiest_thread_percent=98.0),
                process(pid=9, busiest_thread_percent=100.0),
            ),
        )
        for at in (11.0, 12.0)
    ]
    run = session(EngineChanged(at=1.0, engine=LOCAL), *seen, *LOOKS, on=on)
    assert run.held_back is not None
    assert run.held_back.cause == "cpu"
    assert "one thread of runner filled 98 % of a core" in sentence(run)


@pytest.mark.parametrize(("before", "after", "cause"), [(2, 9, "kv-memory"), (9, 9, "host")])
def test_preemptions_are_counted_from_before_to_after(before: int, after: int, cause: str) -> None:
    """The engine counts since it started."""
    key = CONTAINER.key
    told = [
        EngineSampled(at=9.9, backend=key, preemptions=before, running=0, waiting=0),
        EngineSampled(at=12.0, backend=key, problem="It did not answer."),
        EngineSampled(at=14.1, backend=key, preemptions=after, running=0, waiting=0),
    ]
    run = session(*told, *LOOKS)
    assert run.held_back is not None
    assert run.held_back.cause == cause


def test_an_engine_that_was_restarted_meanwhile_counts_anew() -> None:
    """A smaller counter is no negative number of preemptions."""
    assert increase(5, 2) is None
    assert increase(None, 2) is None
    assert increase(2, 2) == 0
    assert increase(2, 7.5) == 5.5


def test_the_log_of_steps_shows_what_samples_miss() -> None:
    """Of the embedded engine."""
    steps = (EngineStep(at=11.0, duration=0.01, running=3, waiting=13),)
    told = EngineSampled(at=14.2, backend=CONTAINER.key, step_log=steps, running=0, waiting=0)
    run = session(EngineSampled(at=9.9, backend=CONTAINER.key), told, *LOOKS)
    assert run.held_back is not None
    assert run.held_back.cause == "host"  # all ran together, whatever waited for a moment


def test_a_burst_shorter_than_a_window_is_summed_up_between_quiet_ones() -> None:
    """A burst of 0.09 s, as a window of 0.3 s around it sees it on the H200."""
    quiet = [_window(at, at + 0.1, 0.0) for at in (9.6, 9.7, 9.8, 9.9)]
    after = [_window(10.0, 10.1, 0.0), _window(10.1, 10.2, 36.0), _window(10.2, 10.3, 0.5)]
    told = figures([*quiet, *after], (0,), 10.0, 10.09)
    assert told is not None
    assert told.tensor == pytest.approx((0.0 * 0.1 + 36.0 * 0.1 + 0.5 * 0.1) / 0.09)
    assert told.utilisation is None
    busy = [*quiet[:-1], _window(9.9, 10.0, 50.0), *after]
    none = figures(busy, (0,), 10.0, 10.09)
    assert none is not None
    assert none.tensor is None


def _window(begin: float, end: float, tensor: float) -> GpuSampled:
    window = GpuActivity(begin=begin, end=end, sm=tensor, occupancy=0.0, tensor=tensor, dram=tensor)
    return GpuSampled(at=end, gpus=(Gpu(index=0, name="H200", utilisation=0.0, activity=window),))


def test_a_gpu_that_was_not_seen_meanwhile_tells_nothing() -> None:
    """Neither do values of one that is lost."""
    assert figures([active(1.0, 1.5)], (0,), 10.0, 14.0) is None
    assert figures([active(11.0, 11.5, state="lost")], (0,), 10.0, 14.0) is None


def test_a_series_is_in_order_and_bounded() -> None:
    """Whatever order events come in."""
    series: Series[HostSampled] = Series(kept=10)
    for at in (3.0, 1.0, 2.0, *map(float, range(4, 40))):
        series.add(
            HostSampled(at=at, cpu_percent=1.0, cores=1, memory_used_bytes=1, memory_total_bytes=2)
        )
    assert 10 <= len(series) <= 20
    assert series.newest is not None
    assert series.newest.at == 39.0
    assert _stamps(series.between(35.5, 37.0)) == [36.0, 37.0]
    assert _stamps(series.around(35.5, 37.0)) == [35.0, 36.0, 37.0, 38.0]
    last = series.last_before(36.9)
    assert last is not None
    assert last.at == 36.0
    assert series.last_before(0.0) is None


def _stamps(events: Sequence[HostSampled]) -> list[float]:
    return [event.at for event in events]


def test_looks_at_many_gpus_are_kept_for_a_shorter_time() -> None:
    """A session of hours with sixteen of them stays small."""
    history = History()
    gpus = tuple(Gpu(index=index, name="H200") for index in range(16))
    for at in range(4000):
        history.take(GpuSampled(at=float(at), gpus=gpus))
    assert 750 <= len(history.gpus) <= 1500
