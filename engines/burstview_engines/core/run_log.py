"""What is known of one run while its events come in."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    ClientHealth,
    HeadersReceived,
    PhaseFailed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.finding import HeldBack
from burstview_engines.core.plan import Phase
from burstview_engines.core.request_log import RequestLog
from burstview_engines.core.views import RequestView, RunView


def _no_requests() -> dict[Phase, dict[int, RequestLog]]:
    return {"warm_up": {}, "alone": {}, "burst": {}}


@dataclass(slots=True)
class RunLog:
    """Collects one run's events."""

    started: RunStarted
    backend: Backend
    phase: Phase | None = None
    burst_started: float | None = None
    requests: dict[Phase, dict[int, RequestLog]] = field(default_factory=_no_requests)
    failed_phases: list[tuple[Phase, str]] = field(default_factory=list)
    health: ClientHealth | None = None
    ending: RunEnded | None = None
    last_news: float | None = None
    held_back: HeldBack | None = None
    _view: RunView | None = None

    def begin_phase(self, event: PhaseStarted) -> None:
        """A phase's first intended send; the burst's is zero of the axis."""
        self.phase, self._view = event.phase, None
        if event.phase == "burst":
            self.burst_started = event.at

    def fail_phase(self, event: PhaseFailed) -> None:
        """Warm-up or solo phase went wrong; the burst follows all the same."""
        self.failed_phases.append((event.phase, event.reason))
        self._view = None

    def apply(self, event: RequestSent | HeadersReceived | RequestEnded) -> None:
        """One request's event; one that ends without having been sent is known by its end."""
        logs = self.requests[event.phase]
        match event:
            case RequestSent():
                logs[event.id] = RequestLog(event)
            case HeadersReceived():
                (logs.get(event.id) or self._unsent(event)).head(event)
            case RequestEnded():
                (logs.get(event.id) or self._unsent(event)).end(event)
        self._view = None

    def take_tokens(self, event: TokensReceived) -> None:
        """One request's text."""
        log = self.requests[event.phase].get(event.id) or self._unsent(event)
        log.tokens(event)
        if self.last_news is None or event.at > self.last_news:
            self.last_news = event.at
        self._view = None

    def _unsent(self, event: HeadersReceived | TokensReceived | RequestEnded) -> RequestLog:
        never = RequestSent(
            at=event.at, run=event.run, phase=event.phase, id=event.id, intended=event.at
        )
        return self.requests[event.phase].setdefault(event.id, RequestLog(never, was_sent=False))

    def learn(self, backend: Backend) -> None:
        """What the server told only after it had loaded the model; never what was known already."""
        if backend.model != self.backend.model:
            return
        learnt = replace(
            self.backend,
            context_tokens=self.backend.context_tokens or backend.context_tokens,
            quant=self.backend.quant or backend.quant,
            on_gpu=backend.on_gpu if backend.on_gpu is not None else self.backend.on_gpu,
        )
        if learnt != self.backend:
            self.backend, self._view = learnt, None

    def take_health(self, event: ClientHealth) -> None:
        """How the client kept time."""
        self.health, self._view = event, None

    def end(self, event: RunEnded) -> None:
        """The run is over."""
        self.ending, self._view = event, None

    def conclude(self, held_back: HeldBack | None) -> None:
        """What was found when all samples were in."""
        self.held_back, self._view = held_back, None

    def view(self) -> RunView:
        """The run, frozen; the same object until something changes."""
        if self._view is None:
            self._view = self._make_view()
        return self._view

    def _make_view(self) -> RunView:
        ending = self.ending
        return RunView(
            run=self.started.run,
            backend=self.backend,
            plan=self.started.plan,
            started=self.started.at,
            duel=self.started.duel,
            contended=self.started.contended,
            phase=self.phase,
            burst_started=self.burst_started,
            ended=ending.at if ending else None,
            outcome=ending.outcome if ending else None,
            reason=ending.reason if ending else None,
            warm_up=self._views("warm_up"),
            alone=self._views("alone"),
            requests=self._views("burst"),
            failed_phases=tuple(self.failed_phases),
            health=self.health,
            last_news=self.last_news,
            held_back=self.held_back,
        )

    def _views(self, phase: Phase) -> tuple[RequestView, ...]:
        logs = self.requests[phase]
        return tuple(logs[number].view() for number in sorted(logs))
