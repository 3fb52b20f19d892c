"""GPUs, processes and a machine made up for drawing, with the values of two real H200s."""

from __future__ import annotations

import msgspec

from burstview_engines.core.events import (
    AnyEvent,
    EngineChanged,
    GpuProcessesSeen,
    GpuSampled,
    GpusFound,
    HostSampled,
)
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuFacts, GpuProcess, MigInstance
from burstview_engines.core.managed import ManagedEngine

CONTAINER = "3f1d" + "0" * 60
VLLM_ENGINE = ManagedEngine(
    key="container:my-vllm",
    name="my-vllm",
    engine="vllm",
    place="container",
    owner="ours",
    status="ready",
    id=CONTAINER,
)
OLLAMA_ENGINE = ManagedEngine(
    key="process:my-ollama",
    name="my-ollama",
    engine="ollama",
    place="process",
    owner="ours",
    status="ready",
    id="11800",
)
PROCESSES = (
    GpuProcess(
        gpu=0,
        pid=3223,
        memory_bytes=101_164 << 20,
        sm_percent=84.0,
        memory_percent=20.0,
        command="VLLM::EngineCore",
        user="root",
        container=CONTAINER,
        cpu_percent=104.0,
        busiest_thread_percent=99.0,
    ),
    GpuProcess(
        gpu=0,
        pid=11864,
        memory_bytes=1442 << 20,
        sm_percent=4.0,
        command="/usr/lib/ollama/llama-server --model /models/blobs/sha256-c4973d",
        user="ada",
        ancestors=(11801, 11800, 1),
        cpu_percent=12.0,
        busiest_thread_percent=11.0,
    ),
    GpuProcess(gpu=0, pid=555, memory_bytes=518 << 20, command="/usr/bin/python3", user="eve"),
)


def h200(
    index: int = 0, *, load: float = 98.0, activity: GpuActivity | None = None, at: float = 0.0
) -> Gpu:
    """What NVML told of a loaded H200; `load` is its utilisation."""
    return Gpu(
        index=index,
        name="NVIDIA H200",
        utilisation=load,
        memory_utilisation=22.0,
        memory_used_bytes=102_621 << 20,
        memory_total_bytes=143_771 << 20,
        bar1_used_bytes=1_476_526_080,
        power_watts=100 + 6 * load,
        power_average_watts=100 + 6 * load,
        power_limit_watts=700.0,
        temperature_celsius=64.0,
        sm_clock_mhz=1530.0,
        memory_clock_mhz=3201.0,
        performance_state=0,
        throttle_reasons=("power cap",) if load > 90 else (),
        pcie_generation=5,
        pcie_width=16,
        pcie_received_bytes_per_second=2_874_368.0,
        pcie_sent_bytes_per_second=1_017_856.0,
        nvlink_received_bytes_per_second=0.0,
        nvlink_sent_bytes_per_second=0.0,
        ecc_corrected=0,
        ecc_uncorrected=0,
        encoder_percent=0.0,
        decoder_percent=0.0,
        activity=activity,
    )


def h200_facts(index: int = 0) -> GpuFacts:
    """The same card's facts; 19.5 °C is no limit that it tells, so `max` stays unknown."""
    return GpuFacts(
        index=index,
        name="NVIDIA H200",
        uuid="GPU-00000000-0000-0000-0000-000000000000",
        bus_id=f"00000000:{index:02X}:06.0",
        architecture="Hopper",
        memory_reserved_bytes=644_939_776,
        bar1_total_bytes=274_877_906_944,
        power_default_watts=700.0,
        power_min_watts=200.0,
        power_max_watts=700.0,
        temperature_slowdown_celsius=89.0,
        temperature_shutdown_celsius=95.0,
        sm_clock_max_mhz=1980.0,
        memory_clock_max_mhz=3201.0,
        pcie_generation_max=5,
        pcie_width_max=16,
        nvlinks=18,
        nvlink_version=4,
        ecc=True,
        mig=False,
        persistence=True,
        compute_mode="default",
        display_active=False,
        has_gpm=True,
    )


def found(count: int) -> GpusFound:
    """So many H200s."""
    facts = tuple(h200_facts(index) for index in range(count))
    return GpusFound(at=0.0, facts=facts, driver="580.159.04", cuda="13.0")


def look(at: float, count: int = 1, *, load: float = 98.0) -> GpuSampled:
    """One look at so many; GPM tells of the quarter of a second before it."""
    activity = GpuActivity(
        begin=at - 0.25, end=at, sm=load * 0.98, occupancy=40.0, tensor=load * 0.95, dram=15.0
    )
    gpus = tuple(h200(index, load=load, activity=activity) for index in range(count))
    return GpuSampled(at=at, gpus=gpus)


def lost(sample: GpuSampled, index: int, since: float) -> GpuSampled:
    """The same look, but this GPU has been gone since then."""
    gpus = tuple(
        msgspec.structs.replace(gpu, state="lost", state_since=since, seen_at=since)
        if gpu.index == index
        else gpu
        for gpu in sample.gpus
    )
    return msgspec.structs.replace(sample, gpus=gpus)


MIG = (
    MigInstance(
        gpu_instance=3,
        compute_instance=0,
        name="1g.18gb",
        memory_used_bytes=1 << 30,
        memory_total_bytes=16 << 30,
    ),
    MigInstance(gpu_instance=5, name="2g.35gb", memory_total_bytes=32 << 30),
)


def host(at: float) -> HostSampled:
    """A machine with a limit on what it may use."""
    return HostSampled(
        at=at,
        cpu_percent=29.0,
        cores=16,
        memory_used_bytes=12 << 30,
        memory_total_bytes=128 << 30,
        core_percents=(100.0, *([25.0] * 7), *([0.0] * 8)),
        load=(2.51, 1.04, 0.5),
        swap_used_bytes=0,
        swap_total_bytes=8 << 30,
        disk_read_bytes_per_second=1.5e6,
        disk_written_bytes_per_second=3e5,
        network_received_bytes_per_second=2e4,
        network_sent_bytes_per_second=9e6,
        cgroup_cpus=8.0,
        cgroup_cpu_percent=220.0,
        cgroup_throttled=0.03,
        cgroup_memory_used_bytes=5 << 30,
        cgroup_memory_limit_bytes=64 << 30,
    )


def whole(count: int = 1, at: float = 20.0) -> list[AnyEvent]:
    """A session's worth: facts, processes, two engines, half a minute of looks with a burst's
    load in the middle."""
    events: list[AnyEvent] = [
        found(count),
        GpuProcessesSeen(at=0.5, processes=PROCESSES),
        EngineChanged(at=0.1, engine=VLLM_ENGINE),
        EngineChanged(at=0.1, engine=OLLAMA_ENGINE),
        host(at),
    ]
    moments = [number / 2 for number in range(1, round(at * 2) + 1)]
    events += [look(one, count, load=98.0 if 8 <= one <= 14 else 3.0) for one in moments]
    return sorted(events, key=lambda event: event.at)
