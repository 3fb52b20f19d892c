"""Logs of containers: followed, or their last lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakSet

from burstview_engines.control import LogLine, LogView
from burstview_engines.fleet.daemon_calls import DaemonCalls
from burstview_engines.fleet.log_source import TakeLines, book_for, numbered
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import explained
from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.docker.log_follow import LogFollower

LAST_WORDS = 400
"""Lines of a dead engine's log that are read for the reason."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class FollowedContainer:
    """A log that is followed."""

    container: str
    book: LogBook
    follower: LogFollower

    @property
    def view(self) -> LogView:
        """Its last lines."""
        return self.book

    def go_on_with(self, container: str) -> None:
        """The one that took its place."""
        self.container = container
        self.follower.retarget(container)

    def close(self) -> None:
        """No line comes any more."""
        self.follower.close()


class ContainerLogs:
    """Of one daemon's containers, by their ids."""

    def __init__(self, calls: DaemonCalls) -> None:
        self._calls = calls
        self._followed: WeakSet[FollowedContainer] = WeakSet()
        """Those that somebody follows."""

    def follow(
        self,
        container: str,
        take: TakeLines | None,
        *,
        tail: int,
        kept: int,
        noise: tuple[bytes, ...],
        stamped: bool,
    ) -> FollowedContainer:
        """From now on, the last `tail` lines first."""
        book = book_for(take, max(kept, tail), noise, stamped=stamped)
        follower = LogFollower(self._calls.engine.new_api, container, book, tail=tail)
        follower.start()
        followed = FollowedContainer(container, book, follower)
        self._followed.add(followed)
        return followed

    def died(self, container: str, exit_code: int | None) -> None:
        """Whoever follows its log is told with what it ended."""
        for followed in list(self._followed):
            if followed.container == container:
                followed.follower.look_now(exit_code)

    def moved(self, old: str, new: str) -> None:
        """Another container took the place of one."""
        for followed in [each for each in self._followed if each.container == old]:
            followed.go_on_with(new)

    async def last_lines(self, container: str, count: int) -> Sequence[LogLine]:
        """As the daemon keeps them."""
        return numbered(await self._calls.do(_stamped, self._calls.engine, container, count))

    async def tail(self, container: str) -> Sequence[str]:
        """The last lines."""
        return await self._calls.do(_last_words, self._calls.engine, container)


def _last_words(engine: DockerEngine, container: str) -> list[str]:
    """Without stamps; on a thread."""
    with explained(engine.endpoint.words):
        told: bytes = engine.api.logs(container, tail=LAST_WORDS)
    return told.decode("utf-8", "replace").splitlines()


def _stamped(engine: DockerEngine, container: str, count: int) -> list[bytes]:
    """On a thread."""
    with explained(engine.endpoint.words):
        told: bytes = engine.api.logs(container, tail=count, timestamps=True)
    lines = told.split(b"\n")
    return lines if lines[-1] else lines[:-1]
