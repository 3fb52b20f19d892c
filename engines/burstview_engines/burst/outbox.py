"""The worker's events on their way to the parent: gathered, encoded, written in small batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from burstview_engines.burst.wire import Message, lines

INTERVAL = 0.05
"""Seconds from an event to its way out."""
TEXTS_PER_S = 2048
"""Events with text a run may send: its parent draws while it reads."""
LONGEST_INTERVAL = 0.25
"""Seconds a text waits at most, however many stream."""
SLICE = 32
"""Requests whose texts are encoded before the sockets are looked at again."""


def text_interval(concurrency: int) -> float:
    """Seconds for which a request's chunks are gathered into one event; its first text never waits
    longer than other events.

    A person sees a crowd's lanes move, not its words: 64 streams send theirs 20 times a second, 512
    and more 4 times. Stamps are taken before, and do not depend on it.
    """
    return min(LONGEST_INTERVAL, max(INTERVAL, concurrency / TEXTS_PER_S))


class Outbox:
    """Collects messages; started timers write them. Encoding is cut in slices, so that it delays no
    stamp by more than a fraction of a millisecond."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        run: int,
        epoch: float,
        text_interval: float = INTERVAL,
    ) -> None:
        self.run = run
        self.chunks = 0
        """Text chunks since the worker began."""
        self._write = write
        self._epoch = epoch
        self._text_interval = text_interval
        self._messages: list[Message] = []
        self._first_texts: list[Callable[[], None]] = []
        self._texts: deque[Callable[[], None]] = deque()
        self._timer: asyncio.Handle | None = None
        self._text_timer: asyncio.Handle | None = None

    def seconds(self, at: float) -> float:
        """CLOCK_MONOTONIC as session seconds, to the microsecond."""
        return round(at - self._epoch, 6)

    def put(self, message: Message) -> None:
        """Write this with the next batch, in the order of the calls."""
        self._messages.append(message)
        self._start_timer()

    def list_texts(self, put_texts: Callable[[], None], *, is_first: bool = False) -> None:
        """Call this at the next flush of texts: it puts the texts that came until then.

        A request's first text goes out with the next batch.
        """
        if is_first:
            self._first_texts.append(put_texts)
            self._start_timer()
            return
        self._texts.append(put_texts)
        if self._text_timer is None:
            loop = asyncio.get_running_loop()
            self._text_timer = loop.call_later(self._text_interval, self._flush_slice)

    def flush(self) -> None:
        """Write everything now."""
        while self._texts:
            self._texts.popleft()()
        self._write_batch()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._write_batch)

    def _flush_slice(self) -> None:
        for _ in range(min(SLICE, len(self._texts))):
            self._texts.popleft()()
        self._write_batch()
        self._text_timer = None
        if self._texts:
            self._text_timer = asyncio.get_running_loop().call_soon(self._flush_slice)

    def _write_batch(self) -> None:
        firsts, self._first_texts = self._first_texts, []
        for put_texts in firsts:
            put_texts()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._messages:
            messages, self._messages = self._messages, []
            self._write(lines(messages))


def now() -> float:
    """CLOCK_MONOTONIC, the one clock of all processes of the machine."""
    return monotonic()
