"""A session's stream that a command listens to."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.core.events import AnyEvent
from burstview_engines.stream import EventStream


class HeardStream(EventStream):
    """Tells every event as it comes: a phase may be over before the next look at the snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.on_event: Callable[[AnyEvent], None] = lambda event: None

    def put(self, *events: AnyEvent) -> None:
        """Fold them first."""
        super().put(*events)
        for event in events:
            self.on_event(self.blotter.clean(event))
