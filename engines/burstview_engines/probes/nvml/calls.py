"""What is used of pynvml, as types; tests pass another that answers what they want."""

# ruff: noqa: N802, N815 -- NVML's own names

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class NvmlError(Protocol):
    """An exception of pynvml."""

    value: int


class Memory(Protocol):
    """Bytes; `reserved` is told by the second version of the call only."""

    used: int
    total: int


class ReservedMemory(Memory, Protocol):
    """The second version: `used` leaves out what the driver reserves."""

    reserved: int


class Bar1Memory(Protocol):
    """Bytes."""

    bar1Used: int
    bar1Total: int


class Rates(Protocol):
    """Percent of the last sample period."""

    gpu: int
    memory: int


class Pci(Protocol):
    """Where it sits."""

    busId: str | bytes


class Number(Protocol):
    """NVML's union: which member counts is told beside it."""

    dVal: float
    uiVal: int
    ulVal: int
    ullVal: int
    sllVal: int
    siVal: int
    usVal: int


class FieldValue(Protocol):
    """One field's answer, with an error of its own."""

    fieldId: int
    nvmlReturn: int
    valueType: int
    value: Number


class Sample(Protocol):
    """One entry of a history that the driver keeps; microseconds of the wall clock."""

    timeStamp: int
    sampleValue: Number


class RunningProcess(Protocol):
    """One process that holds a context on a GPU."""

    pid: int
    usedGpuMemory: int | None
    gpuInstanceId: int


class ProcessUse(Protocol):
    """What one process used of a GPU."""

    pid: int
    timeStamp: int
    smUtil: int
    memUtil: int


class GpmSupport(Protocol):
    """Whether GPM can be sampled."""

    isSupportedDevice: int


class GpmMetric(Protocol):
    """One metric of a window."""

    metricId: int
    nvmlReturn: int
    value: float


class GpmMetrics(Protocol):
    """What is asked of two samples, and its answer."""

    version: int
    numMetrics: int
    sample1: object
    sample2: object
    metrics: Sequence[GpmMetric]


class Nvml(Protocol):
    """The calls, as pynvml has them."""

    NVMLError: type[Exception]

    def c_nvmlGpmMetricsGet_t(self) -> GpmMetrics: ...

    def nvmlInit(self) -> None: ...
    def nvmlShutdown(self) -> None: ...
    def nvmlSystemGetDriverVersion(self) -> str | bytes: ...
    def nvmlSystemGetCudaDriverVersion_v2(self) -> int: ...
    def nvmlDeviceGetCount(self) -> int: ...
    def nvmlDeviceGetHandleByIndex(self, index: int) -> object: ...
    def nvmlDeviceGetName(self, handle: object) -> str | bytes: ...
    def nvmlDeviceGetUUID(self, handle: object) -> str | bytes: ...
    def nvmlDeviceGetPciInfo(self, handle: object) -> Pci: ...
    def nvmlDeviceGetArchitecture(self, handle: object) -> int: ...
    def nvmlDeviceGetUtilizationRates(self, handle: object) -> Rates: ...
    def nvmlDeviceGetMemoryInfo(
        self, handle: object, version: int | None = None
    ) -> ReservedMemory: ...
    def nvmlDeviceGetBAR1MemoryInfo(self, handle: object) -> Bar1Memory: ...
    def nvmlDeviceGetPowerUsage(self, handle: object) -> int: ...
    def nvmlDeviceGetEnforcedPowerLimit(self, handle: object) -> int: ...
    def nvmlDeviceGetPowerManagementDefaultLimit(self, handle: object) -> int: ...
    def nvmlDeviceGetPowerManagementLimitConstraints(self, handle: object) -> Sequence[int]: ...
    def nvmlDeviceGetTemperature(self, handle: object, sensor: int) -> int: ...
    def nvmlDeviceGetTemperatureThreshold(self, handle: object, threshold: int) -> int: ...
    def nvmlDeviceGetClockInfo(self, handle: object, clock: int) -> int: ...
    def nvmlDeviceGetMaxClockInfo(self, handle: object, clock: int) -> int: ...
    def nvmlDeviceGetPerformanceState(self, handle: object) -> int: ...
    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: object) -> int: ...
    def nvmlDeviceGetFanSpeed(self, handle: object) -> int: ...
    def nvmlDeviceGetCurrPcieLinkGeneration(self, handle: object) -> int: ...
    def nvmlDeviceGetCurrPcieLinkWidth(self, handle: object) -> int: ...
    def nvmlDeviceGetMaxPcieLinkGeneration(self, handle: object) -> int: ...
    def nvmlDeviceGetMaxPcieLinkWidth(self, handle: object) -> int: ...
    def nvmlDeviceGetPcieThroughput(self, handle: object, counter: int) -> int: ...
    def nvmlDeviceGetNvLinkState(self, handle: object, link: int) -> int: ...
    def nvmlDeviceGetNvLinkVersion(self, handle: object, link: int) -> int: ...
    def nvmlDeviceGetEccMode(self, handle: object) -> Sequence[int]: ...
    def nvmlDeviceGetTotalEccErrors(self, handle: object, kind: int, counter: int) -> int: ...
    def nvmlDeviceGetEncoderUtilization(self, handle: object) -> Sequence[int]: ...
    def nvmlDeviceGetDecoderUtilization(self, handle: object) -> Sequence[int]: ...
    def nvmlDeviceGetPersistenceMode(self, handle: object) -> int: ...
    def nvmlDeviceGetComputeMode(self, handle: object) -> int: ...
    def nvmlDeviceGetDisplayActive(self, handle: object) -> int: ...
    def nvmlDeviceGetFieldValues(
        self, handle: object, fields: Sequence[int | tuple[int, int]]
    ) -> Sequence[FieldValue]: ...
    def nvmlDeviceGetSamples(
        self, handle: object, kind: int, since: int
    ) -> tuple[int, Sequence[Sample]]: ...
    def nvmlDeviceGetMigMode(self, handle: object) -> Sequence[int]: ...
    def nvmlDeviceGetMaxMigDeviceCount(self, handle: object) -> int: ...
    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: object, index: int) -> object: ...
    def nvmlDeviceGetGpuInstanceId(self, handle: object) -> int: ...
    def nvmlDeviceGetComputeInstanceId(self, handle: object) -> int: ...
    def nvmlDeviceGetComputeRunningProcesses_v3(
        self, handle: object
    ) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetComputeRunningProcesses_v2(
        self, handle: object
    ) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetGraphicsRunningProcesses_v3(
        self, handle: object
    ) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetGraphicsRunningProcesses_v2(
        self, handle: object
    ) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetMPSComputeRunningProcesses_v3(
        self, handle: object
    ) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetProcessUtilization(
        self, handle: object, since: int
    ) -> Sequence[ProcessUse]: ...
    def nvmlGpmQueryDeviceSupport(self, handle: object) -> GpmSupport: ...
    def nvmlGpmSampleAlloc(self) -> object: ...
    def nvmlGpmSampleFree(self, sample: object) -> None: ...
    def nvmlGpmSampleGet(self, handle: object, sample: object) -> object: ...
    def nvmlGpmMigSampleGet(self, handle: object, instance: int, sample: object) -> object: ...
    def nvmlGpmMetricsGet(self, asked: GpmMetrics) -> GpmMetrics: ...


def load_nvml() -> Nvml:
    """pynvml; imported only when somebody wants to look."""
    import pynvml

    nvml: Nvml = pynvml
    return nvml


def text_of(answer: str | bytes) -> str:
    """Older versions of pynvml answer bytes."""
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
