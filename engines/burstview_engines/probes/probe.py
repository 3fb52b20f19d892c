"""What every probe of the machine is to the session that listens to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from burstview_engines.core.events import AnyEvent

Deliver = Callable[[Sequence[AnyEvent]], None]
"""Takes what was seen; may be called from any thread."""


class Probe(Protocol):
    """Looks at something again and again, on daemon threads of its own."""

    def start(self) -> None:
        """Begin; returns at once, whatever a driver does."""

    def hurry(self, *, is_on: bool) -> None:
        """A burst begins or is over: look at once, and while it goes on look more often."""

    def stop(self) -> None:
        """Nothing is delivered after this returns; a look that hangs is not waited for."""


MakeProbe = Callable[[Callable[[], float], Deliver], Probe]
"""From the session's clock and where to deliver to; imports nothing that is slow."""
