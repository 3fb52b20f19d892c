"""NVIDIA GPUs, from NVML. The library blocks, so a look belongs on a thread (`Sampler`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.probes.probe import Deliver
from burstview_engines.probes.sampler import Look, Sampler

GPU_PERIOD = 0.5
"""Seconds between looks: NVML itself averages utilisation over up to a second."""

NO_LIBRARY = "No NVIDIA driver on this machine: real GPU gauges stay empty."
NO_DEVICE = "The NVIDIA driver is there but lists no GPU: real GPU gauges stay empty."
NO_PERMISSION = "The NVIDIA driver refuses to be asked: run as a user who may use the GPU."


T = TypeVar("T")


class Memory(Protocol):
    """Bytes of one GPU's memory; what the driver reserves is in `used` in the old call only."""

    used: int
    total: int


class Rates(Protocol):
    """Percent of the last sample period."""

    gpu: int


class Nvml(Protocol):
    """What is used of pynvml; tests pass another."""

    NVMLError: type[Exception]
    NVML_TEMPERATURE_GPU: int
    NVML_CLOCK_SM: int
    nvmlMemory_v2: int  # noqa: N815  (NVML's own name)

    def nvmlInit(self) -> None: ...  # noqa: N802  (NVML's own names)
    def nvmlDeviceGetCount(self) -> int: ...  # noqa: N802
    def nvmlDeviceGetHandleByIndex(self, index: int) -> object: ...  # noqa: N802
    def nvmlDeviceGetName(self, handle: object) -> str | bytes: ...  # noqa: N802
    def nvmlDeviceGetUtilizationRates(self, handle: object) -> Rates: ...  # noqa: N802
    def nvmlDeviceGetMemoryInfo(  # noqa: N802
        self, handle: object, version: int | None = None
    ) -> Memory: ...
    def nvmlDeviceGetPowerUsage(self, handle: object) -> int: ...  # noqa: N802
    def nvmlDeviceGetEnforcedPowerLimit(self, handle: object) -> int: ...  # noqa: N802
    def nvmlDeviceGetTemperature(self, handle: object, sensor: int) -> int: ...  # noqa: N802
    def nvmlDeviceGetClockInfo(self, handle: object, clock: int) -> int: ...  # noqa: N802


def load_nvml() -> Nvml:
    """pynvml; imported only when somebody wants to look."""
    import pynvml

    nvml: Nvml = pynvml
    return nvml


def gpu_probe(now: Callable[[], float], deliver: Deliver) -> Sampler:
    """Looks at them as long as a session lives."""

    def make() -> Look:
        look = gpu_look(now)

        def once() -> tuple[GpuSampled, ...]:
            seen = look()
            return () if seen is None else (seen,)

        return once

    return Sampler("gpu", make, deliver, period=GPU_PERIOD)


def gpu_look(
    now: Callable[[], float], load: Callable[[], Nvml] = load_nvml
) -> Callable[[], GpuSampled | None]:
    """A look at all GPUs. Where there are none it says so once and then stays silent."""
    nvml = load()
    problem = _start(nvml)
    told = False

    def look() -> GpuSampled | None:
        nonlocal told
        if problem is None:
            return GpuSampled(at=now(), gpus=_gpus(nvml))
        if told:
            return None
        told = True
        return GpuSampled(at=now(), problem=problem)

    return look


def _start(nvml: Nvml) -> str | None:
    try:
        nvml.nvmlInit()
        return None if nvml.nvmlDeviceGetCount() else NO_DEVICE
    except nvml.NVMLError as error:
        return NO_PERMISSION if "ermission" in str(error) else NO_LIBRARY


def _gpus(nvml: Nvml) -> tuple[Gpu, ...]:
    count = _known(nvml, nvml.nvmlDeviceGetCount) or 0
    seen = (_gpu_at(nvml, index) for index in range(count))
    return tuple(gpu for gpu in seen if gpu is not None)


def _gpu_at(nvml: Nvml, index: int) -> Gpu | None:
    handle = _known(nvml, lambda: nvml.nvmlDeviceGetHandleByIndex(index))
    return None if handle is None else _gpu(nvml, index, handle)


def _gpu(nvml: Nvml, index: int, handle: object) -> Gpu:
    """Every field is asked for on its own: what a card refuses is None, the rest stays."""
    name = _known(nvml, lambda: nvml.nvmlDeviceGetName(handle)) or f"GPU {index}"
    memory = _memory(nvml, handle)
    power = _known(nvml, lambda: nvml.nvmlDeviceGetPowerUsage(handle))
    limit = _known(nvml, lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
    return Gpu(
        index=index,
        name=name.decode(errors="replace") if isinstance(name, bytes) else name,
        utilisation=_known(nvml, lambda: float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)),
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
        power_watts=None if power is None else power / 1000,
        power_limit_watts=None if limit is None else limit / 1000,
        temperature_celsius=_known(
            nvml, lambda: float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        ),
        sm_clock_mhz=_known(
            nvml, lambda: float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM))
        ),
    )


def _memory(nvml: Nvml, handle: object) -> Memory | None:
    """As nvidia-smi shows it: the second version of the call leaves the driver's reserve out."""
    newer = _known(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2))
    return newer or _known(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(handle))


def _known(nvml: Nvml, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except nvml.NVMLError:
        return None
