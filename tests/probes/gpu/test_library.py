"""The whole probe on a library without a GPU: many GPUs, lost ones, missing symbols, hangs."""

from __future__ import annotations

import itertools
import os

import pytest
from tests.probes.gpu.fake_library import FakeLibrary, Told

from burstview_engines.core.events import encode

EXIT = 0.5 if os.getloadavg()[0] < 2 * (os.cpu_count() or 1) else 3.0
"""Seconds that a process may take to end; more where other work has the machine."""
GAP = 1.2
"""Seconds between two samples at the calm rate of two a second."""


def assert_ends_at_once(told: Told) -> None:
    """Whatever a driver does."""
    assert told.stop < 0.1
    assert told.exit < EXIT


@pytest.mark.parametrize("count", [1, 2, 8, 16])
def test_many_gpus(library: FakeLibrary, count: int) -> None:
    """All are in every sample, in order, and their facts are told once."""
    told = library.watch(1.3, gpus=count)
    assert {tuple(gpu.index for gpu in one.gpus) for one in told.samples} == {tuple(range(count))}
    assert len(told.found[-1].facts) == count
    assert told.found[-1].driver == "580.159.04"
    assert told.found[-1].cuda == "13.0"
    assert told.longest_gap() < GAP
    assert_ends_at_once(told)


def test_all_fields_are_known(library: FakeLibrary) -> None:
    """Of a complete library; only the fan is missing, as on the real card."""
    told = library.watch(5.6, gpus=2)
    _, gpu = list(told.gpu(1))[-1]
    unknown = {name for name in gpu.__struct_fields__ if getattr(gpu, name) is None}
    assert unknown == {"state_since", "seen_at", "fan_percent", "backend"}
    facts = told.found[-1].facts[1]
    assert [name for name in facts.__struct_fields__ if getattr(facts, name) is None] == []
    assert (facts.nvlinks, facts.nvlink_version, facts.has_gpm) == (18, 4, True)
    assert gpu.nvlink_received_bytes_per_second == pytest.approx(2_000_000 * 1024, rel=0.01)


def test_histories_join(library: FakeLibrary) -> None:
    """Power every 20 ms and GPM's windows have no gap and no overlap, hurried or not."""
    told = library.watch(2.5, "--hurry-at", "1.3", "--wait")
    looks = [gpu for _, gpu in told.gpu(0)]
    stamps = [at for gpu in looks for at, _ in gpu.power_history]
    assert all(0.01 < b - a < 0.03 for a, b in itertools.pairwise(stamps))
    assert stamps[-1] - stamps[0] > 1.8
    windows = [gpu.activity for gpu in looks if gpu.activity is not None]
    assert all(a.end == b.begin for a, b in itertools.pairwise(windows))
    assert min(window.end - window.begin for window in windows) > 0.09
    assert len([window for window in windows if window.end > 1.4]) >= 8
    assert told.live_samples == 0


def test_a_calm_hour_of_eight_gpus_fits_a_recording(library: FakeLibrary) -> None:
    """Less than 30 MB."""
    told = library.watch(6.0, gpus=8)
    assert len(told.samples) >= 5
    assert sum(len(encode(sample)) for sample in told.samples) / 6.0 * 3600 < 30e6


def test_an_older_driver(old_library: FakeLibrary) -> None:
    """What its library lacks is unknown, the rest is there."""
    told = old_library.watch(1.3, pids=os.getpid())
    _, gpu = list(told.gpu(0))[-1]
    assert (gpu.utilisation, gpu.power_watts, gpu.activity) == (99.0, 699.181, None)
    assert gpu.power_history == ()
    assert gpu.memory_used_bytes == 503316480 + (1 << 30)  # with the reserve: the old call
    assert not told.found[-1].facts[0].has_gpm
    assert [process.pid for process in told.processes[-1].processes] == [os.getpid()]


def test_no_impossible_number(library: FakeLibrary) -> None:
    """What cannot be true is unknown."""
    told = library.watch(1.3, wild=1, pids=os.getpid())
    _, gpu = list(told.gpu(0))[-1]
    assert (gpu.utilisation, gpu.memory_used_bytes) == (None, None)
    assert (gpu.memory_utilisation, gpu.memory_total_bytes) == (32.0, 85520809984)
    process = told.processes[-1].processes[0]
    assert (process.memory_bytes, process.sm_percent, process.memory_percent) == (None, None, 22.0)


def test_invalid_pids_keep_their_row(library: FakeLibrary) -> None:
    """0, and one that is gone: what the driver says of them is known, the rest is not."""
    told = library.watch(1.3, pids=f"0,{os.getpid()},4194303")
    none, mine, gone = told.processes[-1].processes
    assert (none.pid, none.command, none.memory_bytes) == (0, None, 1 << 30)
    assert (gone.pid, gone.command, gone.user) == (4194303, None, None)
    assert mine.command is not None
    assert mine.sm_percent == 97.0
    assert os.getppid() in mine.ancestors


