"""A daemon thread that looks at something every so often and can be told to stop at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from burstview_engines.core.events import AnyEvent

Look = Callable[[], AnyEvent | None]
"""One look; None when there is nothing to say. Called on the thread, so it may block."""


class Sampler:
    """Calls `look` on a thread of its own and hands what it saw to `deliver`, on that same thread.

    The thread is a daemon: a look that hangs in a driver never holds up the program's exit.
    """

    def __init__(
        self,
        name: str,
        make_look: Callable[[], Look],
        deliver: Callable[[AnyEvent], None],
        period: float,
    ) -> None:
        self._make_look = make_look
        self._deliver = deliver
        self._period = period
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the library behind the look is imported on the thread, not here."""
        self._thread.start()

    def stop(self) -> None:
        """No look is delivered after this returns, even if one is under way."""
        self._stopped.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread to end after `stop`; gives up after `timeout` seconds."""
        self._thread.join(timeout)

    def _watch(self) -> None:
        look = self._make_look()
        while not self._stopped.is_set():
            seen = look()
            if seen is not None and not self._stopped.is_set():
                self._deliver(seen)
            self._stopped.wait(self._period)
