"""The worker's outbox: what goes out when, and in which order."""

from __future__ import annotations

import asyncio

import pytest

from burstview_engines.burst import wire
from burstview_engines.burst.outbox import INTERVAL, LONGEST_INTERVAL, Outbox, text_interval
from burstview_engines.core.events import Noticed

LONG = 60.0
"""Seconds that no test waits."""


class Pipe:
    """Takes what is written; `texts` waits for so many notices."""

    def __init__(self) -> None:
        self.blocks: list[list[str]] = []
        self.came = asyncio.Event()

    def write(self, data: bytes) -> None:
        """One write."""
        events = wire.messages(data)
        self.blocks.append([event.text for event in events if isinstance(event, Noticed)])
        self.came.set()

    async def next_block(self) -> list[str]:
        """The newest write."""
        await asyncio.wait_for(self.came.wait(), 5.0)
        self.came.clear()
        return self.blocks[-1]


def note(text: str) -> Noticed:
    """A message that can be told from others."""
    return Noticed(at=0.0, text=text)


async def test_first_texts_ride_with_the_next_batch_behind_what_was_put_before() -> None:
    """However long other texts wait, a request's first one goes out with its headers."""
    pipe = Pipe()
    outbox = Outbox(pipe.write, 1, 0.0, LONG)
    outbox.put(note("headers"))
    outbox.list_texts(lambda: outbox.put(note("first")), is_first=True)
    outbox.list_texts(lambda: outbox.put(note("later")))

    assert await pipe.next_block() == ["headers", "first"]
    outbox.flush()
    assert pipe.blocks[-1] == ["later"]


async def test_texts_are_asked_for_only_when_their_time_has_come() -> None:
    """What came in between is in them, and a flush leaves nothing behind."""
    pipe, asked = Pipe(), list[str]()
    outbox = Outbox(pipe.write, 1, 0.0, 0.001)
    outbox.list_texts(lambda: outbox.put(note("+".join(asked))))
    asked += ["a", "b"]

    assert await pipe.next_block() == ["a+b"]
    outbox.flush()
    assert pipe.blocks == [["a+b"]]


@pytest.mark.parametrize(
    ("concurrency", "seconds"), [(1, INTERVAL), (64, INTERVAL), (256, 0.125), (1024, 0.25)]
)
def test_a_crowd_sends_its_texts_less_often(concurrency: int, seconds: float) -> None:
    """Between the shortest and the longest interval, 2,048 events with text a second."""
    assert text_interval(concurrency) == pytest.approx(seconds)
    assert text_interval(concurrency) <= LONGEST_INTERVAL
