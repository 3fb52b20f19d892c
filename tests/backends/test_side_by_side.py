"""Looks at several engines: a slow one costs the others nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from burstview_engines.places.side_by_side import SideBySide


class Engine:
    """Answers once it may."""

    def __init__(self, *, is_slow: bool = False) -> None:
        self.may = asyncio.Event()
        if not is_slow:
            self.may.set()
        self.begun = self.ended = 0

    async def sample(self) -> None:
        self.begun += 1
        await self.may.wait()
        self.ended += 1


async def test_a_slow_engine_does_not_hold_up_the_others() -> None:
    """Nor is it asked again before it has answered."""
    looks, quick, slow = SideBySide(patience=0.02), Engine(), Engine(is_slow=True)
    for _ in range(3):
        await looks.sample([quick, slow])
    assert (quick.ended, slow.begun, slow.ended) == (3, 1, 0)
    slow.may.set()
    await looks.sample([quick, slow])
    await looks.sample([quick, slow])
    assert (quick.ended, slow.begun, slow.ended) == (5, 2, 2)


async def test_quick_ones_are_waited_for() -> None:
    """And nobody longer than that."""
    looks = SideBySide(patience=60.0)
    began = time.monotonic()
    engines = [Engine(), Engine()]
    await looks.sample(engines)
    assert [engine.ended for engine in engines] == [1, 1]
    assert time.monotonic() - began < 30.0
    await looks.sample([])


async def test_closing_ends_what_still_goes_on() -> None:
    """At once."""
    looks, slow = SideBySide(patience=0.01), Engine(is_slow=True)
    await looks.sample([slow])
    await looks.close()
    await looks.close()
    slow.may.set()
    await asyncio.sleep(0)
    assert (slow.begun, slow.ended) == (1, 0)


async def test_a_fault_of_ours_is_not_swallowed() -> None:
    """It comes out of the look that met it."""

    class Broken(Engine):
        async def sample(self) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await SideBySide().sample([Broken()])
