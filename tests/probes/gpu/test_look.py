"""One look at the GPUs, against a driver that answers what the test wants."""

from __future__ import annotations

import pytest
from tests.probes.gpu.fake_nvml import NOT_SUPPORTED, FakeNvml, refusal

from burstview_engines.core.events import GpuSampled
from burstview_engines.probes.gpu import (
    NO_DEVICE,
    NO_PERMISSION,
    NOT_LOADED,
    WRONG_DRIVER,
    gpu_look,
    load_nvml,
)


def look_at(driver: FakeNvml) -> GpuSampled:
    """The first look, at second 7."""
    seen = gpu_look(lambda: 7.0, lambda: driver)()
    assert seen is not None
    return seen


def test_all_fields() -> None:
    """Watts come in watts, memory in bytes, utilisation in percent."""
    seen = look_at(FakeNvml(_186=430_000, _82=51))
    gpu = seen.gpus[0]
    assert (seen.at, seen.problem, gpu.name) == (7.0, None, "NVIDIA H100")
    assert (gpu.utilisation, gpu.memory_utilisation) == (95.0, 20.0)
    assert (gpu.memory_used_bytes, gpu.memory_total_bytes) == (97, 143)
    assert (gpu.power_watts, gpu.power_average_watts, gpu.power_limit_watts) == (430, 412, 700)
    assert (gpu.temperature_celsius, gpu.memory_temperature_celsius) == (48.0, 51.0)
    assert (gpu.sm_clock_mhz, gpu.performance_state) == (1980.0, 0)
    assert gpu.throttle_reasons == ("power cap",)


def test_an_older_driver_counts_its_reserve_as_used() -> None:
    """Without the second version of the call the first has to do."""
    old = FakeNvml({"nvmlDeviceGetMemoryInfo v2": refusal(NOT_SUPPORTED)})
    assert look_at(old).gpus[0].memory_used_bytes == 98


def test_a_card_without_instant_power_shows_the_average() -> None:
    """Both fields then say the same."""
    gpu = look_at(FakeNvml()).gpus[0]
    assert (gpu.power_watts, gpu.power_average_watts) == (412.0, 412.0)


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        ("nvmlDeviceGetUtilizationRates", "utilisation"),
        ("nvmlDeviceGetMemoryInfo", "memory_used_bytes"),
        ("nvmlDeviceGetPowerUsage", "power_watts"),
        ("nvmlDeviceGetEnforcedPowerLimit", "power_limit_watts"),
        ("nvmlDeviceGetTemperature", "temperature_celsius"),
        ("nvmlDeviceGetClockInfo", "sm_clock_mhz"),
        ("nvmlDeviceGetCurrentClocksThrottleReasons", "throttle_reasons"),
    ],
)
@pytest.mark.parametrize("error", [NOT_SUPPORTED, 13, 999])
def test_one_field_unknown(refused: str, field: str, error: int) -> None:
    """A field that the driver refuses is unknown, and only that one."""
    driver = FakeNvml({refused: refusal(error), f"{refused} v2": refusal(error)})
    gpu = look_at(driver).gpus[0]
    fields = ["utilisation", "power_watts", "power_limit_watts", "temperature_celsius"]
    assert getattr(gpu, field) is None
    assert all(getattr(gpu, other) is not None for other in fields if other != field)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"nvmlInit": refusal(4)}, NO_PERMISSION),
        ({"nvmlInit": refusal(9)}, NOT_LOADED),
        ({"nvmlInit": refusal(18)}, WRONG_DRIVER),
        ({"nvmlDeviceGetCount": 0}, NO_DEVICE),
    ],
)
def test_problem_said_once(answers: dict[str, object], sentence: str) -> None:
    """No driver, no permission, no card: one sentence, then silence."""
    look = gpu_look(lambda: 1.0, lambda: FakeNvml(answers))
    assert look() == GpuSampled(at=1.0, problem=sentence)
    assert look() is None


def test_a_card_that_cannot_be_opened_is_left_out() -> None:
    """The others are there all the same."""

    def handle(index: int) -> object:
        return refusal(4) if index == 0 else ("card", index)

    answers = {"nvmlDeviceGetCount": 2, "nvmlDeviceGetHandleByIndex": handle}
    assert [gpu.index for gpu in look_at(FakeNvml(answers)).gpus] == [1]


def test_real_library() -> None:
    """The real library answers here, with GPUs or with one sentence."""
    seen = gpu_look(lambda: 0.0, load_nvml)()
    assert seen is not None
    assert bool(seen.gpus) != bool(seen.problem)
