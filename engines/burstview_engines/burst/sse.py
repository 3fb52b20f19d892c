"""Server-sent events, split on bytes.

Only CR and LF end a line here: text splitters also cut at U+2028 or U+0085, which models write.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_EVENT_BYTES = 4 << 20
"""An event that grows beyond this is dropped, and `overflowed` says so."""

_BOM = b"\xef\xbb\xbf"

Event = tuple[bytes, str]
"""(data, event name; empty when unnamed)."""


class EventSplitter:
    """One response's events, whatever way its bytes were cut.

    Comments (servers ping with them) and events without data yield nothing.
    """

    def __init__(self) -> None:
        self.overflowed = False
        self._rest = b""
        self._after_cr = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        if self._after_cr or b"\r" in data:
            data = self._unify(data)
        if self._rest:
            data = self._rest + data
        blocks = data.split(b"\n\n")
        self._rest = blocks.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            self.overflowed, self._rest = True, b""
        return _events(blocks)

    def end(self) -> list[Event]:
        """The last event when the stream ended without the blank line behind it."""
        rest, self._rest = self._rest, b""
        return _events([rest])

    def _unify(self, data: bytes) -> bytes:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _events(blocks: Iterable[bytes]) -> list[Event]:
    events: list[Event] = []
    for block in blocks:
        if block.startswith(b"data: ") and b"\n" not in block:
            events.append((block[6:], ""))
        elif block:
            events.extend(_parsed(block))
    return events


def _parsed(block: bytes) -> list[Event]:
    lines: list[bytes] = []
    name = ""
    for line in block.removeprefix(_BOM).split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            lines.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return [(b"\n".join(lines), name)] if lines else []
