"""The fold: events in, a frozen snapshot out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    ClientHealth,
    DockerSeen,
    EngineChanged,
    EngineGone,
    EngineSampled,
    EngineUsed,
    GpuProcessesSeen,
    GpuSampled,
    GpusFound,
    HeadersReceived,
    HostSampled,
    Noticed,
    PhaseFailed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    SessionStarted,
    TokensReceived,
)
from burstview_engines.core.finding import HeldBack
from burstview_engines.core.plan import Phase
from burstview_engines.core.request_log import RequestLog
from burstview_engines.core.run_log import RunLog
from burstview_engines.core.series import History
from burstview_engines.core.views import (
    EMPTY,
    BackendView,
    EngineView,
    RequestView,
    RunView,
    Snapshot,
    State,
)

__all__ = [
    "EMPTY",
    "BackendView",
    "RequestView",
    "RunView",
    "SessionFold",
    "Snapshot",
    "State",
]

SETTLED = 0.7
"""Seconds after a run's end until the samples that still tell of it are in."""
KEPT_NOTICES = 20
"""Older notices leave the snapshot; the recording has them all."""
KEPT_RUNS = 32
"""Older runs leave memory; the recording has them all."""

RunEvent = (
    PhaseStarted
    | PhaseFailed
    | RequestSent
    | HeadersReceived
    | RequestEnded
    | ClientHealth
    | RunEnded
)
"""Events that belong to a run, texts aside."""


