"""GPM's windows, against a driver that refreshes its counters when the test wants."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from tests.probes.gpu.fake_nvml import LOST, NOT_SUPPORTED, FakeNvml, refusal

from burstview_engines.probes.nvml.activity import Activity
from burstview_engines.probes.nvml.asking import Asking, GpuLostError
from burstview_engines.probes.nvml.driver_history import Clocks, DriverHistory, thinned
from burstview_engines.probes.nvml.plausible import watts

SHARES = (96.0, 14.0, 93.0, 24.0)


class Gpm(FakeNvml):
    """Its metrics are `shares`; buffers are numbers."""

    def __init__(self, **answers: object) -> None:
        super().__init__(
            {"nvmlGpmSampleGet": lambda buffer: buffer, "nvmlGpmSampleFree": None, **answers}
        )
        self.shares: tuple[float, ...] = SHARES
        self.asked_samples: list[tuple[object, object]] = []
        self.freed: list[object] = []
        self._buffers = iter(range(100))

    def c_nvmlGpmMetricsGet_t(self) -> SimpleNamespace:  # noqa: N802
        metrics = [SimpleNamespace(metricId=0, nvmlReturn=999, value=0.0) for _ in range(4)]
        return SimpleNamespace(metrics=metrics)

    def nvmlGpmSampleAlloc(self) -> object:  # noqa: N802
        return next(self._buffers)

    def nvmlGpmSampleFree(self, buffer: object) -> None:  # noqa: N802
        self.freed.append(buffer)

    def nvmlGpmMetricsGet(self, asked: SimpleNamespace) -> SimpleNamespace:  # noqa: N802
        self.asked_samples.append((asked.sample1, asked.sample2))
        assert [metric.metricId for metric in asked.metrics] == [2, 3, 5, 10]
        for metric, share in zip(asked.metrics, self.shares, strict=True):
            metric.value, metric.nvmlReturn = share, 0 if share >= 0 or math.isnan(share) else 3
        return asked


def watched(nvml: Gpm) -> Activity:
    """Of one card."""
    return Activity(Asking(nvml, ("card", 0)))


def test_windows_join_and_the_buffers_take_turns() -> None:
    """The end of one is the beginning of the next."""
    nvml = Gpm()
    activity = watched(nvml)
    seen = [activity.look(lambda at=at: at) for at in (1.0, 1.5, 1.6)]
    assert seen[0] is None
    assert [(w.begin, w.end, w.tensor) for w in seen[1:] if w] == [(1.0, 1.5, 93), (1.5, 1.6, 93)]
    (first, second), (third, fourth) = nvml.asked_samples
    assert first != second
    assert (third, fourth) == (second, first)


def test_a_look_too_soon_leaves_the_window_open() -> None:
    """Counters are refreshed every tenth of a second only."""
    nvml = Gpm()
    activity = watched(nvml)
    seen = [activity.look(lambda at=at: at) for at in (1.0, 1.05, 1.12)]
    assert seen[1] is None
    assert seen[2] is not None
    assert (seen[2].begin, seen[2].end) == (1.0, 1.12)


def test_counters_that_were_not_refreshed_are_no_zeros() -> None:
    """A share of no memory cycles is not a number: the window stays open."""
    nvml = Gpm()
    activity = watched(nvml)
    activity.look(lambda: 1.0)
    nvml.shares = (0.0, 0.0, 0.0, math.nan)
    assert activity.look(lambda: 1.1) is None
    nvml.shares = SHARES
    seen = activity.look(lambda: 1.2)
    assert seen is not None
    assert (seen.begin, seen.end, seen.sm) == (1.0, 1.2, 96.0)


def test_a_card_that_never_tells_of_its_memory() -> None:
    """After a second the rest is told without it."""
    nvml = Gpm()
    nvml.shares = (50.0, 10.0, 5.0, math.nan)
    activity = watched(nvml)
    activity.look(lambda: 1.0)
    seen = activity.look(lambda: 2.0)
    assert seen is not None
    assert (seen.sm, seen.dram) == (50.0, None)


def test_one_metric_unknown() -> None:
    """The others are told."""
    nvml = Gpm()
    nvml.shares = (50.0, 10.0, -1.0, 7.0)
    activity = watched(nvml)
    activity.look(lambda: 1.0)
    seen = activity.look(lambda: 2.0)
    assert seen is not None
    assert (seen.sm, seen.tensor, seen.dram) == (50.0, None, 7.0)


def test_buffers_are_given_back() -> None:
    """Both of them, once."""
    nvml = Gpm()
    activity = watched(nvml)
    activity.look(lambda: 1.0)
    activity.close()
    activity.close()
    assert sorted(nvml.freed, key=str) == [0, 1]


def test_a_card_without_gpm_is_asked_once() -> None:
    """Then there are no windows."""
    nvml = Gpm(nvmlGpmSampleGet=lambda _: refusal(NOT_SUPPORTED))
    activity = watched(nvml)
    assert [activity.look(lambda at=at: at) for at in (1.0, 2.0, 3.0)] == [None, None, None]
    assert nvml.asked["nvmlGpmSampleGet"] == 1


def test_a_lost_card_is_told() -> None:
    """Here too."""
    nvml = Gpm(nvmlGpmSampleGet=lambda _: refusal(LOST))
    with pytest.raises(GpuLostError):
        watched(nvml).look(lambda: 1.0)


def history(samples: list[tuple[int, int]], now: float, wall: float) -> list[tuple[float, float]]:
    """What a driver's samples (microseconds, milliwatts) are in session seconds and watts."""
    told = [
        SimpleNamespace(timeStamp=at, sampleValue=SimpleNamespace(uiVal=power))
        for at, power in samples
    ]
    nvml = FakeNvml({"nvmlDeviceGetSamples": lambda kind, since: (1, told)})
    clocks = Clocks(lambda: now, iter([0.0, wall]).__next__)
    return list(DriverHistory(0, clocks, watts).look(Asking(nvml, ("card", 0))))


def test_stamps_come_onto_the_sessions_clock() -> None:
    """In order, and only those that can be true."""
    samples = [(1_000_020_000, 300_000), (1_000_000_000, 200_000), (1_000_040_000, 0xFFFFFFFF)]
    assert history(samples, now=7.0, wall=1000.1) == [(6.9, 200.0), (6.92, 300.0)]


def test_stamps_of_another_clock_are_no_stamps() -> None:
    """Microseconds since the machine started, say."""
    assert history([(5_000_000, 200_000)], now=7.0, wall=1000.1) == []
    assert history([(1_009_000_000, 200_000)], now=7.0, wall=1000.1) == []


def test_no_sample_is_told_twice() -> None:
    """Also where the driver gives those again that it gave before."""
    told = [SimpleNamespace(timeStamp=10_000_000, sampleValue=SimpleNamespace(uiVal=1000))]
    nvml = FakeNvml({"nvmlDeviceGetSamples": lambda kind, since: (1, told)})
    history = DriverHistory(0, Clocks(lambda: 10.0, iter([9.0, 10.0, 10.5]).__next__), watts)
    ask = Asking(nvml, ("card", 0))
    assert history.look(ask) == ((10.0, 1.0),)
    assert history.look(ask) == ()


def test_of_a_calm_history_the_peaks_stay() -> None:
    """Each at its own time."""
    seen = [(1.00, 70.0), (1.02, 90.0), (1.24, 71.0), (1.26, 72.0), (1.9, 73.0)]
    assert thinned(seen, 0.25) == ((1.02, 90.0), (1.26, 72.0), (1.9, 73.0))
    assert thinned((), 0.25) == ()
