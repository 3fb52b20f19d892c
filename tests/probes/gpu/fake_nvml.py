"""An NVML that answers what a test wants, in place of pynvml."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

NOT_SUPPORTED, NOT_FOUND, LOST, UNKNOWN = 3, 6, 15, 999


class FakeError(Exception):
    """As pynvml's: with NVML's number."""

    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


def refusal(value: int) -> FakeError:
    """For `answers`: the call fails so."""
    return FakeError(value)


def field(number: int, value: int | None, kind: int = 1) -> SimpleNamespace:
    """One field's answer; None: not supported."""
    return SimpleNamespace(
        fieldId=number,
        nvmlReturn=NOT_SUPPORTED if value is None else 0,
        valueType=kind,
        value=SimpleNamespace(uiVal=value, ullVal=value, siVal=value, dVal=value),
    )


H100: dict[str, object] = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlSystemGetDriverVersion": "580.159.04",
    "nvmlSystemGetCudaDriverVersion_v2": 13000,
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetName": b"NVIDIA H100",
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=95, memory=20),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=98, total=143, reserved=0),
    "nvmlDeviceGetMemoryInfo v2": SimpleNamespace(used=97, total=143, reserved=1),
    "nvmlDeviceGetPowerUsage": 412_000,
    "nvmlDeviceGetEnforcedPowerLimit": 700_000,
    "nvmlDeviceGetTemperature": 48,
    "nvmlDeviceGetClockInfo": 1980,
    "nvmlDeviceGetPerformanceState": 0,
    "nvmlDeviceGetCurrentClocksThrottleReasons": 4,
    "nvmlDeviceGetCurrPcieLinkGeneration": 5,
}


class FakeNvml:
    """One H100 unless `answers` says otherwise; what is in neither is not supported.

    An answer may be an exception, or a function of the call's arguments after the handle.
    """

    NVMLError = FakeError

    def __init__(self, answers: dict[str, object] | None = None, **fields: int | None) -> None:
        self.answers = {**H100, **(answers or {})}
        self.fields = {int(name[1:]): value for name, value in fields.items()}
        """Field values: `_186=75968`."""
        self.asked: Counter[str] = Counter()

    def nvmlDeviceGetHandleByIndex(self, index: int) -> object:  # noqa: N802
        return self._answer("nvmlDeviceGetHandleByIndex", ("card", index), index)

    def nvmlDeviceGetFieldValues(self, handle: object, wanted: Any) -> Any:  # noqa: N802
        self.asked["nvmlDeviceGetFieldValues"] += 1
        numbers = [one[0] if isinstance(one, tuple) else one for one in wanted]
        self.asked.update(f"field {number}" for number in numbers)
        return [field(number, self.fields.get(number)) for number in numbers]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)
        call = _Call(self, name)
        setattr(self, name, call)  # the same object each time, as a function of a module is
        return call

    def _answer(self, name: str, otherwise: object, *arguments: object) -> Any:
        self.asked[name] += 1
        answer = self.answers.get(name, otherwise)
        if callable(answer) and not isinstance(answer, SimpleNamespace):
            answer = answer(*arguments)
        if isinstance(answer, FakeError):
            raise answer
        return answer


class _Call:
    def __init__(self, nvml: FakeNvml, name: str) -> None:
        self._nvml, self._name = nvml, name

    def __call__(self, *arguments: Any) -> Any:
        name = self._name
        if name == "nvmlDeviceGetMemoryInfo" and len(arguments) > 1:
            name += " v2"
        return self._nvml._answer(name, FakeError(NOT_SUPPORTED), *arguments[1:])
