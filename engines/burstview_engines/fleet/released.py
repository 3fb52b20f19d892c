"""GPU memory that an engine gives back when another one takes its place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burstview_engines.core.events import GpuProcessesSeen
from burstview_engines.core.gpu_owners import owner_of
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.result import Fit
from burstview_engines.fit.words import size

UP = ("ready", "running", "starting", "stopping", "paused", "unknown")
"""An engine that is none of these holds nothing."""


@dataclass(frozen=True, slots=True)
class Released:
    """What one engine holds now."""

    name: str = ""
    by_gpu: Mapping[int, int] | None = None
    """Bytes by the GPU's index; None where nothing is known to be held."""
    is_reckoned: bool = False
    """From its options, since nobody sees its processes."""

    def off(self, gpus: Sequence[GpuMemory]) -> tuple[GpuMemory, ...]:
        """The GPUs as they are without it."""
        held = self.by_gpu or {}
        return tuple(
            replace(gpu, used_bytes=max(0, gpu.used_bytes - held.get(gpu.index, 0))) for gpu in gpus
        )

    @property
    def note(self) -> str:
        """How a memory bar comes to have more room than there is now; empty where it has not."""
        held = sum((self.by_gpu or {}).values())
        if not held:
            return ""
        about = "about " if self.is_reckoned else ""
        return f"Reckoned without {about}{size(held)} that {self.name} holds now and gives back."


NOTHING = Released()


def seen_on(engine: ManagedEngine, told: GpuProcessesSeen | None) -> Released | None:
    """By its processes on the GPUs; None where they may be there and not be seen: a driver that
    lists none, or processes whose owner is not told."""
    if told is None:
        return None
    own = [process for process in told.processes if owner_of(process, (engine,)) is not None]
    is_hidden = any(process.memory_bytes is None for process in own)
    is_whole = told.problem is None and all(each.command is not None for each in told.processes)
    if is_hidden or not (own or is_whole):
        return None
    by_gpu: dict[int, int] = {}
    for process in own:
        by_gpu[process.gpu] = by_gpu.get(process.gpu, 0) + (process.memory_bytes or 0)
    return Released(engine.name, by_gpu)


def reckoned(name: str, fits: Fit, gpus: Sequence[GpuMemory]) -> Released:
    """What its options let it take, spread evenly and never more than is used; `fits` is of the
    GPUs as if they were empty."""
    if fits.needed_bytes is None or not fits.gpus:
        return NOTHING
    each = fits.needed_bytes // len(fits.gpus)
    by_gpu = {gpu.index: min(each, gpu.used_bytes) for gpu in gpus if gpu.index in fits.gpus}
    return Released(name, by_gpu, is_reckoned=True)
