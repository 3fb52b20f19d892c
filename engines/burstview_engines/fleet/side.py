"""What containers and local processes have in common for the session that watches them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Protocol

from burstview_engines.control import Finding, LaunchPreview, LogLine, LogView
from burstview_engines.core.managed import Failure, LaunchPhase
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.docker.log_book import KEPT_LINES
from burstview_engines.places.docker.log_lines import bounded, readable
from burstview_engines.places.process.follow import TAIL
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview_engines.fleet.hub import Hub

Tell = Callable[[LaunchPhase, str, float | None], None]
"""Phase, words and share of it that is done."""


class LaunchFailed(SessionError):  # noqa: N818  the world's fault, not the program's
    """A start that came to nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.sentence} {failure.step}".strip())
        self.failure = failure


class WrongWish(SessionError):  # noqa: N818  as above
    """A start that makes no sense, whatever the machine: nothing was asked of it."""


async def whole(work: Coroutine[object, object, None]) -> None:
    """What a thread has begun comes to pass: who is cancelled meanwhile waits for its end."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


def numbered(lines: Sequence[bytes]) -> tuple[LogLine, ...]:
    """Stamped lines of a log as they are read on a screen."""
    parts = (readable(bounded(line)) for line in lines)
    return tuple(LogLine(at, stamp, text) for at, (stamp, text) in enumerate(parts, 1))


class OpenLog(Protocol):
    """A log that is followed."""

    @property
    def view(self) -> LogView:
        """Its last lines."""

    def close(self) -> None:
        """No line comes any more; returns at once."""


TakeLines = Callable[[Sequence[str]], None]
"""Gets raw lines, in the event loop."""


Promised = Sequence[LaunchSpec]
"""Completed specs of engines that are being made: their names and ports seem free, but are not."""


class Side(Protocol):
    """Containers, or local processes. Every call may raise SessionError."""

    async def open(self, hub: Hub) -> None:
        """Find what is there and keep watching. Returns soon."""

    async def close(self) -> None:
        """Stop watching; what runs goes on running."""

    async def refresh(self) -> None:
        """Look again at what no event tells."""

    def candidates(self) -> tuple[str, ...]:
        """URLs of what may be an engine, but cannot be told by how it was started."""

    async def complete(self, spec: LaunchSpec, promised: Promised = ()) -> LaunchSpec:
        """With image, free name and free port, others than those promised to engines that are being
        made. Raises SessionError when it cannot be started."""

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Of a completed spec; memory and times are added by the caller. `replaces`:
        the key of the engine whose place it takes; without it, that of the same name, if any."""

    async def examine(self) -> tuple[Finding, ...]:
        """What works of it on this machine."""

    async def launch(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """All that comes before its own HTTP can answer. Raises LaunchFailed."""

    async def pull_image(self, spec: LaunchSpec, tell: Tell) -> str:
        """Its name, when it is here."""

    async def undo(self, key: str) -> None:
        """Remove what a cancelled launch has left."""

    async def look(self, key: str) -> None:
        """Bring the board in line with what is there, after a replacement was cancelled."""

    async def start(self, key: str) -> None:
        """A stopped one, as it is."""

    async def stop(self, key: str) -> None:
        """Ask it to end; returns when it has ended or was ended."""

    async def kill(self, key: str) -> None:
        """End it at once."""

    async def remove(
        self, key: str, *, volumes: bool, going: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """For good; the volumes that went with it. `going`: keys of others that are removed too."""

    async def spec_of(self, key: str) -> LaunchSpec:
        """As far as it can be told."""

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What `replace` would change."""

    async def replace(self, key: str, spec: LaunchSpec, tell: Tell) -> None:
        """Another one in its place. Raises LaunchFailed; then the old one is back."""

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
