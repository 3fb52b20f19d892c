"""How often a log is read and a daemon is asked. Pure."""

from __future__ import annotations

BATCH = 0.05
"""Seconds between two reads of a log that flows calmly."""
BUFFER_BYTES = 208 << 10
"""What a local socket holds at Linux' usual settings before its writer must wait."""
MESSAGE_BYTES = 640
"""What the kernel needs for a message beside its text; a daemon sends each line as one."""
_SHORTEST = 0.002


class Pace:
    """Seconds to let lines gather before the next read: one read of many lines costs little more
    than one of a single line. Where the socket fills up in between, it is read more often."""

    def __init__(self, longest: float = BATCH) -> None:
        self._longest = longest
        self._pause = longest

    def after(self, lines: int, read_bytes: int) -> float:
        """The pause after a read of so much."""
        filled = (lines * MESSAGE_BYTES + read_bytes) / BUFFER_BYTES
        if filled > 0.8:
            self._pause = self._pause / 2 if self._pause > _SHORTEST else 0.0
        elif filled < 0.35:
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
