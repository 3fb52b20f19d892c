"""What was sampled while a burst ran: the figures that a finding about it may rest on.

Unknown is None. How windows are laid over a burst is measured: docs/held-back.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuFigures:
    """Means over the burst, of the GPUs that its engine uses; percent."""

    indexes: tuple[int, ...] = ()
    utilisation: float | None = None
    """None when the burst was shorter than the counter's window."""
    memory_utilisation: float | None = None
    sm: float | None = None
    occupancy: float | None = None
    tensor: float | None = None
    dram: float | None = None
    power_watts: float | None = None
    power_limit_watts: float | None = None
    throttle_reasons: tuple[str, ...] = ()
    """All that held its clocks down meanwhile."""
    is_shared: bool = False
    """Another burst ran on it at the same time: the figures are of both."""

    @property
    def has_activity(self) -> bool:
        """What utilisation cannot tell is known."""
        return self.tensor is not None and self.dram is not None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A process on the same GPU that belongs to no engine of the session, or to another one."""

    name: str
    pid: int
    sm_percent: float | None = None
    """Its largest share of the GPU's SMs meanwhile."""
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """What the engine told meanwhile."""

    samples: int = 0
    peak_running: int | None = None
    peak_waiting: int | None = None
    waiting_share: float | None = None
    """Of the samples in the burst with somebody in the queue, 0 to 1."""
    seats: int | None = None
    kv_peak: float | None = None
    """0 to 1."""
    preemptions: int | None = None
    """During the burst."""


@dataclass(frozen=True, slots=True)
class CpuFigures:
    """Percent; 100 is one core, but for `host_percent`."""

    busiest_thread: float | None = None
    """Of the engine's processes that are on a GPU."""
    thread_of: str | None = None
    """The command it belongs to."""
    host_percent: float | None = None
    """Mean over all cores, 0 to 100."""
    busiest_core: float | None = None
    throttled: float | None = None
    """Share of the time in which the cgroup's limit held it back, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, for one burst."""

    duration: float
    """Seconds from its first intended send to its last token."""
    gpu: GpuFigures | None = None
    """None where no GPU was seen, or the engine is known to run elsewhere."""
    has_gpu_problem: bool = False
    """GPUs could not be looked at."""
    engine: EngineFigures = EngineFigures()
    cpu: CpuFigures = CpuFigures()
    strangers: tuple[Stranger, ...] = ()
    """On its GPUs, the busiest first."""
    loading: float | None = None
    """Seconds of the burst in which the model was loaded; None: it was not, or nobody tells."""
