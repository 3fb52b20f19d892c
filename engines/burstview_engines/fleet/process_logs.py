"""Logs of local processes: followed, or their last lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.control import LogLine, LogView
from burstview_engines.fleet.log_source import TakeLines, book_for, numbered
from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.docker.log_lines import readable
from burstview_engines.places.docker.threads import DaemonThreads
from burstview_engines.places.process.follow import LogTail, last_lines
from burstview_engines.places.process.record import Folder


@dataclass(slots=True)
class FollowedProcess:
    """A log that is followed."""

    book: LogBook
    tail: LogTail

    @property
    def view(self) -> LogView:
        """Its last lines."""
        return self.book

    def close(self) -> None:
        """No line comes any more."""
        self.tail.close()


class ProcessLogs:
    """In the folder of records, by the engines' names."""

    def __init__(self, folder: Folder, threads: DaemonThreads) -> None:
        self._folder, self._threads = folder, threads

    def follow(
        self,
        name: str,
        take: TakeLines | None,
        *,
        tail: int,
        kept: int,
        noise: tuple[bytes, ...],
        stamped: bool,
    ) -> FollowedProcess:
        """From now on, the last `tail` lines first."""
        book = book_for(take, max(kept, tail), noise, stamped=stamped)
        follower = LogTail(self._folder.log_path(name), book, tail=tail)
        follower.start()
        return FollowedProcess(book, follower)

    async def last_lines(self, name: str, count: int) -> Sequence[LogLine]:
        """Of both its files."""
        return numbered(await self._threads.run(last_lines, self._folder.log_path(name), count))

    async def tail(self, name: str) -> Sequence[str]:
        """The last lines."""
        lines = await self._threads.run(last_lines, self._folder.log_path(name))
        return [readable(line)[1] for line in lines]
