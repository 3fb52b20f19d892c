"""The lines of a log that were told last, to know them when they come again. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from burstview_engines.places.docker.log_lines import stamp_of
from burstview_engines.places.docker.log_stamps import moved

KEPT_NS = 2_000_000_000
KEPT_LINES = 50_000
"""Of a flood."""
_SECOND = len("2026-11-26T11:43:25")


class Recent:
    """The lines of two seconds or three, by their stamps, in the batches in which they came."""

    def __init__(self) -> None:
        self._batches: deque[Sequence[bytes]] = deque()
        self._count = 0
        self._forgotten_until = self._looked_at = b""
        self.newest_stamp = b""
        """Empty before the first stamped line."""
        self.last_line = b""

    def remember(self, lines: Sequence[bytes]) -> None:
        """Lines that were told, in order."""
        newest = stamp_of(lines[-1]) if lines else b""
        newest = newest or next(filter(None, map(stamp_of, reversed(lines))), b"")
        if not newest:
            return
        self.newest_stamp, self.last_line = newest, lines[-1]
        self._batches.append(lines)
        self._count += len(lines)
        if newest[:_SECOND] != self._looked_at or self._count > KEPT_LINES:
            self._looked_at = newest[:_SECOND]
            self._forget(moved(newest, -KEPT_NS))

    def _forget(self, kept_from: bytes) -> None:
        while len(self._batches) > 1:
            newest = stamp_of(self._batches[0][-1])
            if newest >= kept_from and self._count <= KEPT_LINES:
                return
            self._forgotten_until = newest
            self._count -= len(self._batches.popleft())

    def counted(self) -> Counter[bytes]:
        """How often each line was told."""
        return Counter(line for batch in self._batches for line in batch)

    def forgot(self, line: bytes) -> bool:
        """Whether it belongs to a flood that is too long to be remembered. What is older than two
        seconds was not told for sure: the clock may have been set back."""
        stamped = stamp_of(line)
        if not stamped or stamped > self._forgotten_until:
            return False
        return stamped > moved(self.newest_stamp, -KEPT_NS)

    def holds(self, line: bytes) -> bool:
        """Whether it was told; it is looked for about where its stamp belongs."""
        older = 0
        for batch in reversed(self._batches):
            if line in batch:
                return True
            older += batch[0] <= line
            if older == 2:
                break
        return False
