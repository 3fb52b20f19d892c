"""How far a start is: what the log says, and what the bytes say while the log is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from burstview_engines.core.managed import LaunchPhase
from burstview_engines.launch.log_reader import LogReader

STALL = 20.0
"""Seconds without a byte after which a download is stalled."""
MAYBE_DOWNLOADING = ("booting", "downloading weights", "loading weights")
"""vLLM says that it loads a model before it silently downloads it."""
NOISE = 64 << 10
"""Bytes that come by the network without any download: health checks, name look-ups."""


@dataclass(slots=True)
class Starting:
    """One start. Engines print nothing while they download without a terminal, but bytes come."""

    reader: LogReader
    needs_download: bool
    """Its weights are not known to be here."""
    clock: Callable[[], float]
    _received: int | None = None
    _first: int | None = None
    _moved: float | None = None
    _is_over: bool = field(default=False)

    def receive(self, received_bytes: int) -> None:
        """All bytes that it got so far: a container's network counter, or its cache's size."""
        if self._first is None:
            self._first = self._received = received_bytes
            self._moved = self.clock()
        if self._received is not None and received_bytes > self._received + NOISE:
            self._received, self._moved = received_bytes, self.clock()

    @property
    def silence(self) -> float | None:
        """Seconds since bytes came; None where nobody counts them."""
        return None if self._moved is None else self.clock() - self._moved

    @property
    def phase(self) -> LaunchPhase | None:
        """The log's phase; while weights are due, whether they come."""
        told = self.reader.phase
        is_open = told in (None, *MAYBE_DOWNLOADING) and self.reader.fraction is None
        if not self.needs_download or not is_open:
            return told
        if told == "downloading weights" or self._downloaded:
            silence = self.silence
            is_stalled = silence is not None and silence >= STALL
            return "download stalled" if is_stalled else "downloading weights"
        return told

    @property
    def words(self) -> str:
        """What goes on now."""
        if self.phase == "download stalled" and self.silence is not None:
            return f"no byte for {self.silence:.0f} s; {_size(self._downloaded)} so far"
        if self.phase == "downloading weights" and self._downloaded:
            return self.reader.words or f"{_size(self._downloaded)} so far"
        return self.reader.words

    @property
    def _downloaded(self) -> int:
        if self._received is None or self._first is None:
            return 0
        return self._received - self._first


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
