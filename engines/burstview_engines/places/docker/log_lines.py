"""What a daemon sends of a container's log, cut into lines. Pure; lines stay bytes until read."""

from __future__ import annotations

import re
from struct import Struct
from typing import Protocol

from burstview_engines.core.text import harmless

SHOWN_BYTES = 8192
"""Longer lines are cut there, the rest is counted."""
PIECE_BYTES = 16384
"""Docker cuts a line into messages of that many bytes, each with the stamp of the first."""
_FRAME_LIMIT = 1 << 24
_OPEN_LIMIT = 1 << 20
_HEADER_BYTES = 8
_size_at = Struct(">4xL").unpack_from
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ")
_ERASE = re.compile(r"\x1b\[[02]?[KJ]")
_NEWLINE = 0x0A


class GarbledLog(Exception):  # noqa: N818  nobody's fault
    """The bytes cannot be a log in the form that was expected."""


class LineReader(Protocol):
    """Gives the complete lines of a stream; each begins with the daemon's stamp."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Lines that this chunk completes, in the daemon's order. Raises GarbledLog."""

    @property
    def open_stamp(self) -> bytes:
        """Of the oldest line that is not complete; empty without one."""


class FrameLines:
    """The log of a container without a terminal: frames of stdout and stderr, mixed."""

    def __init__(self) -> None:
        self._rest = b""
        self._open: dict[int, _LongLine] = {}

    @property
    def open_stamp(self) -> bytes:
        """Of the oldest line that is not complete; empty without one."""
        return min((line.stamp for line in self._open.values()), default=b"")

    def feed(self, chunk: bytes) -> list[bytes]:
        """Lines that this chunk completes, in the daemon's order. Raises GarbledLog."""
        got = self._rest + chunk if self._rest else chunk
        lines: list[bytes] = []
        at = 0
        while True:
            if not self._open:
                at = _whole_lines(got, at, lines)
            begin = at + _HEADER_BYTES
            size = _size_at(got, at)[0] if begin <= len(got) else 0
            if size > _FRAME_LIMIT:
                raise GarbledLog
            if begin + size > len(got):
                break
            lines += self._piece(got[at], got[begin : begin + size])
            at = begin + size
        self._rest = got[at:]
        return lines

    def _piece(self, stream: int, piece: bytes) -> list[bytes]:
        """A line is complete with the message that ends in a newline, or when one with another
        stamp follows: its process died in between."""
        if not piece:
            return []
        lines = []
        line = self._open.pop(stream, None)
        if line is not None and stamp_of(piece) not in (line.stamp, b""):
            lines.append(line.bounded())
            line = None
        if line is None:
            line = _LongLine(piece)
        else:
            line.add(_unstamped(piece, line.stamp))
        if piece.endswith(b"\n"):
            return [*lines, line.bounded()]
        self._open[stream] = line
        return lines


def _whole_lines(got: bytes, at: int, lines: list[bytes]) -> int:
    """Append the messages that are whole lines; where the first other one begins."""
    end = len(got)
    while at + _HEADER_BYTES <= end:
        (size,) = _size_at(got, at)
        stop = at + _HEADER_BYTES + size
        if stop > end or got[stop - 1] != _NEWLINE or size > SHOWN_BYTES:
            break
        lines.append(got[at + _HEADER_BYTES : stop])
        at = stop
    return at


class TerminalLines:
    """The log of a container with a terminal: one stream of text, stamped at each message."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def open_stamp(self) -> bytes:
        """Of the line that is not complete; empty without one."""
        return stamp_of(self._rest)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Lines that this chunk completes; one that does not end is cut in between."""
        self._rest += chunk
        if b"\n" not in chunk and len(self._rest) < _OPEN_LIMIT:
            return []
        *lines, rest = bytes(self._rest).split(b"\n")
        if len(rest) >= _OPEN_LIMIT:
            lines.append(rest)
            rest = b""
        self._rest = bytearray(rest)
        return [bounded(line) for line in lines]


class _LongLine:
    """A line that comes in several messages; keeps its begin and what a terminal shows of it."""

    def __init__(self, first: bytes) -> None:
        self.stamp = stamp_of(first)
        self._text = bytearray(first[len(self.stamp) + 1 :] if self.stamp else first)
        self._under = bytearray()
        """What the text is written over."""
        self._dropped = 0

    def add(self, piece: bytes) -> None:
        self._text += piece
        if len(self._text) > 4 * PIECE_BYTES:
            self._shorten()

    def bounded(self) -> bytes:
        """The whole line, cut where it gets too long."""
        self._text = self._text.rstrip(b"\r\n")
        if len(self._text) > SHOWN_BYTES:
            self._shorten()
        counted = f"… ({self._dropped:,} more bytes)".encode() if self._dropped else b""
        text = bytes(self._text + self._under[len(self._text) :])
        return self.stamp + b" " * bool(self.stamp) + text + counted

    def _shorten(self) -> None:
        """Of a progress bar only the last states count, of other text the begin."""
        if b"\r" in self._text:
            *_, under, self._text = self._text.rsplit(b"\r", 2)
            self._under = under[:SHOWN_BYTES]
            self._dropped = 0
        if len(self._text) > SHOWN_BYTES:
            cut = SHOWN_BYTES
            while self._text[cut] & 0xC0 == 0x80:
                cut -= 1
            self._dropped += len(self._text) - cut
            del self._text[cut:]


def stamp_of(line: bytes | bytearray) -> bytes:
    """The RFC 3339 stamp that the line begins with; empty without one."""
    found = _STAMP.match(line)
    return bytes(found[0][:-1]) if found else b""


def bounded(line: bytes) -> bytes:
    """The line if it is short, else cut. A terminal's log repeats the stamp within a long line."""
    return line if len(line) <= SHOWN_BYTES else _joined(line)


def readable(line: bytes) -> tuple[str, str]:
    """Stamp and text of a line, the text as a terminal shows it in the end, made harmless."""
    stamp = stamp_of(line)
    text = line[len(stamp) + 1 if stamp else 0 :].rstrip(b"\r\n").decode("utf-8", "replace")
    if not text.isprintable():
        text = harmless(_settled(text) if "\r" in text else text).replace("\n", " ")
    return stamp.decode(), text


def _settled(text: str) -> str:
    """Each part after a carriage return is written over the one before, from the left."""
    shown = ""
    for part in text.split("\r"):
        is_erased = _ERASE.search(part) is not None
        written = harmless(part)
        shown = written if is_erased else written + shown[len(written) :]
    return shown


def _unstamped(piece: bytes, stamp: bytes) -> bytes:
    return piece[len(stamp) + 1 :] if stamp and piece.startswith(stamp + b" ") else piece


def _joined(line: bytes) -> bytes:
    """A long line of a terminal: every piece after the first repeats the stamp."""
    stamp = stamp_of(line)
    step = PIECE_BYTES + len(stamp) + 1
    long = _LongLine(line[:step])
    for at in range(step, len(line), step):
        long.add(_unstamped(line[at : at + step], stamp))
    return long.bounded()