def test_mig(library: FakeLibrary) -> None:
    """Instances with their memory and activity; what the split GPU itself does is not told."""
    told = library.watch(3.0, gpus=2, mig=0, pids=os.getpid())
    _, split = list(told.gpu(0))[-1]
    _, whole = list(told.gpu(1))[-1]
    assert [one.gpu_instance for one in split.mig] == [1, 2]
    assert [one.name for one in split.mig] == ["1g.10gb", "1g.10gb"]
    assert split.mig[0].memory_used_bytes == 1 << 30
    assert split.mig[0].activity is not None
    assert (split.activity, split.utilisation) == (None, None)
    assert (whole.mig, whole.activity is None) == ((), False)
    assert [facts.mig for facts in told.found[-1].facts] == [True, False]
    instances = {one.gpu: one.mig_instance for one in told.processes[-1].processes}
    assert instances == {0: 1, 1: None}


def test_a_gpu_is_lost_and_comes_back(library: FakeLibrary) -> None:
    """Its last good values stay, with their age; the other GPU goes on."""
    told = library.watch(4.5, gpus=2, lost="0@1-2.2")
    states = [gpu.state for _, gpu in told.gpu(0)]
    assert [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state] == [
        "ok",
        "lost",
        "ok",
    ]
    lost = [(at, gpu) for at, gpu in told.gpu(0) if gpu.state == "lost"]
    since = {gpu.state_since for _, gpu in lost}
    assert len(since) == 1
    assert all(1 <= begin < 2.0 for begin in since if begin is not None)
    assert all(gpu.utilisation is not None and gpu.activity is None for _, gpu in lost)
    assert all(gpu.seen_at is not None and gpu.seen_at < at for at, gpu in lost)
    assert {gpu.state for _, gpu in told.gpu(1)} == {"ok"}
    in_time = [gpu for _, gpu in told.gpu(0) if gpu.seen_at is None]
    assert in_time[-1].activity is not None


def test_a_call_that_hangs_holds_up_no_other_gpu(library: FakeLibrary) -> None:
    """Slow after two seconds, with the last good values; then all stops at once."""
    told = library.watch(4.0, gpus=2, hang="nvmlDeviceGetUtilization:0@0.7-31")
    states = [(at, gpu) for at, gpu in told.gpu(0)]
    assert states[-1][1].state == "slow"
    assert {gpu.state for at, gpu in states if at < 2.5} == {"ok"}
    _, slow = states[-1]
    assert slow.seen_at is not None
    assert slow.seen_at < 1.2
    assert slow.state_since == pytest.approx(slow.seen_at + 0.75, abs=0.25)
    assert slow.utilisation == 99.0
    assert {(gpu.state, gpu.seen_at) for _, gpu in told.gpu(1)} == {("ok", None)}
    assert told.longest_gap() < GAP
    assert_ends_at_once(told)


@pytest.mark.parametrize(
    "call", ["nvmlDeviceGetPcie", "nvmlDeviceGetProcess", "nvmlGpmSampleGet", "nvmlDeviceGetUUID"]
)
def test_hangs_in_dear_calls(library: FakeLibrary, call: str) -> None:
    """On whatever thread: samples keep coming, and the process ends."""
    told = library.watch(2.9, gpus=2, hang=f"{call}:1@0-31")
    assert told.longest_gap() < GAP
    assert len([gpu for _, gpu in told.gpu(0) if gpu.seen_at is None]) >= 4
    assert_ends_at_once(told)


def test_all_gpus_hang(library: FakeLibrary) -> None:
    """Even then somebody tells how they stand."""
    told = library.watch(3.2, gpus=1, hang="nvmlDevice:0@0.2-31")
    assert told.samples[-1].gpus[0].state == "slow"
    assert told.longest_gap() < GAP
    assert_ends_at_once(told)


def test_a_driver_that_hangs_at_the_start(library: FakeLibrary) -> None:
    """One sentence after two seconds, another after four; the process ends all the same."""
    told = library.watch(4.6, hang_init=30)
    assert [sample.problem for sample in told.samples] == [
        "The NVIDIA driver has not answered for 2 s.",
        "The NVIDIA driver has not answered for 4 s.",
    ]
    assert_ends_at_once(told)


def test_a_driver_that_answers_late(library: FakeLibrary) -> None:
    """After the sentence the GPUs come."""
    told = library.watch(4.2, hang_init=3)
    assert told.samples[0].problem == "The NVIDIA driver has not answered for 2 s."
    assert told.samples[-1].gpus[0].utilisation is not None


@pytest.mark.parametrize(
    ("code", "word"), [(4, "refuses"), (9, "modprobe"), (18, "reload the driver"), (999, "dmesg")]
)
def test_a_driver_that_refuses(library: FakeLibrary, code: int, word: str) -> None:
    """One sentence, once."""
    told = library.watch(0.8, "--hurry-at", "0.4", init=code)
    (sample,) = told.samples
    assert word in (sample.problem or "")
    assert_ends_at_once(told)


def test_hurry_looks_at_once(library: FakeLibrary) -> None:
    """And then every tenth of a second."""
    told = library.watch(1.9, "--hurry-at", "0.8")
    at = [sample.at for sample in told.samples if sample.at > 0.75]
    assert at[0] < 0.95
    assert len(at) >= 7
