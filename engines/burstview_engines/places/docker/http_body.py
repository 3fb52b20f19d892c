"""Where the body of an HTTP answer ends: one that breaks off is not whole. Pure."""

from __future__ import annotations

import re
from typing import Protocol

_LONGEST_SIZE = 64


class BadBodyError(ConnectionResetError):
    """What came is no body of the announced form."""


class Body(Protocol):
    """Takes what came from the socket and gives what belongs to the answer."""

    @property
    def is_over(self) -> bool:
        """All of it has come."""

    def feed(self, data: bytes) -> bytes:
        """Its next part; may be empty. Raises BadBodyError."""


class ChunkedBody:
    """Each chunk has its size before it; an empty one is the last."""

    def __init__(self) -> None:
        self.is_over = False
        self._rest = b""
        self._left = 0
        """Of a chunk and the line end after it."""

    def feed(self, data: bytes) -> bytes:
        """Its next part; may be empty. Raises BadBodyError."""
        got = self._rest + data
        parts: list[bytes] = []
        at = 0
        while not self.is_over and at < len(got):
            if not self._left:
                end = got.find(b"\r\n", at)
                if end < 0:
                    break
                size = _size(got[at:end])
                self.is_over = size == 0
                self._left = size + 2
                at = end + 2
                continue
            part = got[at : at + self._left]
            at += len(part)
            self._left -= len(part)
            line_end = max(2 - self._left, 0)
            parts.append(part[:-line_end] if line_end else part)
        self._rest = got[at:]
        if not self._left and len(self._rest) > _LONGEST_SIZE:
            raise BadBodyError
        return b"".join(parts)


class SizedBody:
    """Its size was announced."""

    def __init__(self, size: int) -> None:
        self._left = size

    @property
    def is_over(self) -> bool:
        """All of it has come."""
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        """Its next part; may be empty."""
        part = data[: self._left]
        self._left -= len(part)
        return part


class OpenBody:
    """It ends with the connection."""

    is_over = False

    def feed(self, data: bytes) -> bytes:
        """All of it."""
        return data


def body_of(head: bytes) -> Body:
    """By the answer's head, the first line included."""
    if re.search(rb"(?i)\r\ntransfer-encoding:[^\r]*chunked", head):
        return ChunkedBody()
    size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return SizedBody(int(size[1])) if size else OpenBody()


def _size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError as refusal:
        raise BadBodyError from refusal
