"""The contract between the pure step models and their drivers: virtual time or the HTTP server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from burstview_engines.core.engine_gauges import Holding, Slot
from burstview_engines.simulator.cost import Use

NO_USE = Use()


@dataclass(frozen=True, slots=True)
class Job:
    """One request as the model sees it."""

    id: int
    arrived: float
    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass, or a wait until something is ready (`duration` without any token)."""

    duration: float
    """Seconds from the step's start to its end; tokens appear at the end."""
    tokens: tuple[int, ...] = ()
    """Ids of the jobs that got one token each."""
    finished: tuple[int, ...] = ()
    """Ids whose last token came with this step."""
    failed: tuple[tuple[int, str], ...] = ()
    """(id, the engine's own error text) of jobs that this step ended in error."""
    running: int = 0
    waiting: int = 0
    kv_used_tokens: int = 0
    """KV cells held at its end (paged: taken blocks; slots: reserved cells of busy slots)."""
    kv_capacity_tokens: int = 0
    kv_held_tokens: int = 0
    """KV cells held while it ran, those of requests that ended with it included."""
    preempted: tuple[int, ...] = ()
    rows: int = 0
    """Requests that it computed."""
    batch_tokens: int = 0
    """Tokens that went through the layers."""
    gpu_busy: float = 0.0
    """0 to 1: share of the step the GPU computed rather than waited for the host."""
    use: Use = NO_USE
    """What it asked of the GPU's memory and tensor cores."""


@dataclass(frozen=True, slots=True)
class Inside:
    """Who holds which share of the KV cache while the newest step runs."""

    holdings: tuple[Holding, ...] | None = None
    """Of a paged engine: the batch in its order, then who waits in theirs."""
    slots: tuple[Slot, ...] | None = None


class StepModel(Protocol):
    """A pure engine: no clock, no I/O. Drivers pass the time in."""

    @property
    def kv_held_tokens(self) -> int:
        """KV cells held while the newest step runs."""

    def inside(self) -> Inside:
        """What it would show of itself while the newest step runs."""

    def submit(self, job: Job) -> None:
        """Queue a job; its `arrived` must not lie before an earlier job's."""

    def cancel(self, job_id: int) -> None:
        """The client left: the seat is free from the next step on. Unknown ids are ignored."""

    def step(self, now: float) -> Step | None:
        """The step that starts at `now`; None when nothing is queued or running."""
