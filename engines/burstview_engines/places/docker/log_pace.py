"""How often a log is read and a daemon is asked. Pure."""

from __future__ import annotations

BATCH = 0.05
"""Seconds between two reads of a log that flows calmly."""
FULL_BYTES = 24 << 10
"""Of a local socket some 36 kB of log lines fill its buffer."""
_SHORTEST = 0.002


class Pace:
    """Seconds to let lines gather before the next read: one read of many lines costs little more
    than one of a single line. While the socket fills up in between, it is read more often."""

    def __init__(self, longest: float = BATCH) -> None:
        self._longest = longest
        self._pause = longest

    def after(self, read_bytes: int) -> float:
        """The pause after a read of so many bytes."""
        if read_bytes >= FULL_BYTES:
            self._pause = self._pause / 2 if self._pause > _SHORTEST else 0.0
        elif read_bytes < FULL_BYTES // 3:
            self._pause = min(max(2 * self._pause, _SHORTEST), self._longest)
        return self._pause


class Backoff:
    """Growing pauses."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._pause = first

    def next(self) -> float:
        """Seconds; each one twice the one before."""
        pause = self._pause
        self._pause = min(2 * pause, self._longest)
        return pause

    def reset(self) -> None:
        """Begin anew."""
        self._pause = self._first
