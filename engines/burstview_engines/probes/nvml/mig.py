"""The MIG instances of a GPU."""

from __future__ import annotations

from burstview_engines.core.gpu import MigInstance
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking, GpuLostError
from burstview_engines.probes.nvml.calls import text_of
from burstview_engines.probes.nvml.quick import memory_of


def instances_of(ask: Asking) -> tuple[MigInstance, ...]:
    """Of a GPU on which MIG is on. Raises GpuLostError."""
    most = plausible.count(ask(ask.nvml.nvmlDeviceGetMaxMigDeviceCount), 64) or 0
    found = (_instance(ask, place) for place in range(most))
    return tuple(one for one in found if one is not None)


def _instance(parent: Asking, place: int) -> MigInstance | None:
    """Places may be empty."""
    handle = parent(parent.nvml.nvmlDeviceGetMigDeviceHandleByIndex, place)
    if handle is None:
        return None
    ask, nvml = Asking(parent.nvml, handle), parent.nvml
    try:
        instance = ask(nvml.nvmlDeviceGetGpuInstanceId)
        compute = ask(nvml.nvmlDeviceGetComputeInstanceId)
        name, uuid = ask(nvml.nvmlDeviceGetName), ask(nvml.nvmlDeviceGetUUID)
        used, total = memory_of(ask)
    except GpuLostError:  # the instance was destroyed between two questions
        return None
    if instance is None:
        return None
    return MigInstance(
        gpu_instance=instance,
        compute_instance=None if compute in (None, codes.NO_INSTANCE) else compute,
        name=profile_of(text_of(name)) if name else "",
        uuid=text_of(uuid) if uuid else "",
        memory_used_bytes=used,
        memory_total_bytes=total,
    )


def profile_of(name: str) -> str:
    """`NVIDIA H100 80GB HBM3 MIG 1g.10gb` is `1g.10gb`."""
    return name.rpartition("MIG ")[2].strip()
