"""When a line was written, in session seconds, by its stamp of a daemon's clock."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.places.docker.log_stamps import nanoseconds

PROMPT = 1.0
"""Seconds within which lines arrive: an older or a future stamp is of a clock that differs."""
_LENGTH = len("2026-11-26T11:43:25.663614889Z ")


class LogClock:
    """Lines arrive some tenths of a second late, in batches. Where the daemon's clock differs from
    ours, the quickest line so far is taken to have come at once."""

    def __init__(self, now: Callable[[], float], wall: Callable[[], float]) -> None:
        """`now` gives session seconds, `wall` Unix time."""
        self._now, self._wall = now, wall
        self._opened = wall()
        self._arrived = 0.0
        self._difference: float | None = None
        """Unix time of ours less the daemon's: the least that was seen."""
        self._newest = 0.0

    def is_old(self, line: str, *, otherwise: bool) -> bool:
        """Written before anybody read along; `otherwise` of one without a stamp."""
        written = _stamp(line)
        return otherwise if written is None else written < self._opened

    def text(self, line: str) -> str:
        """Without the stamp."""
        return line[_LENGTH:] if _stamp(line) is not None else line

    def arrived(self, newest: str) -> None:
        """A batch came just now that ends with this line."""
        self._arrived = self._now()
        written = _stamp(newest)
        if written is not None:
            late = self._wall() - written
            if self._difference is None or late < self._difference:
                self._difference = late

    def at(self, line: str) -> float:
        """Never before an earlier line's, nor after now."""
        written = _stamp(line)
        at = self._arrived
        if written is not None and self._difference is not None:
            is_ours = 0.0 <= self._difference <= PROMPT
            at -= self._wall() - written - (0.0 if is_ours else self._difference)
        self._newest = max(self._newest, min(at, self._arrived))
        return self._newest


def _stamp(line: str) -> float | None:
    """Unix time; None of a line without one."""
    if line[_LENGTH - 2 : _LENGTH] != "Z ":
        return None
    try:
        return nanoseconds(line[: _LENGTH - 1]) / 1e9
    except ValueError:
        return None
