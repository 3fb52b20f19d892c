"""States, ages, whose memory it is, and what a burst shorter than the counter's window may say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from tests.core.bursts import backend, run_of
from tests.core.bursts import wall as wall_of
from tests.tui.bursts import staircase, streaming, wall
from tests.tui.gpu_samples import OLLAMA_ENGINE, PROCESSES, VLLM_ENGINE, h200, look, lost

from burstview import gpu_words as words
from burstview.gauge_extras import TOO_SHORT, believed_look, extras_of
from burstview.gpu_panel import burst_words
from burstview.gpu_shown import OwnedProcess, ShownGpu, memory_by_owner, processes_of
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import GpuProcessesSeen, GpuSampled, SessionStarted
from burstview_engines.core.gpu import Gpu, GpuActivity
from burstview_engines.core.series import History
from burstview_engines.core.views import BackendView, EngineView, Snapshot

STARTED = SessionStarted(at=0.0, version=1, program="test", wall=1795371142.0, host="gpu-box")


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are the machine's."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def gone(now: float) -> Snapshot:
    """GPU 0 has been lost since second 22."""
    return Snapshot(now=now, gpu=lost(look(now, 2), 0, 22.0))


def test_a_lost_gpu_tells_since_when_and_how_old_its_values_are() -> None:
    """By the session's wall clock."""
    clock = words.wall_clock(STARTED)
    gpu = lost(look(30.0, 2), 0, 22.0).gpus[0]
    shown = ShownGpu(gpu, at=30.0)
    assert words.state_words(shown, 30.0, clock) == "LOST since 18:12:44"
    assert words.state_sentence(shown, 30.0, clock) == (
        "LOST since 18:12:44: the last values are 8 s old. See `nvidia-smi` and `dmesg`."
    )


def test_a_slow_driver_tells_how_old_its_values_are() -> None:
    """It may come back; one that is well says nothing."""
    slow = msgspec.structs.replace(h200(), state="slow", seen_at=10.0)
    clock = words.wall_clock(None)
    assert words.state_words(ShownGpu(slow), 13.5, clock) == "slow: values 3 s old"
    assert words.state_words(ShownGpu(h200()), 13.5, clock) == ""


def test_a_burst_shorter_than_the_counters_window_is_too_short_to_measure() -> None:
    """Never 0 %, whatever the counter read."""
    short, long = wall(16, end=0.09), wall(16, end=1.2)
    assert words.utilisation_of_burst(short, 0.0) == "— too short to measure"
    assert words.utilisation_of_burst(short, 50.0) == "— too short to measure"
    assert words.utilisation_of_burst(long, 67.2) == "67%"
    assert words.utilisation_of_burst(long, None) == "—"


def test_a_running_burst_is_not_called_short() -> None:
    """It may still become long."""
    assert not words.is_too_short(streaming(4, now=0.5))


@pytest.mark.parametrize(
    ("reading", "at", "believed"),
    [
        (0.0, 10.05, None),
        (4.0, 10.3, None),
        (40.0, 10.3, 40.0),
        (0.0, 12.0, 0.0),
        (0.0, 9.9, 0.0),
    ],
    ids=["at its begin", "low", "not low", "after a window", "before it"],
)
def test_a_low_reading_in_a_bursts_first_second_is_the_time_before_it(
    reading: float, at: float, believed: float | None
) -> None:
    """A gauge never shows a 0 that the burst cannot have reached."""
    gpu = h200(load=reading)
    assert words.believed(gpu, at, [streaming(4, zero=10.0, now=10.5)]) == believed


def test_after_a_short_burst_a_zero_is_true_again() -> None:
    """The GPU does rest."""
    run = wall(16, end=0.09, zero=10.0)
    assert words.believed(h200(load=0.0), 10.2, [run]) is None
    assert words.believed(h200(load=0.0), 10.4, [run]) == 0.0


def test_bursts_at_other_machines_do_not_touch_our_gauges() -> None:
    """Nor do simulated ones: our GPU's 0 is true."""
    run = streaming(4, zero=10.0, now=10.5)
    away = replace(run, backend=msgspec.structs.replace(run.backend, url="http://10.1.2.3:8000"))
    simulated = replace(run, backend=msgspec.structs.replace(run.backend, simulated=True))
    assert words.believed(h200(load=0.0), 10.1, [away, simulated]) == 0.0


def test_looks_that_are_believed_stay_the_same_object() -> None:
    """So that nothing is drawn again."""
    sample = look(10.1, 2, load=50.0)
    run = streaming(4, zero=10.0, now=10.5)
    assert believed_look(sample, [run]) is sample
    assert believed_look(sample, []) is sample
    doubted = believed_look(look(10.1, 2, load=0.0), [run])
    assert doubted is not None
    assert [gpu.utilisation for gpu in doubted.gpus] == [None, None]


