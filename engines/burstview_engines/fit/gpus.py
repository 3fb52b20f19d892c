"""GPUs as far as memory goes, and which of them an engine will use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.launch.spec import ALL_GPUS
from burstview_engines.simulator.presets import Gpu


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """One GPU's memory now, as NVML's second call tells it (without what the driver reserves)."""

    index: int
    name: str
    total_bytes: int
    used_bytes: int
    uuid: str | None = None
    reserved_bytes: int = 0
    """What the driver keeps for itself, where NVML tells it (616 MiB of an H200)."""

    @property
    def usable_bytes(self) -> int:
        """What all programs together can have."""
        return self.total_bytes - self.reserved_bytes

    @property
    def free_bytes(self) -> int:
        """What nobody has."""
        return max(0, self.usable_bytes - self.used_bytes)


def chosen(gpus: Sequence[GpuMemory], wanted: tuple[str, ...]) -> tuple[GpuMemory, ...]:
    """Those that a spec names, by index or UUID, in its order."""
    if wanted == ALL_GPUS:
        return tuple(gpus)
    found = (next((gpu for gpu in gpus if _is(gpu, name)), None) for name in wanted)
    return tuple(gpu for gpu in found if gpu is not None)


def why_none(wanted: tuple[str, ...]) -> str:
    """Begins a sentence where `chosen` gives none; another machine's GPUs are not seen either."""
    if not wanted:
        return "No GPU is chosen"
    if wanted == ALL_GPUS:
        return "No GPU is seen from here"
    many = len(wanted) > 1
    return f"GPU{'s' if many else ''} {', '.join(wanted)} {'are' if many else 'is'} not seen here"


def _is(gpu: GpuMemory, name: str) -> bool:
    return name == str(gpu.index) or (gpu.uuid is not None and gpu.uuid.startswith(name))


def as_preset(gpu: GpuMemory) -> Gpu:
    """For rules that go by memory and name; its speeds are not known and not asked."""
    name = gpu.name.removeprefix("NVIDIA ").removeprefix("Tesla ")
    return Gpu(name, 0.0, 0.0, gpu.total_bytes // 2**20, 0.0, 0)
