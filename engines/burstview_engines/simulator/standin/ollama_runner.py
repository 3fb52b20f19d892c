"""One loaded model of an Ollama stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from burstview_engines.simulator.server.driver import Ticket
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.standin.slot_log import SlotLog
from burstview_engines.simulator.standin.watched_driver import WatchedDriver


@dataclass(slots=True)
class Runner:
    """One loaded model: hears of its requests, and keeps the time of its last use."""

    slots: SlotLog
    asked: Callable[[], None]
    keep: float
    used: float = field(default_factory=time.monotonic)
    served: Served | None = None
    driver: WatchedDriver | None = None
    is_dead: bool = False

    def submitted(self, ticket: Ticket) -> None:
        """A request came."""
        self.used = time.monotonic()
        self.asked()

    def seated(self, ticket: Ticket) -> None:
        """It has a slot."""
        self.slots.seated(ticket, time.monotonic())

    def ended(self, ticket: Ticket) -> None:
        """It left its slot."""
        self.used = time.monotonic()
        self.slots.ended(ticket, self.used)

    @property
    def is_idle(self) -> bool:
        """No request runs or waits."""
        return self.driver is None or not (self.driver.running or self.driver.waiting)

    @property
    def is_expired(self) -> bool:
        """Nobody asked for longer than it is kept."""
        return self.is_idle and time.monotonic() >= self.used + self.keep
