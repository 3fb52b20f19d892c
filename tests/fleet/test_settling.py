"""Whoever waits for all engines is not held up, nor ended, by one that goes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from burstview_engines.core.managed import ManagedEngine
from tests.fleet.fleets import opened

STARTING = ManagedEngine(
    key="process:a",
    name="a",
    engine="ollama",
    place="process",
    owner="theirs",
    status="starting",
)
"""Somebody else's."""


async def test_an_engine_that_is_removed_meanwhile_is_waited_for_no_longer(tmp_path: Path) -> None:
    """`burstview gpu`, `ps` and `doctor` wait for all that they list."""
    async with opened(tmp_path, {}) as held:
        held.fleet.hub.board.show(STARTING)
        waiting = asyncio.create_task(held.fleet.settle(30.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        held.fleet.hub.drop(STARTING.key)
        await asyncio.wait_for(waiting, 20.0)
        assert not held.fleet.hub.board.has(STARTING.key)
