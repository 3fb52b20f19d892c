"""What a session looks at again and again, and what becomes of it when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from burstview_engines.places.server import Server
from burstview_engines.places.url import UrlSource
from burstview_engines.probes.probe import Deliver
from burstview_engines.stream import EventStream
from burstview_engines.watching import Watching


class HangingSource(UrlSource):
    """Its looks never end."""

    def __init__(self) -> None:
        super().__init__(Server("http://127.0.0.1:1"), "side1")
        self.asked = asyncio.Event()

    async def start_never(self) -> None:
        """Until it is cancelled."""
        await asyncio.Event().wait()

    async def sample(self) -> None:
        """Until it is cancelled."""
        self.asked.set()
        await asyncio.Event().wait()


class Hurries:
    """A probe that keeps what it was told."""

    def __init__(self, now: Callable[[], float], deliver: Deliver) -> None:
        self.told: list[bool] = []
        self.calmed = asyncio.Event()

    def start(self) -> None:
        """Nothing to look at."""

    def hurry(self, *, is_on: bool) -> None:
        """Keep it."""
        self.told.append(is_on)
        if not is_on:
            self.calmed.set()

    def stop(self) -> None:
        """Nothing to end."""


async def test_a_burst_that_is_cancelled_before_it_begins_leaves_no_hurry() -> None:
    """While the look right before it goes on, too."""
    source, probes = HangingSource(), list[Hurries]()

    def make(now: Callable[[], float], deliver: Deliver) -> Hurries:
        probes.append(Hurries(now, deliver))
        return probes[0]

    watching = Watching(EventStream(), [source], [make], samples=True, on_refreshed=lambda: None)
    starting = asyncio.ensure_future(source.start_never())
    watching.open([starting])

    async def fire() -> None:
        async with watching.burst(["side1"]):
            pytest.fail("it was cancelled before")

    firing = asyncio.ensure_future(fire())
    await asyncio.wait_for(source.asked.wait(), 5)
    firing.cancel()
    await asyncio.wait([firing])
    await asyncio.wait_for(probes[0].calmed.wait(), 5)
    assert probes[0].told == [True, False]
    starting.cancel()
    await asyncio.wait([starting, *watching.close()])
