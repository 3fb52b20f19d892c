"""What hardly ever changes of a GPU. Some of these calls take milliseconds: asked now and then."""

from __future__ import annotations

from burstview_engines.core.gpu import GpuFacts
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.calls import text_of

ARCHITECTURES = {
    2: "Kepler",
    3: "Maxwell",
    4: "Pascal",
    5: "Volta",
    6: "Turing",
    7: "Ampere",
    8: "Ada Lovelace",
    9: "Hopper",
    10: "Blackwell",
    13: "Rubin",
}
COMPUTE_MODES = {0: "default", 1: "exclusive thread", 2: "prohibited", 3: "exclusive process"}
NVLINK_VERSIONS = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 7: 5, 8: 6}
"""NVML's number of a version, such as 6 for 4.0, to the number before the point."""
MOST_LINKS = 36
MOST_LANES = 64


def name_of(ask: Asking, index: int) -> str:
    """What the card is called; its number where it does not say."""
    name = ask(ask.nvml.nvmlDeviceGetName)
    return text_of(name) if name else f"GPU {index}"


def facts_of(ask: Asking, index: int) -> GpuFacts:
    """All of them. Raises GpuLostError."""
    nvml = ask.nvml
    limits = ask(nvml.nvmlDeviceGetPowerManagementLimitConstraints) or (None, None)
    memory = ask(nvml.nvmlDeviceGetMemoryInfo, codes.MEMORY_V2)
    bar1 = ask(nvml.nvmlDeviceGetBAR1MemoryInfo)
    uuid, pci = ask(nvml.nvmlDeviceGetUUID), ask(nvml.nvmlDeviceGetPciInfo)
    links, version = links_of(ask)
    gpm = ask(nvml.nvmlGpmQueryDeviceSupport)
    return GpuFacts(
        index=index,
        name=name_of(ask, index),
        uuid=None if uuid is None else text_of(uuid),
        bus_id=None if pci is None else text_of(pci.busId),
        architecture=ARCHITECTURES.get(ask(nvml.nvmlDeviceGetArchitecture) or 0),
        memory_reserved_bytes=None if memory is None else plausible.size(memory.reserved),
        bar1_total_bytes=None if bar1 is None else plausible.size(bar1.bar1Total),
        power_default_watts=plausible.watts(ask(nvml.nvmlDeviceGetPowerManagementDefaultLimit)),
        power_min_watts=plausible.watts(limits[0]),
        power_max_watts=plausible.watts(limits[1]),
        temperature_slowdown_celsius=_threshold(ask, codes.SLOWDOWN),
        temperature_shutdown_celsius=_threshold(ask, codes.SHUTDOWN),
        temperature_max_celsius=_threshold(ask, codes.GPU_MAX),
        memory_temperature_max_celsius=_threshold(ask, codes.MEMORY_MAX),
        sm_clock_max_mhz=_clock(ask, codes.CLOCK_SM),
        memory_clock_max_mhz=_clock(ask, codes.CLOCK_MEMORY),
        pcie_generation_max=plausible.count(ask(nvml.nvmlDeviceGetMaxPcieLinkGeneration), 16),
        pcie_width_max=plausible.count(ask(nvml.nvmlDeviceGetMaxPcieLinkWidth), MOST_LANES),
        nvlinks=links,
        nvlink_version=version,
        ecc=_first(ask(nvml.nvmlDeviceGetEccMode)),
        mig=_first(ask(nvml.nvmlDeviceGetMigMode)),
        persistence=_flag(ask(nvml.nvmlDeviceGetPersistenceMode)),
        compute_mode=COMPUTE_MODES.get(_or_none(ask(nvml.nvmlDeviceGetComputeMode))),
        display_active=_flag(ask(nvml.nvmlDeviceGetDisplayActive)),
        has_gpm=gpm is not None and bool(gpm.isSupportedDevice),
    )


def links_of(ask: Asking) -> tuple[int | None, int | None]:
    """How many NVLinks are up, and their version; (0, None) for a card without any."""
    nvml = ask.nvml
    states = []
    for link in range(MOST_LINKS):
        state = ask(nvml.nvmlDeviceGetNvLinkState, link)
        if state is None:
            break
        states.append(bool(state))
    if not states:
        return (None if ask.knows(nvml.nvmlDeviceGetNvLinkState, 0) else 0), None
    if True not in states:
        return 0, None
    version = ask(nvml.nvmlDeviceGetNvLinkVersion, states.index(True))
    return sum(states), NVLINK_VERSIONS.get(version or 0)


def _threshold(ask: Asking, threshold: int) -> float | None:
    return plausible.celsius(ask(ask.nvml.nvmlDeviceGetTemperatureThreshold, threshold))


def _clock(ask: Asking, clock: int) -> float | None:
    return plausible.megahertz(ask(ask.nvml.nvmlDeviceGetMaxClockInfo, clock))


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _first(values: object) -> bool | None:
    """Current and pending come together."""
    return bool(values[0]) if isinstance(values, list | tuple) and values else None


def _or_none(value: int | None) -> int:
    return -1 if value is None else value
