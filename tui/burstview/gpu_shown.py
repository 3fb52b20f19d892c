"""The GPUs of a session as the screens show them: real ones first, then simulated ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu, GpuFacts, GpuProcess
from burstview_engines.core.gpu_owners import owner_of
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.views import Snapshot

Key = tuple[str, int]
"""Backend of a simulated GPU, empty of a real one; and its index."""


class ShownGpu(NamedTuple):
    """One GPU with what else is known of it."""

    gpu: Gpu
    facts: GpuFacts | None = None
    is_simulated: bool = False
    at: float = 0.0
    """Session seconds of the look."""
    owner: str = ""
    """Name of the backend whose simulated GPU it is."""

    @property
    def key(self) -> Key:
        """Tells it from all others of a session."""
        return key_of(self.gpu)


class OwnedProcess(NamedTuple):
    """A process on a GPU and the engine that it belongs to."""

    process: GpuProcess
    engine: ManagedEngine | None = None
    """None: of no engine that is known here."""


def key_of(gpu: Gpu) -> Key:
    """The same GPU in every look."""
    return (gpu.backend or "", gpu.index)


def gpus_of(snapshot: Snapshot) -> tuple[ShownGpu, ...]:
    """All GPUs there are."""
    facts = {one.index: one for one in (snapshot.gpu_facts.facts if snapshot.gpu_facts else ())}
    names = {view.backend.key: view.backend.name for view in snapshot.backends}
    real = (
        ShownGpu(gpu, facts.get(gpu.index), at=look.at)
        for look in _looks(snapshot.gpu)
        for gpu in look.gpus
    )
    simulated = (
        ShownGpu(gpu, None, True, look.at, names.get(gpu.backend or "", ""))
        for look in _looks(snapshot.simulated_gpu)
        for gpu in look.gpus
    )
    return (*real, *simulated)


def processes_of(snapshot: Snapshot) -> tuple[OwnedProcess, ...]:
    """All processes on GPUs, as they were told."""
    engines = [view.engine for view in snapshot.engines]
    seen = snapshot.gpu_processes
    return tuple(
        OwnedProcess(process, owner_of(process, engines))
        for process in (seen.processes if seen is not None else ())
    )


def memory_by_owner(
    processes: Iterable[OwnedProcess],
) -> Mapping[int, Sequence[tuple[str, int | None]]]:
    """GPU index -> (engine's name, bytes of all its processes there), most first.

    Processes of no known engine are left out; one whose memory is not told makes its engine's
    unknown.
    """
    sums: dict[int, dict[str, int | None]] = defaultdict(dict)
    for process, engine in processes:
        if engine is not None:
            at_gpu = sums[process.gpu]
            before = at_gpu.get(engine.name, 0)
            size = process.memory_bytes
            at_gpu[engine.name] = None if before is None or size is None else before + size
    return {
        gpu: sorted(owners.items(), key=lambda pair: -(pair[1] or 0))
        for gpu, owners in sums.items()
    }


def _looks(sample: GpuSampled | None) -> tuple[GpuSampled, ...]:
    return () if sample is None else (sample,)
