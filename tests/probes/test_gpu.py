"""The GPU probe, against a driver that answers what the test wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from burstview_engines.core.events import GpuSampled
from burstview_engines.probes.gpu import NO_DEVICE, NO_LIBRARY, NO_PERMISSION, gpu_look, load_nvml


class DriverError(Exception):
    """What the fake driver raises."""


@dataclass
class Numbers:
    """Utilisation or memory, as NVML's structures."""

    gpu: int = 0
    used: int = 0
    total: int = 0


class Driver:
    """An NVML with one H200 that refuses the fields named in `refused`."""

    NVMLError = DriverError
    NVML_TEMPERATURE_GPU = 0
    NVML_CLOCK_SM = 1
    nvmlMemory_v2 = 2  # noqa: N815

    def __init__(self, refused: tuple[str, ...] = (), count: int = 1, broken: str = "") -> None:
        self.refused = refused
        self.count = count
        self.broken = broken

    def nvmlInit(self) -> None:  # noqa: N802
        if self.broken:
            raise DriverError(self.broken)

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self.count

    def nvmlDeviceGetHandleByIndex(self, index: int) -> object:  # noqa: N802
        return ("card", index)

    def __getattr__(self, name: str) -> Any:
        answers: dict[str, object] = {
            "nvmlDeviceGetName": b"NVIDIA H200",
            "nvmlDeviceGetUtilizationRates": Numbers(gpu=95),
            "nvmlDeviceGetMemoryInfo": Numbers(used=98, total=143),
            "nvmlDeviceGetMemoryInfo v2": Numbers(used=97, total=143),
            "nvmlDeviceGetPowerUsage": 412_000,
            "nvmlDeviceGetEnforcedPowerLimit": 700_000,
            "nvmlDeviceGetTemperature": 48,
            "nvmlDeviceGetClockInfo": 1980,
        }

        def answer(handle: object, *kind: int) -> object:
            called = f"{name} v2" if kind == (self.nvmlMemory_v2,) else name
            if name in self.refused or called in self.refused:
                raise DriverError("Not Supported")
            return answers[called]

        return answer


def look_at(driver: Driver) -> GpuSampled:
    """The first look, at second 7."""
    seen = gpu_look(lambda: 7.0, lambda: driver)()
    assert seen is not None
    return seen


def test_all_fields() -> None:
    """Watts come in watts, memory in bytes, utilisation in percent."""
    seen = look_at(Driver())
    gpu = seen.gpus[0]
    assert (seen.at, seen.problem, gpu.name) == (7.0, None, "NVIDIA H200")
    assert (gpu.utilisation, gpu.memory_used_bytes, gpu.memory_total_bytes) == (95.0, 97, 143)
    assert (gpu.power_watts, gpu.power_limit_watts) == (412.0, 700.0)
    assert (gpu.temperature_celsius, gpu.sm_clock_mhz) == (48.0, 1980.0)


def test_an_older_driver_counts_its_reserve_as_used() -> None:
    """Without the second version of the call the first has to do."""
    old = Driver(refused=("nvmlDeviceGetMemoryInfo v2",))
    assert look_at(old).gpus[0].memory_used_bytes == 98


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        ("nvmlDeviceGetUtilizationRates", "utilisation"),
        ("nvmlDeviceGetMemoryInfo", "memory_used_bytes"),
        ("nvmlDeviceGetPowerUsage", "power_watts"),
        ("nvmlDeviceGetEnforcedPowerLimit", "power_limit_watts"),
        ("nvmlDeviceGetTemperature", "temperature_celsius"),
        ("nvmlDeviceGetClockInfo", "sm_clock_mhz"),
    ],
)
def test_one_field_unknown(refused: str, field: str) -> None:
    """A field that the driver refuses is unknown, and only that one."""
    gpu = look_at(Driver(refused=(refused,))).gpus[0]
    fields = ["utilisation", "power_watts", "power_limit_watts", "temperature_celsius"]
    assert getattr(gpu, field) is None
    assert all(getattr(gpu, other) is not None for other in fields if other != field)


@pytest.mark.parametrize(
    ("driver", "sentence"),
    [
        (Driver(broken="NVML Shared Library Not Found"), NO_LIBRARY),
        (Driver(broken="Insufficient Permissions"), NO_PERMISSION),
        (Driver(count=0), NO_DEVICE),
    ],
)
def test_problem_said_once(driver: Driver, sentence: str) -> None:
    """No driver, no permission, no card: one sentence, then silence."""
    look = gpu_look(lambda: 1.0, lambda: driver)
    assert look() == GpuSampled(at=1.0, problem=sentence)
    assert look() is None


def test_real_library() -> None:
    """The real library answers here, with GPUs or with one sentence."""
    seen = gpu_look(lambda: 0.0, load_nvml)()
    assert seen is not None
    assert bool(seen.gpus) != bool(seen.problem)
