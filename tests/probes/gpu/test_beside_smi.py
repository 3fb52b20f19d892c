"""Two real H100s: our probe and nvidia-smi said the same, and short bursts were seen."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.benchmarks.smi_comparison import GAUGES, Field, compared, facts_that_differ
from tests.probes.gpu.recorded import recorded, samples, smi, text

from burstview_engines.core.events import GpuProcessesSeen, GpuSampled, GpusFound
from burstview_engines.core.gpu import ACTIVITY_LAG, Gpu, GpuActivity

BUSY_WATTS = 300.0


def facts() -> GpusFound:
    """The newest."""
    return [event for event in recorded()[1] if isinstance(event, GpusFound)][-1]


def windows(index: int = 0) -> list[GpuActivity]:
    """GPM's, of one GPU."""
    seen = [gpu for sample in samples() for gpu in sample.gpus if gpu.index == index]
    return [gpu.activity for gpu in seen if gpu.activity is not None]


def power(index: int = 0) -> list[tuple[float, float]]:
    """The driver's own history of one GPU."""
    seen = [gpu for sample in samples() for gpu in sample.gpus if gpu.index == index]
    return [one for gpu in seen for one in gpu.power_history]


def bursts() -> list[tuple[float, float]]:
    """Where GPU 0 drew much power for a short time, with nothing else going on."""
    high = [at for at, watts in power() if watts > BUSY_WATTS]
    begins = [high[0], *(b for a, b in pairwise(high) if b - a > 0.3)]
    ends = [*(a for a, b in pairwise(high) if b - a > 0.3), high[-1]]
    return [(a, b) for a, b in zip(begins, ends, strict=True) if 0.02 < b - a < 0.3]


@pytest.mark.parametrize("stretch", ["idle", "load"])
@pytest.mark.parametrize("field", GAUGES, ids=lambda field: field.theirs)
def test_every_gauge_is_nvidia_smis(stretch: str, field: Field) -> None:
    """Equal to a row at most 0.6 s away; what changes tenfold a second is at most between two."""
    found = {one.name: one for one in compared(samples(), smi(stretch))}[field.theirs]
    assert found.compared >= 20
    assert found.outside == ()
    assert found.between <= 1


def test_facts_are_nvidia_smis() -> None:
    """Names, limits, maxima, modes: of both GPUs."""
    assert facts_that_differ(facts().facts, smi("idle")) == []
    assert facts().driver == "580.159.04"
    assert facts().cuda == re.findall(r"CUDA Version\s*: (\S+)", text("smi-q.txt"))[0]


def test_temperature_limits() -> None:
    """nvidia-smi gives them as distances from the highest normal temperature."""
    gpu = facts().facts[0]
    distances = [
        int(found) for found in re.findall(r"T.Limit Temp\s*: (-?\d+) C", text("smi-q.txt"))
    ]
    highest = gpu.temperature_max_celsius
    assert highest is not None
    assert gpu.temperature_shutdown_celsius == highest - distances[1]
    assert gpu.temperature_slowdown_celsius == highest - distances[2]


def test_processes_are_nvidia_smis() -> None:
    """The same pids with the same memory, and what they used of the GPU."""
    pid, name, mib = text("compute-apps.csv").strip().split(", ")
    listed = [
        process
        for event in recorded()[1]
        if isinstance(event, GpuProcessesSeen)
        for process in event.processes
    ]
    assert {process.pid for process in listed} == {int(pid)}
    assert int(mib) in {(process.memory_bytes or 0) >> 20 for process in listed}
    assert all((process.command or "").startswith(name) for process in listed)
    shares = {int(row.split()[3]) for row in text("pmon.txt").splitlines() if pid in row}
    assert shares & {process.sm_percent for process in listed}
    assert max(process.busiest_thread_percent or 0 for process in listed) == 100


def test_the_gauges_follow_a_load() -> None:
    """Utilisation, power, clock and GPM, from nothing to a full card."""
    idle, busy = (
        gpu_at(8.0),
        max((s.gpus[0] for s in samples()), key=lambda gpu: gpu.power_watts or 0),
    )
    assert (idle.utilisation, idle.memory_used_bytes) == (0, 0)
    assert (idle.power_watts or 0) < 80
    assert (busy.power_watts or 0) > 650
    assert (busy.sm_clock_mhz or 0) > 3 * (idle.sm_clock_mhz or 0)
    assert max(window.tensor or 0 for window in windows()) > 90
    assert max(window.tensor or 0 for window in windows(1)) < 1


def test_memory_follows_growth() -> None:
    """Every GiB of eight shows on the way up."""
    sizes = [gpu.memory_used_bytes or 0 for gpu in (sample.gpus[0] for sample in samples())]
    steps = {round((b - a) / (1 << 30)) for a, b in pairwise(sizes)}
    assert max(sizes) - sorted(set(sizes))[1] >= 8 << 30
    assert 1 in steps
    assert max(steps) == 1  # never two between looks


def test_windows_join() -> None:
    """GPM's windows leave no moment out, from the first look to the last."""
    for index in (0, 1):
        seen = windows(index)
        assert [(a.end, b.begin) for a, b in pairwise(seen) if a.end != b.begin] == []
        assert seen[-1].end - seen[0].begin > 50


def test_the_driver_keeps_power_every_20_ms() -> None:
    """None is told twice, and none is missing but for the driver's own jitter."""
    stamps = [at for at, _ in power()]
    gaps = sorted(b - a for a, b in pairwise(stamps))
    assert gaps[0] > 0
    assert gaps[len(gaps) // 2] == pytest.approx(0.02, abs=0.001)
    assert len([gap for gap in gaps if gap > 0.05]) <= len(gaps) / 100


def test_a_burst_of_90_ms_shows() -> None:
    """Utilisation may read 0 right after it; GPM's windows hold all of it."""
    seen = bursts()
    assert len(seen) == 8
    right_after = [gpu_at(end).utilisation for _, end in seen]
    assert 0 in right_after
    lags = []
    for begin, end in seen:
        near = [w for w in windows() if begin - 0.3 < w.begin and w.end < end + 0.6]
        shares = [((w.begin + w.end) / 2, (w.end - w.begin) * (w.sm or 0) / 100) for w in near]
        worked = sum(share for _, share in shares)
        assert worked == pytest.approx(0.077, abs=0.012)
        lags.append(sum(at * share for at, share in shares) / worked - (begin + end) / 2)
    assert sum(lags) / len(lags) == pytest.approx(ACTIVITY_LAG, abs=0.03)


def test_nvlink_rate() -> None:
    """A copy from GPU 0 to GPU 1 that moved 389 GB/s by its own count."""
    sent = max(gpu_of(sample, 0).nvlink_sent_bytes_per_second or 0 for sample in samples())
    received = max(gpu_of(sample, 1).nvlink_received_bytes_per_second or 0 for sample in samples())
    assert sent == pytest.approx(389e9, rel=0.02)
    assert received == pytest.approx(389e9, rel=0.02)
    assert [(one.nvlinks, one.nvlink_version) for one in facts().facts] == [(18, 4), (18, 4)]


def gpu_at(at: float) -> Gpu:
    """GPU 0 at the first look after a moment."""
    return samples(at)[0].gpus[0]


def gpu_of(sample: GpuSampled, index: int) -> Gpu:
    """One GPU of a sample."""
    return next(gpu for gpu in sample.gpus if gpu.index == index)
