"""The gauges that cost microseconds: asked at every look."""

from __future__ import annotations

from burstview_engines.core.gpu import Gpu
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.throttle import reasons_of


def quick_gauges(ask: Asking, index: int, name: str) -> Gpu:
    """Every field on its own: what a card refuses is None. Raises GpuLostError."""
    nvml = ask.nvml
    rates = ask(nvml.nvmlDeviceGetUtilizationRates)
    used, total = memory_of(ask)
    average = plausible.watts(ask(nvml.nvmlDeviceGetPowerUsage))
    instant, memory_celsius = ask.fields(codes.POWER_INSTANT, codes.MEMORY_TEMPERATURE)
    power = plausible.watts(instant)
    return Gpu(
        index=index,
        name=name,
        utilisation=None if rates is None else plausible.percent(rates.gpu),
        memory_utilisation=None if rates is None else plausible.percent(rates.memory),
        memory_used_bytes=used,
        memory_total_bytes=total,
        power_watts=average if power is None else power,
        power_average_watts=average,
        power_limit_watts=plausible.watts(ask(nvml.nvmlDeviceGetEnforcedPowerLimit)),
        temperature_celsius=plausible.celsius(ask(nvml.nvmlDeviceGetTemperature, codes.SENSOR_GPU)),
        memory_temperature_celsius=plausible.celsius(
            None if memory_celsius is None else int(memory_celsius)
        ),
        sm_clock_mhz=plausible.megahertz(ask(nvml.nvmlDeviceGetClockInfo, codes.CLOCK_SM)),
        memory_clock_mhz=plausible.megahertz(ask(nvml.nvmlDeviceGetClockInfo, codes.CLOCK_MEMORY)),
        performance_state=plausible.count(ask(nvml.nvmlDeviceGetPerformanceState), 16),
        throttle_reasons=reasons_of(ask(nvml.nvmlDeviceGetCurrentClocksThrottleReasons)),
        pcie_generation=plausible.count(ask(nvml.nvmlDeviceGetCurrPcieLinkGeneration), 16),
    )


def memory_of(ask: Asking) -> tuple[int | None, int | None]:
    """Used and total, as nvidia-smi shows them: the second version of the call leaves out what
    the driver reserves. An old driver has only the first."""
    memory = ask(ask.nvml.nvmlDeviceGetMemoryInfo, codes.MEMORY_V2)
    if memory is None:
        memory = ask(ask.nvml.nvmlDeviceGetMemoryInfo)
    if memory is None:
        return None, None
    total = plausible.size(memory.total)
    used = plausible.size(memory.used)
    if used is not None and total is not None and used > total:
        used = None
    return used, total
