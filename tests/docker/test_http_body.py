"""Where the body of an answer ends."""

from __future__ import annotations

import pytest

from burstview_engines.places.docker.http_body import (
    BadBodyError,
    ChunkedBody,
    OpenBody,
    SizedBody,
    body_of,
)

CHUNKS = b"5\r\nfirst\r\n1a;name=x\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: x\r\n\r\n"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_chunks_are_joined_wherever_they_are_cut(step: int) -> None:
    body = ChunkedBody()
    parts = [body.feed(CHUNKS[at : at + step]) for at in range(0, len(CHUNKS), step)]
    assert b"".join(parts) == b"firstabcdefghijklmnopqrstuvwxyz"
    assert body.is_over


@pytest.mark.parametrize("end", range(len(CHUNKS) - len(b"0\r\nTrailer: x\r\n\r\n")))
def test_chunks_without_the_last_are_not_over(end: int) -> None:
    body = ChunkedBody()
    body.feed(CHUNKS[:end])
    assert not body.is_over


@pytest.mark.parametrize("data", [b"x\r\n", b"\r\n", b"1" * 100])
def test_what_is_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(BadBodyError):
        ChunkedBody().feed(data)


def test_a_sized_body_takes_no_more() -> None:
    body = SizedBody(5)
    assert body.feed(b"who") == b"who"
    assert not body.is_over
    assert body.feed(b"lesome") == b"le"
    assert body.is_over


def test_the_head_tells_the_form() -> None:
    assert isinstance(body_of(b"HTTP/1.0 200 OK\r\nServer: x"), OpenBody)
    assert isinstance(body_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"), ChunkedBody)
    sized = body_of(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nServer: x")
    assert isinstance(sized, SizedBody)
    assert sized.is_over
