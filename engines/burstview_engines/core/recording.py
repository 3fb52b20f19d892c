"""The recording: one event a line, appended as it happens, readable after a crash in mid-line.

The first line is a `session` event with the format's version. A reader takes every version up to
its own; fields it does not know are ignored, fields an older version lacks have their defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from burstview_engines.core.events import AnyEvent, SessionStarted, decode, encode

VERSION = 1


class RecordingError(Exception):
    """A recording that cannot be written or read; the text is one sentence with the place."""


class Recorder:
    """Appends events to a file; each write reaches the operating system before the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("ab", buffering=0)
        except OSError as refusal:
            raise RecordingError(f"cannot record to {path}: {refusal.strerror}") from refusal

    def write(self, *events: AnyEvent) -> None:
        """Append the events, all or (after a crash) up to a cut line."""
        data = memoryview(b"".join(map(encode, events)))
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as refusal:
            raise RecordingError(
                f"recording to {self.path} stopped: {refusal.strerror}"
            ) from refusal

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        self._file.close()


def read(path: Path) -> Iterator[AnyEvent]:
    """The events of a recording in the order they were written; a cut last line is left out.

    Raises RecordingError with the line's number on anything else that is not an event, and on a
    version that is newer than this program.
    """
    try:
        with path.open("rb") as lines:
            yield from _events(path, lines)
    except OSError as refusal:
        raise RecordingError(f"cannot read {path}: {refusal.strerror}") from refusal


def _events(path: Path, lines: BinaryIO) -> Iterator[AnyEvent]:
    started = False
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            if number == 1:
                raise RecordingError(f"{path} is not a burstview recording: its first line is cut")
            return
        event = _event(path, number, line)
        if not started and not isinstance(event, SessionStarted):
            raise RecordingError(f"{path} is not a burstview recording: line 1 starts no session")
        if isinstance(event, SessionStarted) and event.version > VERSION:
            raise RecordingError(
                f"{path}, line {number}: format {event.version} is newer than this program's"
                f" {VERSION}; update burstview to open it"
            )
        started = True
        yield event


def _event(path: Path, number: int, line: bytes) -> AnyEvent:
    try:
        return decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as damage:
        raise RecordingError(f"{path}, line {number} is damaged: {damage}") from damage
