"""The frozen snapshot of a session. Everything on screen and in reports is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    ClientHealth,
    DockerSeen,
    EngineSampled,
    GpuProcessesSeen,
    GpuSampled,
    GpusFound,
    HostSampled,
    Outcome,
)
from burstview_engines.core.finding import HeldBack
from burstview_engines.core.managed import ManagedEngine, Usage
from burstview_engines.core.plan import BurstPlan, Phase

State = Literal["waiting", "streaming", "done", "failed", "cancelled"]
"""`waiting` until the first token; `cancelled` keeps what was seen."""


class RequestView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request as far as it was seen; times are session seconds, None while unknown.

    A struct, not a dataclass: a crowd's views are made anew ten times a second, five times as fast.
    """

    id: int
    state: State
    intended: float
    written: float
    was_sent: bool = True
    """False when it never reached a socket; `written` is then when it was given up."""
    headers: float | None = None
    first_token: float | None = None
    """First non-empty answer or reasoning text."""
    first_answer: float | None = None
    """First non-empty answer text: later than `first_token` when the model thought first."""
    last_token: float | None = None
    ended: float | None = None
    chunks: int = 0
    thinking_chunks: int = 0
    is_thinking: bool = False
    """The newest text was reasoning."""
    status: int | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    note: str | None = None
    server_times: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """One run of one backend."""

    run: int
    backend: Backend
    plan: BurstPlan
    started: float
    duel: int | None = None
    contended: bool = False
    phase: Phase | None = None
    """None before the warm-up or first phase began."""
    burst_started: float | None = None
    """Zero of this run's time axis: the burst's first intended send."""
    ended: float | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    warm_up: tuple[RequestView, ...] = ()
    alone: tuple[RequestView, ...] = ()
    requests: tuple[RequestView, ...] = ()
    """The burst's, in order of `id`."""
    failed_phases: tuple[tuple[Phase, str], ...] = ()
    health: ClientHealth | None = None
    last_news: float | None = None
    """When any request of this run last got a token."""
    held_back: HeldBack | None = None
    """What held the burst back; None until the samples after its end are in."""


@dataclass(frozen=True, slots=True)
class BackendView:
    """A backend and how it is doing."""

    backend: Backend
    state: str
    detail: str
    sample: EngineSampled | None = None


@dataclass(frozen=True, slots=True)
class EngineView:
    """An engine in a container or process, and what it uses."""

    engine: ManagedEngine
    usage: Usage | None = None
    """None until looked at, and while it does not run."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole session at one moment."""

    now: float = 0.0
    """`at` of the newest event."""
    backends: tuple[BackendView, ...] = ()
    runs: tuple[RunView, ...] = ()
    gpu: GpuSampled | None = None
    """The newest look at real GPUs."""
    simulated_gpu: GpuSampled | None = None
    gpu_facts: GpusFound | None = None
    """What hardly changes of the real ones."""
    gpu_processes: GpuProcessesSeen | None = None
    host: HostSampled | None = None
    docker: DockerSeen | None = None
    """None where Docker was not looked for."""
    engines: tuple[EngineView, ...] = ()
    """Containers and processes with engines, in the order in which they appeared."""
    notices: tuple[str, ...] = ()

    def engine(self, key: str) -> EngineView | None:
        """The managed engine of that key, None if it is not there."""
        return next((view for view in self.engines if view.engine.key == key), None)

    def run(self, number: int) -> RunView | None:
        """The run of that number, None if it is not there."""
        return next((run for run in self.runs if run.run == number), None)


EMPTY = Snapshot()
