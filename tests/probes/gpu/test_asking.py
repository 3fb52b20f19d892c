"""Questions to one GPU: what cannot be answered is asked once only."""

from __future__ import annotations

import pytest
from tests.probes.gpu.fake_nvml import LOST, NOT_SUPPORTED, FakeNvml, refusal

from burstview_engines.probes.nvml.asking import Asking, GpuLostError
from burstview_engines.probes.nvml.driver_history import Clocks, DriverHistory
from burstview_engines.probes.nvml.facts import facts_of, links_of
from burstview_engines.probes.nvml.plausible import watts
from burstview_engines.probes.nvml.quick import quick_gauges


def asking(nvml: FakeNvml) -> Asking:
    """Of its first card."""
    return Asking(nvml, nvml.nvmlDeviceGetHandleByIndex(0))


@pytest.mark.parametrize("final", [3, 13, 25, 26])
def test_what_is_not_supported_is_asked_once(final: int) -> None:
    """Also where the library lacks the symbol."""
    nvml = FakeNvml({"nvmlDeviceGetFanSpeed": refusal(final)})
    ask = asking(nvml)
    assert [ask(nvml.nvmlDeviceGetFanSpeed) for _ in range(3)] == [None, None, None]
    assert nvml.asked["nvmlDeviceGetFanSpeed"] == 1


def test_what_failed_this_time_is_asked_again() -> None:
    """A timeout says nothing of the next time."""
    told = iter([refusal(10), 55])
    nvml = FakeNvml({"nvmlDeviceGetFanSpeed": lambda: next(told)})
    ask = asking(nvml)
    assert [ask(nvml.nvmlDeviceGetFanSpeed) for _ in range(2)] == [None, 55]


def test_a_threshold_that_is_missing_is_no_other() -> None:
    """One function asks for several things; each is learned for itself."""
    nvml = FakeNvml(
        {"nvmlDeviceGetTemperatureThreshold": lambda kind: refusal(3) if kind == 2 else 90}
    )
    facts = facts_of(asking(nvml), 0)
    assert facts.memory_temperature_max_celsius is None
    assert facts.temperature_slowdown_celsius == 90.0


def test_each_field_value_has_an_error_of_its_own() -> None:
    """The one that is not supported is left out of the next question."""
    nvml = FakeNvml(_186=75_968)
    ask = asking(nvml)
    assert ask.fields(186, 82) == (75_968, None)
    assert ask.fields(186, 82) == (75_968, None)
    assert (nvml.asked["field 186"], nvml.asked["field 82"]) == (2, 1)


def test_a_lost_gpu_is_told_at_the_first_question() -> None:
    """It is no field that is unknown, but the whole."""
    nvml = FakeNvml({"nvmlDeviceGetUtilizationRates": refusal(LOST)})
    with pytest.raises(GpuLostError):
        quick_gauges(asking(nvml), 0, "H100")


def test_a_history_that_is_not_kept_is_asked_once() -> None:
    """Though each question would be about another time."""
    nvml = FakeNvml({"nvmlDeviceGetSamples": refusal(NOT_SUPPORTED)})
    clock = iter(range(100))
    history = DriverHistory(0, Clocks(lambda: 0.0, lambda: float(next(clock))), watts)
    ask = asking(nvml)
    assert [history.look(ask) for _ in range(3)] == [(), (), ()]
    assert nvml.asked["nvmlDeviceGetSamples"] == 1


@pytest.mark.parametrize(
    ("states", "links"),
    [
        ([refusal(3)], (0, None)),
        ([refusal(999)], (None, None)),
        ([0, 0, refusal(2)], (0, None)),
        ([0, 1, 1, refusal(2)], (2, 4)),
    ],
)
def test_links(states: list[object], links: tuple[int | None, int | None]) -> None:
    """Those that are up are counted; a card that has none says so."""
    nvml = FakeNvml(
        {"nvmlDeviceGetNvLinkState": lambda link: states[link], "nvmlDeviceGetNvLinkVersion": 6}
    )
    assert links_of(asking(nvml)) == links
