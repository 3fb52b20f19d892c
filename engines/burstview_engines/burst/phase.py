"""The requests of a phase in progress: who has ended, what is still open, when news came."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from burstview_engines.burst.health import Launch
from burstview_engines.core.events import AnyEvent, RequestEnded, RequestSent, TokensReceived
from burstview_engines.core.plan import Phase


@dataclass(slots=True)
class PhaseWatch:
    """Follows a phase's events as they pass. Times are session seconds."""

    run: int
    phase: Phase
    open: set[int] = field(default_factory=set)
    last_news: float = 0.0
    """The newest wave's start, then the newest token or good end of any request."""
    failures: list[str] = field(default_factory=list)
    """The error of every request that failed, in order of their ends."""
    _sent: dict[int, RequestSent] = field(default_factory=dict)
    _first_tokens: dict[int, float] = field(default_factory=dict)

    def begin(self, ids: Iterable[int], at: float) -> None:
        """A wave's launch."""
        self.open.update(ids)
        self.last_news = max(self.last_news, at)

    def see(self, event: AnyEvent) -> None:
        """Take note of one event."""
        match event:
            case RequestSent():
                self._sent[event.id] = event
            case TokensReceived():
                self._first_tokens.setdefault(event.id, event.chunks[0][0])
                self.last_news = max(self.last_news, event.at)
            case RequestEnded():
                self.open.discard(event.id)
                if event.error is None:
                    self.last_news = max(self.last_news, event.at)
                elif not event.cancelled:
                    self.failures.append(event.error)

    def abandon(
        self, ids: Collection[int], at: float, error: str, *, cancelled: bool
    ) -> list[AnyEvent]:
        """Ends for those of the requests that nobody will end any more."""
        events: list[AnyEvent] = []
        for number in sorted(self.open.intersection(ids)):
            if number not in self._sent:
                events.append(self._tried(number, at))
            events.append(self._ended(number, at, error, cancelled=cancelled))
        for event in events:
            self.see(event)
        return events

    def launches(self) -> list[Launch]:
        """What was launched."""
        return [
            Launch(sent.intended, sent.at, self._first_tokens.get(number))
            for number, sent in self._sent.items()
        ]

    def _tried(self, number: int, at: float) -> RequestSent:
        return RequestSent(at=at, run=self.run, phase=self.phase, id=number, intended=at)

    def _ended(self, number: int, at: float, error: str, *, cancelled: bool) -> RequestEnded:
        return RequestEnded(
            at=at,
            run=self.run,
            phase=self.phase,
            id=number,
            error=error,
            cancelled=cancelled,
        )
