"""The GPUs of a session as the screens show them: real ones first, then simulated ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu, GpuFacts, GpuProcess
from burstview_engines.core.gpu_owners import backend_of, owner_of
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.views import Snapshot

Key = tuple[str, int]
"""Backend of a simulated GPU, empty of a real one; and its index."""
ProcessKey = tuple[int, int, int | None]
"""GPU, pid and MIG instance: a process may be on two of them."""


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
    """None: of none in a container or local process that is known here."""
    server: str = ""
    """Name of the server that somebody started, by whose program it is known; else empty."""

    @property
    def owner(self) -> str:
        """The name of either; empty where it is nobody's that is known here."""
        return self.engine.name if self.engine is not None else self.server


def key_of(gpu: Gpu) -> Key:
    """The same GPU in every look."""
    return (gpu.backend or "", gpu.index)


def process_key(process: GpuProcess) -> ProcessKey:
    """The same process in every look."""
    return (process.gpu, process.pid, process.mig_instance)


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
    backends = {view.backend.key: view.backend for view in snapshot.backends}
    owned = []
    for process in snapshot.gpu_processes.processes if snapshot.gpu_processes else ():
        key = backend_of(process, engines, tuple(backends.values()))
        server = backends[key].name if key in backends else ""
        owned.append(OwnedProcess(process, owner_of(process, engines), server))
    return tuple(owned)


def memory_by_owner(
    processes: Iterable[OwnedProcess],
) -> Mapping[int, Sequence[tuple[str, int | None]]]:
    """GPU index -> (engine's name, bytes of all its processes there), most first.

    Processes of no known engine are left out; one whose memory is not told makes its engine's
    unknown.
    """
    sums: dict[int, dict[str, int | None]] = defaultdict(dict)
    for owned in processes:
        if owned.owner:
            at_gpu = sums[owned.process.gpu]
            before = at_gpu.get(owned.owner, 0)
            size = owned.process.memory_bytes
            at_gpu[owned.owner] = None if before is None or size is None else before + size
    return {
        gpu: sorted(owners.items(), key=lambda pair: -(pair[1] or 0))
        for gpu, owners in sums.items()
    }


def _looks(sample: GpuSampled | None) -> tuple[GpuSampled, ...]:
    return () if sample is None else (sample,)
