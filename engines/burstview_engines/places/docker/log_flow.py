"""A followed log, read in pieces that are worth it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from burstview_engines.places.docker.log_pace import Pace
from burstview_engines.places.docker.stream_close import DaemonStream

FLOOD_LINES = 50
"""In one read; fewer are handed on at once."""
FLOOD_BATCH = 0.1
"""Seconds for which a flood is gathered: a thousand lines in one go cost less than ten times a
hundred, between which the processor forgets what it did."""


def flow(stream: DaemonStream) -> Iterator[bytes]:
    """What comes, until the stream is over. After each read a pause lets more gather."""
    pace = Pace()
    while chunk := stream.read():
        pause = _pause(pace, chunk)
        if chunk.count(b"\n") >= FLOOD_LINES:
            yield b"".join(_flood(stream, pace, chunk, pause))
        else:
            yield chunk
            stream.gather(pause)


def _flood(stream: DaemonStream, pace: Pace, chunk: bytes, pause: float) -> Iterator[bytes]:
    end = time.monotonic() + FLOOD_BATCH
    yield chunk
    stream.gather(pause)
    while time.monotonic() < end and stream.wait(0.0):
        chunk = stream.read()
        yield chunk
        stream.gather(_pause(pace, chunk))


def _pause(pace: Pace, chunk: bytes) -> float:
    return pace.after(chunk.count(b"\n"), len(chunk))
