"""One container's log, read stream by stream; what was read once is not read again."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from burstview_engines.places.docker.lifeline import Lifeline
from burstview_engines.places.docker.log_flow import flow
from burstview_engines.places.docker.log_lines import (
    FrameLines,
    LineReader,
    TerminalLines,
    stamp_of,
)
from burstview_engines.places.docker.log_recent import Recent
from burstview_engines.places.docker.log_resume import Repeats, Resume
from burstview_engines.places.docker.log_skips import Skips
from burstview_engines.places.docker.stream_close import Ask, DaemonStream, StreamCut

if TYPE_CHECKING:
    from docker import APIClient

RESUMED_TAIL = 20_000
"""Lines from the end in which a daemon looks for the last seen one, before it reads all."""


class LogSink(Protocol):
    """Where the lines go; called on the follower's thread."""

    def add(self, lines: Sequence[bytes]) -> None:
        """Lines as the daemon sent them, stamp first."""

    def remark(self, text: str) -> None:
        """A line of our own."""


@dataclass(frozen=True, slots=True)
class Split:
    """Remarks that belong before the first line of that stamp or a later one."""

    boundary: bytes
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a log is read: a terminal's has no frames, and `follow` goes on until the run ends.

    A reader that lags behind may not see the end of a run before the next one begins: `on_wake`,
    called while it follows and after the lifeline was woken, may then call `LogTape.split`.
    """

    has_terminal: bool
    follow: bool = False
    file_bytes: int | None = None
    """How large one of its files gets before the next is begun; None: there is only one."""
    on_wake: Callable[[], None] = lambda: None


class _Gap(Exception):  # noqa: N818  a signal between two methods
    """Lines are left out: the log must be asked for again, from the last told line on."""

    def __init__(self, tail: int | None) -> None:
        super().__init__()
        self.tail = tail


class LogTape:
    """`tail`: how many lines of the past are read first."""

    def __init__(self, container: str, sink: LogSink, tail: int) -> None:
        self.container = container
        self._sink = sink
        self._tail: int | None = tail
        self._recent = Recent()
        self._resume = Resume(self._recent)
        self._repeats = Repeats(self._recent)
        self._open_stamp = b""
        self._splits: deque[Split] = deque()

    def split(self, split: Split) -> None:
        """Put remarks between two lines that are still to be read."""
        self._splits.append(split)

    def expect_all(self) -> None:
        """All lines from now on count: the log is known to be empty, or was read to its end."""
        self._tail = None

    def read(self, lifeline: Lifeline, api: APIClient, reading: Reading) -> None:
        """Until the stream ends. Raises as `Lifeline.open`, and GarbledLog."""
        tail = RESUMED_TAIL if self._resume.is_possible else self._tail
        while True:
            try:
                self._play(lifeline, api, reading, tail)
                return
            except _Gap as gap:
                tail = gap.tail

    def _play(self, lifeline: Lifeline, api: APIClient, reading: Reading, tail: int | None) -> None:
        query = self._query(follow=reading.follow, tail=tail)
        may_miss = self._resume.is_possible and tail is not None
        asked = Ask(f"/containers/{self.container}/logs", query, is_whole=not reading.follow)
        with lifeline.streaming(api, asked) as stream:
            self._copy(lifeline, stream, reading, may_miss=may_miss)
        if lifeline.is_cut:
            raise StreamCut
        self._say_splits()
        self.expect_all()

    def _query(self, *, follow: bool, tail: int | None) -> dict[str, str | int]:
        query: dict[str, str | int] = {"stdout": 1, "stderr": 1, "timestamps": 1}
        query |= {"follow": int(follow), "tail": "all" if tail is None else tail}
        if self._resume.is_possible:
            query["since"] = self._resume.since(self._open_stamp)
        return query

    def _copy(
        self, lifeline: Lifeline, stream: DaemonStream, reading: Reading, *, may_miss: bool
    ) -> None:
        reader: LineReader = TerminalLines() if reading.has_terminal else FrameLines()
        live_from = stream.answered_at if reading.follow else math.inf
        skips = Skips(reading.file_bytes, live_from)
        for chunk in flow(stream) if reading.follow else iter(stream.read, b""):
            if lifeline.is_cut:
                break
            lines = reader.feed(chunk)
            if may_miss and lines:
                may_miss = False
                if not self._resume.is_told(lines[0]):
                    raise _Gap(None)
            fresh = self._repeats.once(self._resume.fresh(lines))
            if fresh:
                self._tell(fresh, reader, skips.before(fresh, len(chunk), time.monotonic()))
            if reading.follow and lifeline.take_wake():
                reading.on_wake()
        self._open_stamp = reader.open_stamp

    def _tell(self, lines: list[bytes], reader: LineReader, whole: int) -> None:
        if whole:
            self._deliver(lines[:whole])
            self._recent.remember(lines[:whole])
        if whole < len(lines):
            self._open_stamp = reader.open_stamp
            raise _Gap(RESUMED_TAIL)

    def _deliver(self, lines: list[bytes]) -> None:
        while self._splits:
            boundary = self._splits[0].boundary
            at = next((i for i, line in enumerate(lines) if stamp_of(line) >= boundary), None)
            if at is None:
                break
            if at:
                self._sink.add(lines[:at])
                lines = lines[at:]
            self._say(self._splits.popleft())
        self._sink.add(lines)

    def _say_splits(self) -> None:
        """All lines that were to come before them are there."""
        while self._splits:
            self._say(self._splits.popleft())

    def _say(self, split: Split) -> None:
        for remark in split.remarks:
            self._sink.remark(remark)
