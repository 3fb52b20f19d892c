"""A local engine's log: lines with a time stamp each, like `docker logs --timestamps`, bounded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

MOST_BYTES = 10 << 20
"""Of one file; there are two."""
MOST_LINE = 16 << 10
"""Bytes after which a line without an end is cut."""
_ENDS = re.compile(rb"\r\n|\n|\r")


class LogFile:
    """Written by the supervisor alone. A carriage return ends a line too: progress bars show."""

    def __init__(
        self, path: Path, wall_ns: Callable[[], int], most_bytes: int = MOST_BYTES
    ) -> None:
        self._path, self._wall_ns, self._most = path, wall_ns, most_bytes
        self._file: BinaryIO = self._open()
        self._size = self._file.tell()
        self._rest = b""
        self._last_ns = 0

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """Take what was read; complete lines are in the file when this returns."""
        *lines, rest = _ENDS.split(self._rest + data)
        while len(rest) > MOST_LINE:
            lines.append(rest[:MOST_LINE])
            rest = rest[MOST_LINE:]
        self._rest = rest
        self._append([line for line in lines if line])

    def close(self) -> None:
        """A last line without an end is written too."""
        if self._rest:
            self._append([self._rest])
            self._rest = b""
        self._file.close()

    def _append(self, lines: list[bytes]) -> None:
        if not lines:
            return
        text = b"".join(self._stamp() + line + b"\n" for line in lines)
        if self._size + len(text) > self._most and self._size:
            self._turn()
        self._file.write(text)
        self._size += len(text)

    def _stamp(self) -> bytes:
        """Later than every stamp before: a reader may go on where it was."""
        self._last_ns = max(self._last_ns + 1, self._wall_ns())
        seconds, nanos = divmod(self._last_ns, 1_000_000_000)
        day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{day}.{nanos:09d}Z ".encode()

    def _turn(self) -> None:
        self._file.close()
        self._path.replace(older(self._path))
        self._file, self._size = self._open(), 0

    def _open(self) -> BinaryIO:
        number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(number, "ab", buffering=0)


def older(path: Path) -> Path:
    """Where the lines are that made room."""
    return path.with_name(f"{path.name}.1")
