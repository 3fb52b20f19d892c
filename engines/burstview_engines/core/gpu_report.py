"""GPUs, their processes and the machine as JSON: docs/json.md, `gpu`. Unknown is null."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.core.events import GpuSampled, HostSampled
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuFacts, GpuProcess, MigInstance
from burstview_engines.core.gpu_owners import owner_of
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.views import Snapshot

Report = dict[str, object]


def machine_report(snapshot: Snapshot) -> Report:
    """All that `burstview gpu` tells, `error` aside."""
    found, seen = snapshot.gpu_facts, snapshot.gpu_processes
    facts = {one.index: one for one in (found.facts if found else ())}
    engines = [view.engine for view in snapshot.engines]
    look = snapshot.gpu or GpuSampled(at=snapshot.now)
    return {
        "driver": found.driver if found else None,
        "cuda": found.cuda if found else None,
        "problem": look.problem,
        "gpus": [gpu_report(gpu, facts.get(gpu.index), look.at, snapshot.now) for gpu in look.gpus],
        "processes": [process_report(one, engines) for one in seen.processes] if seen else None,
        "processes_problem": seen.problem if seen else None,
        "host": host_report(snapshot.host) if snapshot.host else None,
    }


def gpu_report(gpu: Gpu, facts: GpuFacts | None, at: float, now: float) -> Report:
    """One GPU; `at` is the second of the look."""
    of = facts or GpuFacts(index=gpu.index, name=gpu.name)
    seen = gpu.seen_at if gpu.seen_at is not None else at
    return {
        "index": gpu.index,
        "name": gpu.name,
        "uuid": of.uuid,
        "bus_id": of.bus_id,
        "architecture": of.architecture,
        "state": gpu.state,
        "age_s": round(max(0.0, now - seen), 3),
        "state_for_s": None if gpu.state_since is None else round(now - gpu.state_since, 3),
        **_load(gpu),
        **_memory(gpu, of),
        **_power(gpu, of),
        **_heat(gpu, of),
        **_links(gpu, of),
        **_modes(gpu, of),
        "has_gpm": facts.has_gpm if facts else None,
        "activity": _activity(gpu.activity) if gpu.activity else None,
        "mig_instances": [_instance(one) for one in gpu.mig],
    }


def process_report(process: GpuProcess, engines: Sequence[ManagedEngine]) -> Report:
    """One process; `engine` is the one that it belongs to, null where it is none that is known."""
    owner = owner_of(process, engines)
    return {
        "gpu": process.gpu,
        "pid": process.pid,
        "kind": process.kind,
        "mig_instance": process.mig_instance,
        "memory_bytes": process.memory_bytes,
        "sm_percent": process.sm_percent,
        "memory_percent": process.memory_percent,
        "command": process.command,
        "user": process.user,
        "container": process.container,
        "engine": owner.name if owner else None,
        "engine_owner": owner.owner if owner else None,
        "cpu_percent": process.cpu_percent,
        "busiest_thread_percent": process.busiest_thread_percent,
    }


def host_report(host: HostSampled) -> Report:
    """The machine beside its GPUs."""
    return {
        "cpu_percent": host.cpu_percent,
        "cores": host.cores,
        "core_percents": list(host.core_percents),
        "load": list(host.load) if host.load else None,
        "memory_used_bytes": host.memory_used_bytes,
        "memory_total_bytes": host.memory_total_bytes,
        "swap_used_bytes": host.swap_used_bytes,
        "swap_total_bytes": host.swap_total_bytes,
        "disk_read_bytes_per_s": host.disk_read_bytes_per_second,
        "disk_written_bytes_per_s": host.disk_written_bytes_per_second,
        "network_received_bytes_per_s": host.network_received_bytes_per_second,
        "network_sent_bytes_per_s": host.network_sent_bytes_per_second,
        "cgroup_cpus": host.cgroup_cpus,
        "cgroup_cpu_percent": host.cgroup_cpu_percent,
        "cgroup_throttled": host.cgroup_throttled,
        "cgroup_memory_used_bytes": host.cgroup_memory_used_bytes,
        "cgroup_memory_limit_bytes": host.cgroup_memory_limit_bytes,
    }


def _load(gpu: Gpu) -> Report:
    return {
        "utilisation_percent": gpu.utilisation,
        "memory_utilisation_percent": gpu.memory_utilisation,
        "encoder_percent": gpu.encoder_percent,
        "decoder_percent": gpu.decoder_percent,
    }


def _memory(gpu: Gpu, facts: GpuFacts) -> Report:
    return {
        "memory_used_bytes": gpu.memory_used_bytes,
        "memory_total_bytes": gpu.memory_total_bytes,
        "memory_reserved_bytes": facts.memory_reserved_bytes,
        "bar1_used_bytes": gpu.bar1_used_bytes,
        "bar1_total_bytes": facts.bar1_total_bytes,
    }


def _power(gpu: Gpu, facts: GpuFacts) -> Report:
    return {
        "power_watts": gpu.power_watts,
        "power_average_watts": gpu.power_average_watts,
        "power_limit_watts": gpu.power_limit_watts,
        "power_default_watts": facts.power_default_watts,
        "power_min_watts": facts.power_min_watts,
        "power_max_watts": facts.power_max_watts,
    }


def _heat(gpu: Gpu, facts: GpuFacts) -> Report:
    return {
        "temperature_celsius": gpu.temperature_celsius,
        "temperature_max_celsius": facts.temperature_max_celsius,
        "temperature_slowdown_celsius": facts.temperature_slowdown_celsius,
        "temperature_shutdown_celsius": facts.temperature_shutdown_celsius,
        "memory_temperature_celsius": gpu.memory_temperature_celsius,
        "memory_temperature_max_celsius": facts.memory_temperature_max_celsius,
        "fan_percent": gpu.fan_percent,
        "sm_clock_mhz": gpu.sm_clock_mhz,
        "sm_clock_max_mhz": facts.sm_clock_max_mhz,
        "memory_clock_mhz": gpu.memory_clock_mhz,
        "memory_clock_max_mhz": facts.memory_clock_max_mhz,
        "performance_state": gpu.performance_state,
        "throttle_reasons": (None if gpu.throttle_reasons is None else list(gpu.throttle_reasons)),
    }


def _links(gpu: Gpu, facts: GpuFacts) -> Report:
    return {
        "pcie_generation": gpu.pcie_generation,
        "pcie_generation_max": facts.pcie_generation_max,
        "pcie_width": gpu.pcie_width,
        "pcie_width_max": facts.pcie_width_max,
        "pcie_received_bytes_per_s": gpu.pcie_received_bytes_per_second,
        "pcie_sent_bytes_per_s": gpu.pcie_sent_bytes_per_second,
        "nvlinks": facts.nvlinks,
        "nvlink_version": facts.nvlink_version,
        "nvlink_received_bytes_per_s": gpu.nvlink_received_bytes_per_second,
        "nvlink_sent_bytes_per_s": gpu.nvlink_sent_bytes_per_second,
    }


def _modes(gpu: Gpu, facts: GpuFacts) -> Report:
    return {
        "ecc": facts.ecc,
        "ecc_corrected": gpu.ecc_corrected,
        "ecc_uncorrected": gpu.ecc_uncorrected,
        "mig": facts.mig,
        "persistence": facts.persistence,
        "compute_mode": facts.compute_mode,
        "display_active": facts.display_active,
    }


def _activity(activity: GpuActivity) -> Report:
    return {
        "window_s": round(activity.end - activity.begin, 3),
        "sm_percent": activity.sm,
        "occupancy_percent": activity.occupancy,
        "tensor_percent": activity.tensor,
        "dram_percent": activity.dram,
    }


def _instance(instance: MigInstance) -> Report:
    return {
        "gpu_instance": instance.gpu_instance,
        "compute_instance": instance.compute_instance,
        "name": instance.name,
        "uuid": instance.uuid or None,
        "memory_used_bytes": instance.memory_used_bytes,
        "memory_total_bytes": instance.memory_total_bytes,
        "activity": _activity(instance.activity) if instance.activity else None,
    }
