"""A daemon thread that looks at something every so often and can be told to stop at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from burstview_engines.core.events import AnyEvent
from burstview_engines.probes.probe import Deliver

Look = Callable[[], Sequence[AnyEvent]]
"""One look; nothing when there is nothing to say. Called on the thread, so it may block."""


class Sampler:
    """Calls `look` on a thread of its own and hands what it saw to `deliver`, on that same thread;
    a `Probe`.

    The thread is a daemon: a look that hangs in a driver never holds up the program's exit.
    """

    def __init__(
        self,
        name: str,
        make_look: Callable[[], Look],
        deliver: Deliver,
        *,
        period: float,
        hurried: float | None = None,
    ) -> None:
        """`period` seconds between two looks, `hurried` while a burst goes on."""
        self._make_look = make_look
        self._deliver = deliver
        self._calm, self._hurried = period, hurried or period
        self._period = period
        self._changed = threading.Condition()
        self._is_woken = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the library behind the look is imported on the thread, not here."""
        self._thread.start()

    def hurry(self, *, is_on: bool) -> None:
        """Look now, and more often until it is off."""
        with self._changed:
            self._period = self._hurried if is_on else self._calm
            self._is_woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """No look is delivered after this returns, even if one is under way."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """Wait for the thread to end after `stop`; gives up after `timeout` seconds."""
        self._thread.join(timeout)

    def _watch(self) -> None:
        look = self._make_look()
        while not self._is_stopped:
            seen = look()
            with self._changed:
                if self._is_stopped:
                    return
                if seen:
                    self._deliver(seen)
                self._changed.wait_for(lambda: self._is_woken or self._is_stopped, self._period)
                self._is_woken = False
