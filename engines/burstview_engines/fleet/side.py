"""What containers and local processes have in common for the session that watches them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Protocol

from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.log_source import LogSource
from burstview_engines.fleet.log_source import OpenLog as OpenLog
from burstview_engines.fleet.log_source import TakeLines as TakeLines
from burstview_engines.fleet.start_words import LaunchFailed as LaunchFailed
from burstview_engines.fleet.start_words import Tell as Tell
from burstview_engines.fleet.start_words import WrongWish as WrongWish
from burstview_engines.launch.spec import LaunchSpec


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


Promised = Sequence[LaunchSpec]
"""Completed specs of engines that are being made: their names and ports seem free, but are not."""


class Side(LogSource, Protocol):
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
