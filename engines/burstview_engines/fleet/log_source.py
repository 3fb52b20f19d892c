"""Where the log of an engine comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from burstview_engines.control import LogLine, LogView
from burstview_engines.places.docker.log_book import KEPT_LINES, LogBook
from burstview_engines.places.docker.log_lines import bounded, readable
from burstview_engines.places.process.follow import TAIL

TakeLines = Callable[[Sequence[str]], None]
"""Gets raw lines, in the event loop."""


class OpenLog(Protocol):
    """A log that is followed."""

    @property
    def view(self) -> LogView:
        """Its last lines."""

    def close(self) -> None:
        """No line comes any more; returns at once."""


class LogSource(Protocol):
    """Every call may raise SessionError."""

    def open_log(
        self,
        key: str,
        take: TakeLines | None,
        *,
        tail: int = TAIL,
        kept: int = KEPT_LINES,
        noise: tuple[bytes, ...] = (),
        stamped: bool = False,
    ) -> OpenLog:
        """Follow it; `take` gets lines as they come, the last `tail` ones first, but none that
        begins with `noise`. `stamped`: with the daemon's stamp before each, where it has one."""

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """The newest of its log, numbered from 1."""

    async def tail(self, key: str) -> Sequence[str]:
        """The last lines, raw; empty when it has no log."""


def numbered(lines: Sequence[bytes]) -> tuple[LogLine, ...]:
    """Stamped lines of a log as they are read on a screen."""
    parts = (readable(bounded(line)) for line in lines)
    return tuple(LogLine(at, stamp, text) for at, (stamp, text) in enumerate(parts, 1))


def book_for(
    take: TakeLines | None, kept: int, noise: tuple[bytes, ...] = (), *, stamped: bool = False
) -> LogBook:
    """A book whose lines a thread writes, and which hands them on in this event loop."""
    book = LogBook(kept)
    if take is not None:
        loop = asyncio.get_running_loop()

        def deliver(lines: Sequence[str]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                loop.call_soon_threadsafe(take, lines)

        book.subscribe(deliver, noise, stamped=stamped)
    return book
