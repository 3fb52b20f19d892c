"""A daemon thread that does one thing again and again, and can be woken and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Lane:
    """`work` returns after how many seconds it wants to be called again; None: once woken."""

    def __init__(
        self, name: str, work: Callable[[], float | None], end: Callable[[], None] | None = None
    ) -> None:
        """`end` is called on the thread when it stops, if it gets that far."""
        self._work, self._end = work, end
        self._woken = threading.Event()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopped(self) -> bool:
        """`stop` was called."""
        return self._is_stopped

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Work now, or again right after the work in progress."""
        self._woken.set()

    def stop(self) -> None:
        """Returns at once; work that hangs in a driver is not waited for."""
        self._is_stopped = True
        self._woken.set()

    def join(self, timeout: float) -> bool:
        """Whether the thread has ended, waited for that long after `stop`."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_stopped:
            pause = self._work()
            self._woken.wait(pause)
            self._woken.clear()
        if self._end is not None:
            self._end()
