"""A driver that tells of every seat and ending, and can be made to fail as a crash does."""

from __future__ import annotations

from typing import Protocol

from burstview_engines.simulator.engine import StepModel
from burstview_engines.simulator.server.driver import Driver, Sink, Ticket
from burstview_engines.simulator.server.stream import Stream


class Watcher(Protocol):
    """Hears of requests in the order in which things happen to them; must not block."""

    def submitted(self, ticket: Ticket) -> None:
        """It waits."""

    def seated(self, ticket: Ticket) -> None:
        """It got its seat."""

    def ended(self, ticket: Ticket) -> None:
        """Its last token was made, or its client left its seat."""


class WatchedDriver(Driver):
    """Each sink is wrapped; the step model knows nothing of it."""

    def __init__(self, model: StepModel, watcher: Watcher) -> None:
        super().__init__(model)
        self._watcher = watcher
        self._open: dict[int, _WatchedSink] = {}
        self._dead: str | None = None

    def submit(self, prompt_tokens: int, output_tokens: int, sink: Sink) -> Ticket:
        """Queue a request; a dead engine fails it at once."""
        watched = _WatchedSink(sink, self._watcher)
        ticket = super().submit(prompt_tokens, output_tokens, watched)
        watched.ticket = ticket
        self._open[ticket.job.id] = watched
        self._watcher.submitted(ticket)
        if self._dead is not None:
            self.abandon(self._dead)
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Called for every request at its end, and for those whose client left."""
        super().cancel(ticket)
        if watched := self._open.pop(ticket.job.id, None):
            watched.leave()

    def _finish(self, ticket: Ticket, now: float) -> None:
        """A request leaves its seat before the next one takes it, whenever its tokens go out."""
        super()._finish(ticket, now)
        if watched := self._open.get(ticket.job.id):
            watched.leave()

    def hang_up(self) -> None:
        """The engine is told to end: its streams end as such an engine ends them."""
        for watched in tuple(self._open.values()):
            if watched.ticket is not None and watched.ticket.ended is None:
                super().cancel(watched.ticket)
                if isinstance(watched.sink, Stream):
                    watched.sink.abort(watched.ticket)

    def abandon(self, reason: str, *, dies: bool = False) -> None:
        """Every request fails with these words; after `dies` later ones too."""
        self._dead = reason if dies else self._dead
        for watched in tuple(self._open.values()):
            if watched.ticket is not None and watched.ticket.ended is None:
                super().cancel(watched.ticket)
                watched.sink.fail(reason)


class _WatchedSink:
    def __init__(self, sink: Sink, watcher: Watcher) -> None:
        self.sink = sink
        self.ticket: Ticket | None = None
        self._watcher = watcher
        self._is_seated = False

    def start(self) -> None:
        self._is_seated = True
        if self.ticket is not None:
            self._watcher.seated(self.ticket)
        self.sink.start()

    def take(self, tokens: int, ticket: Ticket) -> None:
        self.sink.take(tokens, ticket)

    def fail(self, reason: str) -> None:
        self.sink.fail(reason)

    def leave(self) -> None:
        if self._is_seated and self.ticket is not None:
            self._is_seated = False
            self._watcher.ended(self.ticket)
