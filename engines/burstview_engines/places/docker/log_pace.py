"""How often a log is read and a daemon is asked. Pure."""

from __future__ import annotations

BATCH = 0.1
"""Seconds between two reads of a log that flows calmly."""
BUFFER_BYTES = 208 << 10
"""What Linux lets a local socket hold, its own records counted, before the writer must wait."""
_FULL, _LOW = 0.65, 0.5
_SHORTEST = 0.002


class Pace:
    """Seconds to let lines gather before the next read: one read of many lines costs little more
    than one of a single line. Where the socket fills up in between, it is read more often."""

    def __init__(self, longest: float = BATCH) -> None:
        self._longest = longest
        self._pause = min(longest, _SHORTEST)

    def after(self, messages: int, read_bytes: int) -> float:
        """The pause after a read of so much."""
        filled = filled_bytes(messages, read_bytes) / BUFFER_BYTES
        if filled > _FULL:
            self._pause = 0.7 * self._pause if self._pause > _SHORTEST else 0.0
        elif filled < _LOW:
            self._pause = min(max(1.25 * self._pause, _SHORTEST), self._longest)
        return self._pause


def filled_bytes(messages: int, read_bytes: int) -> int:
    """What they take of a socket's buffer: Linux rounds each message with its record of 320 bytes
    up to a power of two, and adds 256. A daemon sends each line as a message."""
    if not messages:
        return read_bytes
    return messages * ((1 << (read_bytes // messages + 319).bit_length()) + 256)


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