def test_right_after_a_short_burst_the_gauge_says_that_it_was_too_short() -> None:
    """And as long as it is shown again, slower; then it is the live gauge again."""
    clock = words.wall_clock(STARTED)
    run = wall(16, end=0.09, zero=10.0)

    def reading(now: float, again: bool = False) -> set[str]:
        snapshot = Snapshot(now=now, gpu=look(now, 2), runs=(run,))
        extras = extras_of(snapshot, clock, is_shown_again=again)
        return {one.reading for one in extras.values()}

    assert reading(11.0) == {TOO_SHORT}
    assert reading(20.0) == set()
    assert reading(20.0, again=True) == {TOO_SHORT}


def test_the_newest_burst_counts() -> None:
    """A long one after a short one is measured."""
    runs = (wall(16, end=0.09, zero=10.0), staircase(4, zero=11.0))
    snapshot = Snapshot(now=13.5, gpu=look(13.5), runs=runs)
    assert extras_of(snapshot, words.wall_clock(STARTED), is_shown_again=False) == {}


def test_a_lost_gpus_state_is_among_the_extras() -> None:
    """Of that GPU alone."""
    extras = extras_of(gone(30.0), words.wall_clock(STARTED), is_shown_again=False)
    assert {key: one.state for key, one in extras.items()} == {("", 0): "LOST since 18:12:44"}


def test_processes_find_their_engines() -> None:
    """A container by its id, also cut short; a local process by itself or a parent."""
    cut = msgspec.structs.replace(
        PROCESSES[0], pid=4, container=(PROCESSES[0].container or "")[:12]
    )
    snapshot = Snapshot(
        gpu_processes=GpuProcessesSeen(at=0.0, processes=(*PROCESSES, cut)),
        engines=(EngineView(VLLM_ENGINE), EngineView(OLLAMA_ENGINE)),
    )
    owners = [one.engine.name if one.engine else None for one in processes_of(snapshot)]
    assert owners == ["my-vllm", "my-ollama", None, "my-vllm"]


def test_processes_of_servers_that_somebody_started_find_them_by_their_program() -> None:
    """Neither a container nor a process of ours, and the only vLLM on this machine."""
    url = Backend(key="1", name="vLLM", engine="vllm", place="url", url="http://127.0.0.1:8000")
    core = msgspec.structs.replace(PROCESSES[0], container=None, command="VLLM::EngineCore")
    snapshot = Snapshot(
        gpu_processes=GpuProcessesSeen(at=0.0, processes=(core, PROCESSES[2])),
        backends=(BackendView(url, "ready", ""),),
    )
    owned = processes_of(snapshot)
    assert [one.owner for one in owned] == ["vLLM", ""]
    assert memory_by_owner(owned) == {0: [("vLLM", core.memory_bytes)]}


def test_memory_is_summed_by_engine_and_unknown_stays_unknown() -> None:
    """The most first; what belongs to no engine is left out."""
    half = msgspec.structs.replace(PROCESSES[0], gpu=1, memory_bytes=None)
    owned = [
        OwnedProcess(PROCESSES[1], OLLAMA_ENGINE),
        OwnedProcess(PROCESSES[0], VLLM_ENGINE),
        OwnedProcess(PROCESSES[2]),
        OwnedProcess(half, VLLM_ENGINE),
        OwnedProcess(msgspec.structs.replace(half, memory_bytes=5), VLLM_ENGINE),
    ]
    assert memory_by_owner(owned) == {
        0: [("my-vllm", 101_164 << 20), ("my-ollama", 1442 << 20)],
        1: [("my-vllm", None)],
    }


def test_a_simulated_gpus_counters_are_not_late() -> None:
    """Its burst has the figures that held it back, of no window after its end."""
    on = backend("vllm", key="sim", place="embedded", url="", simulated=True)
    run = run_of(wall_of(2, seconds=2.0), on=on)
    samples = History()
    for tenth in range(40):
        begin = tenth / 10
        dram = 80.0 if begin < 1.85 else 0.0
        window = GpuActivity(begin=begin, end=begin + 0.1, tensor=5.0, dram=dram)
        gpu = Gpu(index=0, name="L4", backend="sim", activity=window)
        samples.take(GpuSampled(at=begin + 0.1, simulated=True, gpus=(gpu,)))
    shown = ShownGpu(Gpu(index=0, name="L4", backend="sim"), is_simulated=True)
    assert "DRAM 80%" in burst_words(run, shown, samples)
