"""Where a daemon leaves out lines of a log that it writes faster than it sends. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from burstview_engines.places.docker.log_lines import stamp_of
from burstview_engines.places.docker.log_stamps import nanoseconds

FASTEST = 50_000_000
"""Bytes a second at which a daemon writes a log file at most; it was seen to write 15 MB."""
SHORTEST = 0.02
"""Seconds; what sleeping is late."""
BURST = 5
"""How much faster than just before a log may have been written while nothing came."""
_RATE_SPAN = 2.0
_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Skips:
    """Notices jumps in the stamps of lines in which a whole file may be missing.

    Docker 20.10 follows the newest log file. When two have been begun since it looked, it leaves
    out the one between. Either its reader was late: then a line is followed at once by one that was
    written much later. Or the daemon itself was: then nothing comes for as long as a file takes to
    fill, in the middle of a flood. `live_from`: lines with earlier stamps are the past, which comes
    at once and whole. One object is for one stream: the jump after which a log was asked for again
    is at its beginning, and not suspected again.
    """

    def __init__(self, file_bytes: int | None, live_from: float) -> None:
        self._file_bytes = file_bytes
        self._fastest = max(file_bytes / FASTEST, SHORTEST) if file_bytes else math.inf
        self._live_from = live_from
        self._last: float | None = None
        self._received = 0.0
        self._sizes: deque[tuple[float, int]] = deque()
        self._size = 0

    def before(self, lines: Sequence[bytes], size: int, received: float) -> int:
        """How many lines come before a suspicious jump; all without one. `size`: of all lines, in
        bytes; `received`: monotonic."""
        newest = None if self._file_bytes is None else _seconds(lines[-1])
        if newest is None:
            return len(lines)
        last, pause = self._last, received - self._received
        self._last, self._received = newest, received
        whole = len(lines)
        if last is not None and last >= self._live_from and newest - last >= self._fastest:
            suspicious = self._suspicious(lag=newest - last - pause)
            whole = _jump(lines, last, suspicious)
        self._count(newest, size)
        return whole

    def _suspicious(self, *, lag: float) -> float:
        """Seconds in which a file may have been filled."""
        if lag >= self._fastest:
            return self._fastest
        if not self._size:
            return math.inf
        span = max(self._sizes[-1][0] - self._sizes[0][0], 0.1)
        return max((self._file_bytes or 0) / (BURST * self._size / span), self._fastest)

    def _count(self, newest: float, size: int) -> None:
        self._sizes.append((newest, size))
        self._size += size
        while self._sizes[0][0] < newest - _RATE_SPAN:
            self._size -= self._sizes.popleft()[1]


def _jump(lines: Sequence[bytes], last: float, suspicious: float) -> int:
    """Where the first jump of at least so many seconds is."""
    for at, line in enumerate(lines):
        now = _seconds(line)
        if now is not None:
            if now - last >= suspicious:
                return at
            last = now
    return len(lines)


def file_bytes(driver: str, size: str | None) -> int | None:
    """How large a log file gets before the next is begun; None: there is only one."""
    if driver == "local":
        size = size or "20m"
    if driver not in ("json-file", "local") or not size:
        return None
    number, unit = size.strip().lower().rstrip("b"), "b"
    if number[-1:] in _UNITS:
        number, unit = number[:-1], number[-1]
    try:
        return int(float(number) * _UNITS[unit]) if float(number) > 0 else None
    except ValueError:
        return None


def _seconds(line: bytes) -> float | None:
    stamp = stamp_of(line)
    return nanoseconds(stamp.decode()) / 1e9 if stamp else None
