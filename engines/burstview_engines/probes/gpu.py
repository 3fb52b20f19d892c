"""The GPUs of this machine: NVIDIA's, through NVML; of others it is said that they are not read."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.probes.nvml.calls import load_nvml
from burstview_engines.probes.nvml.driver import NO_DEVICE, NO_PERMISSION, NOT_LOADED, WRONG_DRIVER
from burstview_engines.probes.nvml.look import gpu_look
from burstview_engines.probes.nvml.machine import NO_LIBRARY
from burstview_engines.probes.nvml.watch import GpuWatch
from burstview_engines.probes.probe import Deliver

__all__ = [
    "NOT_LOADED",
    "NO_DEVICE",
    "NO_LIBRARY",
    "NO_PERMISSION",
    "WRONG_DRIVER",
    "gpu_look",
    "gpu_probe",
    "load_nvml",
]


def gpu_probe(now: Callable[[], float], deliver: Deliver) -> GpuWatch:
    """Looks at all GPUs as long as a session lives; a `Probe`."""
    return GpuWatch(now, deliver)
