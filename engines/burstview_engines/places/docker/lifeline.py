"""What a watching thread hangs on, so that any other thread can end it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from burstview_engines.places.docker.stream_close import (
    Ask,
    DaemonStream,
    StreamCut,
    StreamRefused,
)

if TYPE_CHECKING:
    from docker import APIClient

ANSWER_LIMIT = 30.0
"""Seconds that a daemon may be silent when it is asked for something that is at hand."""


class Lifeline:
    """What a watching thread hangs on: the stream it reads and the pauses it makes.

    `cut` ends the stream or pause that goes on and refuses new ones until `renew`; `close` does
    so for good.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._streams: set[DaemonStream] = set()
        self._is_cut = False
        self._is_woken = False
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """`close` was called: nothing more shall be delivered."""
        return self._is_closed

    @property
    def is_cut(self) -> bool:
        """What goes on shall stop; `renew` allows the next."""
        return self._is_cut

    @contextmanager
    def streaming(self, api: APIClient, asked: Ask) -> Iterator[DaemonStream]:
        """A stream that `cut` ends, closed at the end. Raises as `DaemonStream.open`."""
        stream = self._open(api, asked)
        try:
            yield stream
        finally:
            self._give_back(stream)

    def fetch(self, api: APIClient, path: str, query: Mapping[str, str | int]) -> bytes:
        """A short answer, which `cut` ends too. Raises as `streaming`, and StreamCut when cut."""
        asked = Ask(path, query, is_whole=True, silence=ANSWER_LIMIT)
        with self.streaming(api, asked) as stream:
            body = b"".join(iter(stream.read, b""))
        if self._is_cut:
            raise StreamCut
        return body

    def pause(self, seconds: float) -> None:
        """Wait, unless cut or woken."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_cut or self._is_woken, seconds)
            self._is_woken = False

    def rest(self, seconds: float) -> None:
        """Wait, unless cut; being woken is kept for the next pause."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_cut, seconds)

    def wait_for_cut(self) -> None:
        """Wait until cut or closed, however long."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_cut)

    def wake(self) -> None:
        """End the pause that goes on, or the next one."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def take_wake(self) -> bool:
        """Whether `wake` was called since the last pause or take."""
        is_woken, self._is_woken = self._is_woken, False
        return is_woken

    def renew(self) -> bool:
        """Allow streams and pauses again; False when closed."""
        with self._changed:
            self._is_cut = self._is_closed
            return not self._is_closed

    def cut(self) -> None:
        """End what goes on."""
        with self._changed:
            self._is_cut = True
            for stream in self._streams:
                stream.end()
            self._changed.notify_all()

    def close(self) -> None:
        """End what goes on, for good."""
        self._is_closed = True
        self.cut()

    def _open(self, api: APIClient, asked: Ask) -> DaemonStream:
        stream = DaemonStream()
        with self._changed:
            if self._is_cut:
                raise StreamCut
            self._streams.add(stream)
        try:
            stream.open(api, asked)
        except (OSError, StreamRefused, StreamCut):
            self._give_back(stream)
            if self._is_cut:
                raise StreamCut from None
            raise
        return stream

    def _give_back(self, stream: DaemonStream) -> None:
        with self._changed:
            self._streams.discard(stream)
        stream.close()