@dataclass(slots=True)
class SessionFold:
    """The one mutable object of a session; whoever drains the stream owns it."""

    started: SessionStarted | None = None
    history: History = field(default_factory=History)
    """Samples over time; the snapshot has the newest only."""
    _now: float = 0.0
    _backends: dict[str, BackendView] = field(default_factory=dict)
    _runs: dict[int, RunLog] = field(default_factory=dict)
    _gpu: GpuSampled | None = None
    _simulated_gpu: GpuSampled | None = None
    _gpu_facts: GpusFound | None = None
    _gpu_processes: GpuProcessesSeen | None = None
    _host: HostSampled | None = None
    _docker: DockerSeen | None = None
    _engines: dict[str, EngineView] = field(default_factory=dict)
    _notices: tuple[str, ...] = ()
    _open: list[int] = field(default_factory=list)
    """Runs that are over, but not yet concluded."""
    _snapshot: Snapshot | None = None

    def apply(self, event: AnyEvent) -> None:
        """Take one event in. Events may arrive a little out of order: only their stamps count."""
        self._now = max(self._now, event.at)
        self._snapshot = None
        if self._open:
            self.settle(self._now - SETTLED)
        if isinstance(event, TokensReceived):
            self._take_tokens(event)
            return
        match event:
            case SessionStarted():
                self.started = self.started or event
            case BackendSeen():
                self._see_backend(event)
            case RunStarted():
                self._start_run(event)
            case EngineSampled():
                self._sample_engine(event)
            case GpuSampled():
                self._sample_gpu(event)
            case GpusFound():
                self._gpu_facts = event
            case GpuProcessesSeen():
                self._gpu_processes = event
                self.history.take(event)
            case HostSampled():
                self._host = event
                self.history.take(event)
            case DockerSeen():
                self._docker = event
            case EngineChanged():
                self._see_engine(event)
            case EngineGone():
                self._engines.pop(event.key, None)
                self._backends.pop(event.key, None)
            case EngineUsed():
                self._use_engine(event)
            case Noticed():
                self._notices = (*self._notices, event.text)[-KEPT_NOTICES:]
            case _:
                self._apply_to_run(event)

    def snapshot(self, now: float | None = None) -> Snapshot:
        """The session at second `now` (the newest event's if None).

        Unchanged parts are the same objects as in the last snapshot.
        """
        if self._snapshot is None:
            self._snapshot = self._make_snapshot()
        if now is None or now <= self._snapshot.now:
            return self._snapshot
        return replace(self._snapshot, now=now)

    def settle(self, ended_by: float | None = None) -> None:
        """Conclude what held back the runs that had ended by then; None: all, as no sample will
        come any more."""
        for number in list(self._open):
            log = self._runs.get(number)
            ending = log.ending if log else None
            if log is None or ending is None:
                self._open.remove(number)
            elif ended_by is None or ending.at <= ended_by:
                self._open.remove(number)
                log.conclude(self._held_back(log.view()))
                self._snapshot = None

    def _held_back(self, run: RunView) -> HeldBack | None:
        from burstview_engines.core.gathering import Scene, evidence_of  # after the first paint
        from burstview_engines.core.held_back import of_burst

        has_gpus = self._gpu is not None and bool(self._gpu.gpus)
        scene = Scene(
            history=self.history,
            engines=[view.engine for view in self._engines.values()],
            backends=[view.backend for view in self._backends.values()],
            runs=[log.view() for log in self._runs.values()],
            has_gpu_problem=self._gpu is not None and not has_gpus,
        )
        return of_burst(run, evidence_of(run, scene))

    def text(self, run: int, phase: Phase, id: int) -> str:
        """The answer so far, reasoning first; raw, not yet stripped of control sequences."""
        log = self._request(run, phase, id)
        return log.text if log else ""

    def arrivals(self, run: int, phase: Phase, id: int) -> tuple[float, ...]:
        """Arrival of every text chunk of one request, session seconds."""
        log = self._request(run, phase, id)
        return tuple(log.arrivals) if log else ()

    def prompt(self, run: int, phase: Phase, id: int) -> str:
        """The prompt that was sent; empty when unknown."""
        log = self._request(run, phase, id)
        return log.sent.prompt if log else ""

    def _request(self, run: int, phase: Phase, id: int) -> RequestLog | None:
        log = self._runs.get(run)
        return log.requests[phase].get(id) if log else None

    def _see_backend(self, event: BackendSeen) -> None:
        known = self._backends.get(event.backend.key)
        sample = known.sample if known else None
        self._backends[event.backend.key] = BackendView(
            event.backend, event.state, event.detail, sample
        )
        newest = next((r for r in reversed(self._runs.values()) if self._is_of(r, event)), None)
        if newest is not None and event.state == "ready":
            newest.learn(event.backend)

    @staticmethod
    def _is_of(run: RunLog, event: BackendSeen) -> bool:
        return run.started.backend == event.backend.key

    def _see_engine(self, event: EngineChanged) -> None:
        known = self._engines.get(event.engine.key)
        is_up = event.engine.status in ("starting", "ready", "running", "stopping")
        usage = known.usage if known and is_up else None
        self._engines[event.engine.key] = EngineView(event.engine, usage)

    def _use_engine(self, event: EngineUsed) -> None:
        known = self._engines.get(event.key)
        if known is not None:
            self._engines[event.key] = replace(known, usage=event.usage)

    def _start_run(self, event: RunStarted) -> None:
        known = self._backends.get(event.backend)
        unknown = Backend(
            key=event.backend, name=event.backend, engine="openai", place="url", url=""
        )
        self._runs[event.run] = RunLog(event, known.backend if known else unknown)
        while len(self._runs) > KEPT_RUNS:
            del self._runs[next(iter(self._runs))]

    def _sample_engine(self, event: EngineSampled) -> None:
        self.history.take(event)
        known = self._backends.get(event.backend)
        if known is not None:
            self._backends[event.backend] = replace(known, sample=event)

    def _sample_gpu(self, event: GpuSampled) -> None:
        self.history.take(event)
        if event.simulated:
            self._simulated_gpu = event
        else:
            self._gpu = event

    def _take_tokens(self, event: TokensReceived) -> None:
        """Nearly all events are these: they take the short way."""
        log = self._runs.get(event.run)
        if log is not None:
            log.take_tokens(event)

    def _apply_to_run(self, event: RunEvent) -> None:
        log = self._runs.get(event.run)
        if log is None:
            return
        match event:
            case PhaseStarted():
                log.begin_phase(event)
            case PhaseFailed():
                log.fail_phase(event)
            case RequestSent() | HeadersReceived() | RequestEnded():
                log.apply(event)
            case ClientHealth():
                log.take_health(event)
            case RunEnded():
                log.end(event)
                self._open.append(event.run)
            case _:
                assert_never(event)

    def _make_snapshot(self) -> Snapshot:
        return Snapshot(
            now=self._now,
            backends=tuple(self._backends.values()),
            runs=tuple(log.view() for log in self._runs.values()),
            gpu=self._gpu,
            simulated_gpu=self._simulated_gpu,
            gpu_facts=self._gpu_facts,
            gpu_processes=self._gpu_processes,
            host=self._host,
            docker=self._docker,
            engines=tuple(self._engines.values()),
            notices=self._notices,
        )
