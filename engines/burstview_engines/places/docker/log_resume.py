"""What a log's daemon sends twice: after a break, and where it turns to a new file. Pure."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from operator import ge

from burstview_engines.places.docker.log_lines import stamp_of
from burstview_engines.places.docker.log_recent import Recent
from burstview_engines.places.docker.log_stamps import moved, nanoseconds

MARGIN_NS = 1_000_000_000
"""Lines of stdout and stderr are stamped before they are written, so that a later line may carry
an earlier stamp; so much is asked for again."""


class Resume:
    """Leaves out what was told before a break.

    A daemon gives lines *since* a stamp, that stamp included, and several lines may share one; so
    every line that was told is counted, and each one that comes again takes one off.
    """

    def __init__(self, recent: Recent) -> None:
        self._recent = recent
        self._told: Counter[bytes] = Counter()
        self._until = self._newest = self._open_stamp = b""
        self._has_met = False

    @property
    def is_possible(self) -> bool:
        """A stamped line was told, so that `since` can be given."""
        return bool(self._recent.newest_stamp)

    def since(self, open_stamp: bytes = b"") -> str:
        """What to ask for, in the daemon's `seconds.nanoseconds`; lines that were told are from now
        on left out by `fresh`. `open_stamp`: of a line that had not come wholly."""
        self._told = self._recent.counted()
        self._has_met = False
        self._newest = self._recent.newest_stamp
        self._until = moved(self._newest, MARGIN_NS)
        self._open_stamp = open_stamp
        begin = nanoseconds(self._newest.decode()) - MARGIN_NS
        if open_stamp:
            begin = min(begin, nanoseconds(open_stamp.decode()))
        return f"{begin // 10**9}.{begin % 10**9:09d}"

    def is_told(self, line: bytes) -> bool:
        """Whether that line was told before the break."""
        return line in self._told

    def fresh(self, lines: list[bytes]) -> list[bytes]:
        """Those that were not told before the break."""
        if not self._told:
            return lines
        fresh = [line for line in lines if self._is_fresh(line)]
        if lines and stamp_of(lines[-1]) > self._until:
            self._told.clear()
        return fresh

    def _is_fresh(self, line: bytes) -> bool:
        """What comes before the first line that was told is older, and was left out on purpose."""
        if self._told[line] > 0:
            self._told[line] -= 1
            self._has_met = True
            return False
        if self._has_met:
            return True
        stamped = stamp_of(line)
        return not stamped or stamped > self._newest or stamped == self._open_stamp


class Repeats:
    """Leaves out what a daemon repeats within a stream.

    Docker 20.10 sends the last lines of a log file again where it turns to the next: a run of told
    lines after newer ones, or the very last line alone.
    """

    def __init__(self, recent: Recent) -> None:
        self._recent = recent
        self._told: Counter[bytes] = Counter()

    def once(self, lines: list[bytes]) -> list[bytes]:
        """Those that are no repeats; lines in order of their stamps are the usual case."""
        if not self._told and not any(map(ge, chain((self._recent.last_line,), lines), lines)):
            return lines
        once: list[bytes] = []
        last = self._recent.last_line
        for line in lines:
            if self._told and self._goes_on(line):
                continue
            self._told.clear()
            if line <= last and self._begins(line, last, once):
                self._told = self._recent.counted() + Counter(once)
                self._told[line] -= 1
            else:
                once.append(line)
                last = line
        return once

    def _begins(self, line: bytes, last: bytes, once: list[bytes]) -> bool:
        """By a coarse clock two equal lines may be two."""
        if line == last:
            return not stamp_of(line).endswith(b"00Z")
        return line in once or self._recent.holds(line) or self._recent.forgot(line)

    def _goes_on(self, line: bytes) -> bool:
        if self._told[line] > 0:
            self._told[line] -= 1
            return True
        return self._recent.forgot(line)
