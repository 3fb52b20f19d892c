"""What NVML tells of GPUs; a field that the driver does not give is None.

Fields and their units follow NVML (docs.nvidia.com/deploy/nvml-api), behaviour was measured on
an H100 and two H200s: docs/gpu.md has what is asked, how often and what it costs.
"""

from __future__ import annotations

from typing import Literal

import msgspec

GpuState = Literal["ok", "slow", "lost"]
"""`slow`: the driver has not answered for a while; `lost`: it says that the GPU is gone. In both
the values are the last good ones, of `seen_at`."""


ACTIVITY_LAG = 0.1
"""Seconds by which GPM's counters are late, give or take 0.06: work of a moment is in the window
that holds this moment plus the lag. Measured on H100s with bursts of 90 ms."""


class GpuActivity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GPM's counters (Hopper and later), means over one window, in percent.

    They see what utilisation cannot: the share of a window in which any kernel ran says nothing of
    how much of the GPU it used.
    """

    begin: float
    """Session seconds."""
    end: float
    sm: float | None = None
    """Of SM cycles with at least one warp."""
    occupancy: float | None = None
    """Of the warps that fit, over all SMs."""
    tensor: float | None = None
    """Of tensor-core cycles, any kind."""
    dram: float | None = None
    """Of the memory bandwidth."""


class MigInstance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One MIG device of a GPU."""

    gpu_instance: int
    compute_instance: int | None = None
    name: str = ""
    """Its profile, such as `1g.10gb`."""
    uuid: str = ""
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    activity: GpuActivity | None = None
    """Of the GPU instance it is a part of."""


class GpuFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What hardly ever changes: asked once and then now and then."""

    index: int
    name: str
    uuid: str | None = None
    bus_id: str | None = None
    architecture: str | None = None
    memory_reserved_bytes: int | None = None
    bar1_total_bytes: int | None = None
    power_default_watts: float | None = None
    power_min_watts: float | None = None
    power_max_watts: float | None = None
    temperature_slowdown_celsius: float | None = None
    """Above it the hardware slows itself down."""
    temperature_shutdown_celsius: float | None = None
    temperature_max_celsius: float | None = None
    """Of the GPU in normal operation."""
    memory_temperature_max_celsius: float | None = None
    sm_clock_max_mhz: float | None = None
    memory_clock_max_mhz: float | None = None
    pcie_generation_max: int | None = None
    pcie_width_max: int | None = None
    nvlinks: int | None = None
    """Links that are up; 0 where it has none."""
    nvlink_version: int | None = None
    ecc: bool | None = None
    mig: bool | None = None
    persistence: bool | None = None
    compute_mode: str | None = None
    """`default`, `exclusive process`, `prohibited`, as nvidia-smi calls them."""
    display_active: bool | None = None
    has_gpm: bool = False
    """GPM can be sampled, so `activity` will come."""


class Gpu(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One GPU's gauges at one look."""

    index: int
    name: str
    state: GpuState = "ok"
    state_since: float | None = None
    """Session seconds since when it is not ok."""
    seen_at: float | None = None
    """Session seconds of the values; None: they are of the look itself."""
    utilisation: float | None = None
    """Percent of the last sample period with a kernel running."""
    memory_utilisation: float | None = None
    """Percent of the last sample period in which memory was read or written."""
    memory_used_bytes: int | None = None
    """Without what the driver reserves, as nvidia-smi counts."""
    memory_total_bytes: int | None = None
    bar1_used_bytes: int | None = None
    power_watts: float | None = None
    """Instant where the card tells it, else the mean of about a second."""
    power_average_watts: float | None = None
    """Mean of about a second, as nvidia-smi's table has it."""
    power_limit_watts: float | None = None
    power_history: tuple[tuple[float, float], ...] = ()
    """(session seconds, watts) since the look before, every 20 ms, where the driver keeps it."""
    utilisation_history: tuple[tuple[float, float], ...] = ()
    """(session seconds, percent) since the look before, as the driver sampled it."""
    temperature_celsius: float | None = None
    memory_temperature_celsius: float | None = None
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    performance_state: int | None = None
    """P-state: 0 is the fastest."""
    fan_percent: float | None = None
    throttle_reasons: tuple[str, ...] | None = None
    """Why its clocks are held down, in words; empty: they are not."""
    pcie_generation: int | None = None
    pcie_width: int | None = None
    pcie_received_bytes_per_second: float | None = None
    pcie_sent_bytes_per_second: float | None = None
    nvlink_received_bytes_per_second: float | None = None
    nvlink_sent_bytes_per_second: float | None = None
    ecc_corrected: int | None = None
    """Since the driver was loaded."""
    ecc_uncorrected: int | None = None
    encoder_percent: float | None = None
    decoder_percent: float | None = None
    activity: GpuActivity | None = None
    mig: tuple[MigInstance, ...] = ()
    backend: str | None = None
    """Key of the backend whose simulated GPU this is; None for a real one."""


class GpuProcess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One process on one GPU; its pid is the host's, also where it runs in a container."""

    gpu: int
    pid: int
    kind: str = "C"
    """`C` computes, `G` draws, `C+G` both, `M` shares through MPS."""
    memory_bytes: int | None = None
    sm_percent: float | None = None
    """Of the GPU's SMs, over the last second or so; None where the driver does not say."""
    memory_percent: float | None = None
    mig_instance: int | None = None
    command: str | None = None
    """None when it is not to be seen from here: another pid namespace, or gone already."""
    user: str | None = None
    container: str | None = None
    """Id of the container it runs in, from its cgroup."""
    ancestors: tuple[int, ...] = ()
    """Pids of its parents, nearest first: a local engine's GPU process is a child of it."""
    cpu_percent: float | None = None
    """Since the look before; 100 is one core."""
    busiest_thread_percent: float | None = None
    """Of its threads the one that ran most since the look before; 100: one core was full."""
