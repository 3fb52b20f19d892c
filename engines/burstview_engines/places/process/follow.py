"""A local engine's log, read as it grows, across the turn to a new file."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.process.log_file import older

PERIOD = 0.1
"""Seconds between two looks at the file."""
TAIL = 500
"""Lines of the past that are read first."""


def last_lines(path: Path, count: int = TAIL) -> list[bytes]:
    """Of the log and, if it is short, of the file before it; empty when there is none."""
    lines: deque[bytes] = deque(maxlen=count)
    for part in (older(path), path):
        with suppress(OSError), part.open("rb") as file:
            lines.extend(line.rstrip(b"\n") for line in file)
    return list(lines)


class LogTail:
    """A daemon thread that puts a log's lines into a book."""

    def __init__(
        self, path: Path, book: LogBook, *, period: float = PERIOD, tail: int = TAIL
    ) -> None:
        self._path, self._book, self._period, self._tail = path, book, period, tail
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._rest = b""

    def start(self) -> None:
        """Begin with the last lines."""
        self._thread.start()

    def close(self) -> None:
        """End, from any thread."""
        self._closed.set()

    def _run(self) -> None:
        file = self._open_at_end()
        while not self._closed.is_set():
            file = self._read(file) if file is not None else self._open()
            self._closed.wait(self._period)
        if file is not None:
            file.close()

    def _open_at_end(self) -> BinaryIO | None:
        """The place up to which the tail was read."""
        file = self._open()
        lines: deque[bytes] = deque(maxlen=self._tail)
        with suppress(OSError), older(self._path).open("rb") as past:
            lines.extend(line.rstrip(b"\n") for line in past)
        if file is not None:
            *whole, self._rest = file.read().split(b"\n")
            lines.extend(whole)
        if lines:
            self._book.add(list(lines))
        return file

    def _open(self) -> BinaryIO | None:
        with suppress(OSError):
            return self._path.open("rb")
        return None

    def _read(self, file: BinaryIO) -> BinaryIO | None:
        """All that came; then, if another file has taken the name, go on with that."""
        has_turned = self._has_turned(file)
        while data := file.read(1 << 18):
            *lines, self._rest = (self._rest + data).split(b"\n")
            if lines:
                self._book.add(lines)
        if not has_turned:
            return file
        file.close()
        self._rest = b""
        return self._open()

    def _has_turned(self, file: BinaryIO) -> bool:
        with suppress(OSError):
            return self._path.stat().st_ino != os.fstat(file.fileno()).st_ino
        return True
