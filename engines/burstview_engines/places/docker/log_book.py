"""The last lines of one container's log, kept as they came and made readable when they are read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from burstview_engines.control import LogLine
from burstview_engines.places.docker.log_lines import readable
from burstview_engines.source import SessionError

KEPT_LINES = 5000
STAMP_BYTES = 31
"""Docker's stamp and the space after it; what is before a line's text."""


@dataclass(frozen=True, slots=True)
class _Remark:
    text: str


@dataclass(frozen=True, slots=True)
class _Subscriber:
    """Noise are begins of lines that it does not want: they are not even decoded."""

    on_lines: Callable[[Sequence[str]], None]
    noise: tuple[bytes, ...]
    stamped: bool


class LogBook:
    """A ring of lines that any thread may write and read. Numbers go on when lines fall out."""

    def __init__(self, kept: int = KEPT_LINES, *, text_at: int = STAMP_BYTES) -> None:
        """`text_at`: where a line's text begins; 0 for a log without stamps."""
        self._lock = threading.Lock()
        self._kept: deque[bytes | _Remark] = deque(maxlen=kept)
        self._last_number = 0
        self._text_at = text_at
        self._subscribers: tuple[_Subscriber, ...] = ()

    @property
    def last_number(self) -> int:
        """Of the newest line; 0 before the first."""
        return self._last_number

    def add(self, lines: Sequence[bytes]) -> None:
        """Append lines as the daemon sent them, and tell the subscribers, on this thread."""
        with self._lock:
            self._kept.extend(lines)
            self._last_number += len(lines)
        for subscriber in self._subscribers:
            _tell(subscriber, lines, self._text_at)

    def remark(self, text: str) -> None:
        """Append a line of our own; subscribers are not told."""
        with self._lock:
            self._kept.append(_Remark(text))
            self._last_number += 1

    def since(self, number: int) -> tuple[LogLine, ...]:
        """The kept lines after that number. Costs some microseconds a line: ask for what is shown,
        `since(last_number - rows)`."""
        first, kept = self._after(number)
        return tuple(_line(first + at, line) for at, line in enumerate(kept))

    def search(self, text: str, *, case: bool = False) -> tuple[int, ...]:
        """Numbers of the kept lines that hold that text; without `case`, in any case."""
        wanted = text if case else text.casefold()
        lines = self.since(0)
        return tuple(
            line.number for line in lines if wanted in (line.text if case else line.text.casefold())
        )

    def save(self, path: Path, mask: Callable[[str], str]) -> int:
        """Write the kept lines with their stamps, each text masked; how many they were.

        Raises SessionError when the file is there already or cannot be written.
        """
        lines = self.since(0)
        written = "".join(_stamped(line.stamp, mask(line.text)) for line in lines)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(written)
        except FileExistsError as refusal:
            raise SessionError(f"{path} is there already; choose another name.") from refusal
        except OSError as refusal:
            raise SessionError(f"{path} cannot be written: {refusal.strerror}.") from refusal
        return len(lines)

    def subscribe(
        self,
        on_lines: Callable[[Sequence[str]], None],
        noise: tuple[bytes, ...] = (),
        *,
        stamped: bool = False,
    ) -> Callable[[], None]:
        """Be told the texts of all later lines, in batches, on the thread that reads the log,
        but for those that begin with `noise`; what is returned ends it. `stamped`: with the
        daemon's stamp and a space before each text, where the log has stamps."""
        subscriber = _Subscriber(on_lines, noise, stamped)
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)
        return lambda: self._forget(subscriber)

    def _forget(self, subscriber: _Subscriber) -> None:
        with self._lock:
            self._subscribers = tuple(s for s in self._subscribers if s is not subscriber)

    def _after(self, number: int) -> tuple[int, list[bytes | _Remark]]:
        """The first one's number, and the lines."""
        with self._lock:
            count = min(max(self._last_number - number, 0), len(self._kept))
            newest_first = list(islice(reversed(self._kept), count))
            return self._last_number - count + 1, newest_first[::-1]


def _stamped(stamp: str, text: str) -> str:
    return f"{stamp} {text}\n" if stamp else f"{text}\n"


def _line(number: int, line: bytes | _Remark) -> LogLine:
    if isinstance(line, _Remark):
        return LogLine(number, "", line.text, is_remark=True)
    stamp, text = readable(line)
    return LogLine(number, stamp, text)


def _tell(subscriber: _Subscriber, lines: Sequence[bytes], text_at: int) -> None:
    noise = subscriber.noise
    wanted = [line for line in lines if not line.startswith(noise, text_at)] if noise else lines
    if wanted:
        tell = _with_stamp if subscriber.stamped else _text
        subscriber.on_lines([tell(line) for line in wanted])


def _text(line: bytes) -> str:
    return readable(line)[1]


def _with_stamp(line: bytes) -> str:
    stamp, text = readable(line)
    return f"{stamp} {text}" if stamp else text
