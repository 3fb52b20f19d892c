"""Events are split on bytes, whatever way they arrive."""

from __future__ import annotations

from random import Random

import pytest

from burstview_engines.burst import sse
from burstview_engines.burst.sse import Event, EventSplitter

STREAM = (
    b"\xef\xbb\xbf: a comment\n\n"
    b'data: {"a":1}\n\n'
    b"event: error\ndata:no space\n\n"
    b"data: one\ndata: two\n\n"
    b"\n\nid: 7\nretry: 10\n\n"
    b": ping\n\n:\n\n"
    b"data: \xe2\x80\xa8 and \xc2\x85 and \x0b stay\n\n"
    b"data: \xff\xfe\n\n"
    b"data\n\n"
    b"data: [DONE]"
)
EVENTS: list[Event] = [
    (b'{"a":1}', ""),
    (b"no space", "error"),
    (b"one\ntwo", ""),
    ("\u2028 and \u0085 and \x0b stay".encode(), ""),
    (b"\xff\xfe", ""),
    (b"", ""),
    (b"[DONE]", ""),
]


def split(stream: bytes, sizes: tuple[int, ...] = ()) -> list[Event]:
    """All events of a stream that came in reads of `sizes`, then the rest."""
    splitter, events, start = EventSplitter(), [], 0
    for size in (*sizes, len(stream)):
        events += splitter.feed(stream[start : start + size])
        start += size
    return events + splitter.end()


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_every_line_ending_separates(newline: bytes) -> None:
    """LF, CRLF and CR; other separators of Unicode do not."""
    assert split(STREAM.replace(b"\n", newline)) == EVENTS


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_cuts_change_nothing(newline: bytes) -> None:
    """Every single cut, byte by byte, and 300 random ways."""
    stream = STREAM.replace(b"\n", newline)
    chance = Random(7)
    ways: list[tuple[int, ...]] = [(at,) for at in range(len(stream))] + [(1,) * len(stream)]
    ways += [tuple(chance.randrange(0, 9) for _ in range(60)) for _ in range(300)]
    assert all(split(stream, way) == EVENTS for way in ways)


def test_a_mixture_of_line_endings_separates() -> None:
    """CRLF after LF, and CR after CRLF."""
    assert split(b"data: a\r\n\ndata: b\n\rdata: c\r\r\n") == [(b"a", ""), (b"b", ""), (b"c", "")]


def test_an_event_comes_with_its_blank_line_and_not_before() -> None:
    """Nothing waits for the next event, and no half event comes."""
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\n") == []
    assert splitter.feed(b"\n") == [(b"a", "")]
    assert splitter.feed(b"data: b\r\n\r") == [(b"b", "")]
    assert splitter.feed(b"\ndata: c\r\n\r\n") == [(b"c", "")]
    assert splitter.end() == []


def test_an_endless_event_is_dropped() -> None:
    """Memory stays bounded and the reader is told."""
    splitter = EventSplitter()
    part = b"data: " + b"x" * (1 << 20)
    for _ in range(6):
        assert splitter.feed(part) == []
    assert splitter.overflowed
    assert splitter.end() != [(part[6:] * 6, "")]
    assert sse.MAX_EVENT_BYTES == 4 << 20
