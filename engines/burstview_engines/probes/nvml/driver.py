"""Opening the driver: it may refuse, and it may hang, so this belongs on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from burstview_engines.probes.nvml import codes
from burstview_engines.probes.nvml.asking import code_of
from burstview_engines.probes.nvml.calls import Nvml, text_of
from burstview_engines.probes.nvml.machine import without_library

NO_DEVICE = "The NVIDIA driver is there but lists no GPU: real GPU gauges stay empty."
NO_PERMISSION = "The NVIDIA driver refuses to be asked: run as a user who may use the GPU."
NOT_LOADED = "The NVIDIA driver is not loaded: run `sudo modprobe nvidia`, or restart the machine."
WRONG_DRIVER = (
    "NVIDIA's library and its loaded driver are of different versions, as after an update: "
    "restart the machine or reload the driver."
)
LOST = "A GPU has fallen off the bus: restart the machine."

T = TypeVar("T")


class NoGpuError(Exception):
    """One sentence that says why there is no GPU to look at."""


@dataclass(frozen=True, slots=True)
class Driver:
    """An open NVML."""

    nvml: Nvml
    count: int
    version: str | None
    cuda: str | None


def open_driver(load: Callable[[], Nvml], absent: Callable[[], str] = without_library) -> Driver:
    """Raises NoGpuError. `absent` says what is to be said of a machine without NVML's library."""
    nvml = load()
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError as error:
        raise NoGpuError(sentence(error, absent)) from error
    if not count:
        _known(nvml, nvml.nvmlShutdown)
        raise NoGpuError(NO_DEVICE)
    version = _known(nvml, nvml.nvmlSystemGetDriverVersion)
    cuda = _known(nvml, nvml.nvmlSystemGetCudaDriverVersion_v2)
    return Driver(
        nvml,
        count,
        None if version is None else text_of(version),
        None if not cuda else f"{cuda // 1000}.{cuda % 1000 // 10}",
    )


def sentence(error: Exception, absent: Callable[[], str]) -> str:
    """Why NVML could not be opened, and the next step."""
    match code_of(error):
        case codes.LIBRARY_NOT_FOUND:
            return absent()
        case codes.NO_PERMISSION:
            return NO_PERMISSION
        case codes.DRIVER_NOT_LOADED:
            return NOT_LOADED
        case codes.LIB_RM_VERSION_MISMATCH:
            return WRONG_DRIVER
        case codes.GPU_IS_LOST:
            return LOST
        case _:
            return f"The NVIDIA driver cannot be asked ({error}): see `nvidia-smi` and `dmesg`."


def unanswered(seconds: float) -> str:
    """For a driver that hangs while it is opened."""
    return f"The NVIDIA driver has not answered for {seconds:.0f} s."


def _known(nvml: Nvml, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except nvml.NVMLError:
        return None
