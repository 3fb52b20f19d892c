"""One look at all GPUs, for whoever needs no thread: doctor, and planning a start."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.probes.nvml.asking import Asking, GpuLostError
from burstview_engines.probes.nvml.calls import Nvml, load_nvml
from burstview_engines.probes.nvml.driver import Driver, NoGpuError, open_driver
from burstview_engines.probes.nvml.facts import name_of
from burstview_engines.probes.nvml.quick import quick_gauges


def gpu_look(
    now: Callable[[], float], load: Callable[[], Nvml] = load_nvml
) -> Callable[[], GpuSampled | None]:
    """A look at all GPUs. Where there are none it says so once and then stays silent. Blocks as
    long as the driver does."""
    problem: str | None = None
    driver: Driver | None = None
    try:
        driver = open_driver(load)
    except NoGpuError as why:
        problem = str(why)

    def look() -> GpuSampled | None:
        nonlocal problem
        if driver is not None:
            return GpuSampled(at=now(), gpus=_gpus(driver))
        said, problem = problem, None
        return None if said is None else GpuSampled(at=now(), problem=said)

    return look


def _gpus(driver: Driver) -> tuple[Gpu, ...]:
    seen = (_gpu(driver.nvml, index) for index in range(driver.count))
    return tuple(gpu for gpu in seen if gpu is not None)


def _gpu(nvml: Nvml, index: int) -> Gpu | None:
    """One that cannot be opened is left out."""
    try:
        ask = Asking(nvml, nvml.nvmlDeviceGetHandleByIndex(index))
        return quick_gauges(ask, index, name_of(ask, index))
    except (nvml.NVMLError, GpuLostError):
        return None
