"""The worker's events on their way to the parent: gathered, encoded, written in small batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from burstview_engines.burst.wire import Message, lines

INTERVAL = 0.05
"""Seconds from an event to its way out; a request's chunks in between ride in one event."""
SLICE = 64
"""Requests whose texts are encoded before the sockets are looked at again."""


class Outbox:
    """Collects messages; a started timer writes them. Encoding is cut in slices, so that it delays
    no stamp by more than a fraction of a millisecond."""

    def __init__(self, write: Callable[[bytes], None], run: int, epoch: float) -> None:
        self.run = run
        self.chunks = 0
        """Text chunks since the worker began."""
        self._write = write
        self._epoch = epoch
        self._messages: list[Message] = []
        self._texts: deque[Callable[[], None]] = deque()
        self._timer: asyncio.Handle | None = None

    def seconds(self, at: float) -> float:
        """CLOCK_MONOTONIC as session seconds, to the microsecond."""
        return round(at - self._epoch, 6)

    def put(self, message: Message) -> None:
        """Write this with the next batch, in the order of the calls."""
        self._messages.append(message)
        self._start_timer()

    def list_texts(self, put_texts: Callable[[], None]) -> None:
        """Call this at the next flush: it puts the texts that came until then."""
        self._texts.append(put_texts)
        self._start_timer()

    def flush(self) -> None:
        """Write everything now."""
        while self._texts:
            self._texts.popleft()()
        self._write_messages()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._flush_slice)

    def _flush_slice(self) -> None:
        for _ in range(min(SLICE, len(self._texts))):
            self._texts.popleft()()
        self._write_messages()
        self._timer = None
        if self._texts:
            self._timer = asyncio.get_running_loop().call_soon(self._flush_slice)

    def _write_messages(self) -> None:
        if self._messages:
            messages, self._messages = self._messages, []
            self._write(lines(messages))


def now() -> float:
    """CLOCK_MONOTONIC, the one clock of all processes of the machine."""
    return monotonic()
