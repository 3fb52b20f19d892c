"""Where a log goes on after a break: which lines are asked for again, and which were seen. Pure."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime

from burstview_engines.places.docker.log_lines import stamp_of

MARGIN_NS = 1_000_000_000
"""Lines of stdout and stderr are stamped before they are written, so that a later line may carry
an earlier stamp; so much is asked for again."""
_PARTS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))")


class Resume:
    """Remembers the lines of the last two seconds.

    A daemon gives lines *since* a stamp, that stamp included, and several lines may share one; so
    every line that was seen is counted, and each one that comes again takes one off.
    """

    def __init__(self) -> None:
        self._batches: deque[Sequence[bytes]] = deque()
        self._newest = b""
        self._open_stamp = b""
        self._seen: Counter[bytes] = Counter()
        self._seen_from = self._seen_until = b""

    @property
    def has_lines(self) -> bool:
        """A stamped line was seen, so that `since` can be told."""
        return bool(self._newest)

    def remember(self, lines: Sequence[bytes]) -> None:
        """Lines that were delivered, in order."""
        newest = next(filter(None, map(stamp_of, reversed(lines))), b"")
        if not newest:
            return
        self._newest = newest
        self._batches.append(lines)
        kept = _moved(newest, -2 * MARGIN_NS)
        while len(self._batches) > 1 and stamp_of(self._batches[0][-1]) < kept:
            self._batches.popleft()

    def since(self, open_stamp: bytes = b"") -> str:
        """What to ask for, in the daemon's `seconds.nanoseconds`; lines that were seen already are
        from now on left out by `fresh`. `open_stamp`: of a line that had not come wholly."""
        self._seen = Counter(line for batch in self._batches for line in batch)
        self._open_stamp = open_stamp
        self._seen_from = _moved(self._newest, -MARGIN_NS)
        self._seen_until = _moved(self._newest, MARGIN_NS)
        begin = nanoseconds(self._seen_from.decode())
        if open_stamp:
            begin = min(begin, nanoseconds(open_stamp.decode()))
        return f"{begin // 10**9}.{begin % 10**9:09d}"

    def is_seen(self, line: bytes) -> bool:
        """Whether that line was seen before the break."""
        return line in self._seen

    def fresh(self, lines: list[bytes]) -> list[bytes]:
        """Those that were not seen before the break."""
        if not self._seen:
            return lines
        fresh = [line for line in lines if self._is_fresh(line)]
        if lines and stamp_of(lines[-1]) > self._seen_until:
            self._seen.clear()
        return fresh

    def _is_fresh(self, line: bytes) -> bool:
        """A line from before the remembered ones comes only for the sake of the open line."""
        if self._seen[line] > 0:
            self._seen[line] -= 1
            return False
        stamped = stamp_of(line)
        return not stamped or stamped >= self._seen_from or stamped == self._open_stamp


def _moved(stamped: bytes, by: int) -> bytes:
    return stamp(nanoseconds(stamped.decode()) + by)


def nanoseconds(text: str) -> int:
    """Unix time of an RFC 3339 stamp with up to nine decimals. Raises ValueError."""
    found = _PARTS.match(text)
    if found is None:
        raise ValueError(f"not a time: {text!r}")
    seconds = int(datetime.fromisoformat(found[1] + "+00:00").timestamp())
    if found[3]:
        offset = (int(found[4]) * 60 + int(found[5])) * 60
        seconds -= offset if found[3] == "+" else -offset
    return seconds * 10**9 + int((found[2] or "0").ljust(9, "0"))


def stamp(nanoseconds: int) -> bytes:
    """As Docker writes it before a line; such stamps sort as bytes."""
    seconds, rest = divmod(nanoseconds, 10**9)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{rest:09d}Z".encode()
