"""The driver is opened on a thread of its own, since opening it may hang for minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from burstview_engines.probes.nvml.driver import Driver, NoGpuError


class Opening:
    """One attempt; `result` is None while the driver has not answered."""

    def __init__(
        self, open_it: Callable[[], Driver], then: Callable[[], None], since: float
    ) -> None:
        """`then` is called on the thread when there is a result."""
        self.result: Driver | NoGpuError | None = None
        self.since = since
        """Session seconds."""
        self._open_it, self._then = open_it, then
        threading.Thread(target=self._run, name="gpu-driver", daemon=True).start()

    def _run(self) -> None:
        try:
            self.result = self._open_it()
        except NoGpuError as why:
            self.result = why
        self._then()
