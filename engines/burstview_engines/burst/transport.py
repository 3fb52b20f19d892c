"""Our own timed HTTP/1.1 transport: one socket, one exchange at a time, stamps at the socket.

A read is stamped before anything else happens to it and is parsed afterwards, in slices, so that
the parsing of one answer does not delay the stamp of the next.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic

from burstview_engines.burst.answer import HttpAnswer
from burstview_engines.burst.exchange import Exchange

PARSE_DELAY = 0.002
"""Seconds from a read to its parsing: parsing what came meanwhile in one go is cheaper."""
PARSE_SLICE = 0.0001
"""Seconds of parsing before the sockets are looked at again."""
PATIENCE = 0.005
"""Seconds that a wave of reads may keep the parser waiting."""


class Reads:
    """Stamped reads of all connections, parsed in order of arrival."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[Connection, float, bytes | None]] = deque()
        self._is_scheduled = False
        self._seen = 0
        """Reads that waited when the parser last looked."""

    def put(self, connection: Connection, data: bytes | None) -> None:
        """A read of this moment; None means that the connection is lost."""
        self._waiting.append((connection, monotonic(), data))
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_later(PARSE_DELAY, self._parse)

    def _parse(self) -> None:
        """Parse in slices, but not while a wave is coming in: every stamp comes first."""
        waiting = self._waiting
        stop = monotonic() + PARSE_SLICE
        if len(waiting) > self._seen + 1 and stop - waiting[0][1] < PATIENCE:
            self._seen = len(waiting)
            self._loop.call_soon(self._parse)
            return
        while waiting:
            connection, at, data = waiting.popleft()
            self.count += 1
            if data is None:
                connection.lost(at)
            else:
                connection.received(at, data)
            if monotonic() > stop:
                break
        self._seen = len(waiting)
        if waiting:
            self._loop.call_soon(self._parse)
        else:
            self._is_scheduled = False


class Connection(asyncio.Protocol):
    """One kept-alive connection. `retry` gets an exchange whose idle socket the server closed."""

    def __init__(
        self, sock: socket.socket, reads: Reads, retry: Callable[[Exchange], None]
    ) -> None:
        self.exchange: Exchange | None = None
        self.is_open = False
        self._was_used = False
        self._detail = ""
        self._sock = sock
        self._reads = reads
        self._retry = retry
        self._transport: asyncio.Transport | None = None
        self._answer: HttpAnswer | None = None

    @property
    def is_idle(self) -> bool:
        """Open, and neither a request nor the rest of an answer is on it."""
        return self.is_open and self._answer is None

    def launch(self, exchange: Exchange, answer: HttpAnswer) -> float | None:
        """Write the request; the moment its last byte was taken, None while a part still waits.

        Written straight to the socket: uvloop's transports write only when the loop comes round.
        A part that waits is told to the exchange when it is gone. Raises OSError when the
        connection is dead: then nothing was written and the connection holds no exchange.
        """
        request = exchange.request
        try:
            taken = self._sock.send(request)
        except BlockingIOError:
            taken = 0
        at = monotonic()
        self.exchange, self._answer = exchange, answer
        if taken == len(request):
            return at
        if self._transport is not None:
            self._transport.write(request[taken:])
        return None

    def close(self) -> None:
        """Close at once; what is still in flight is dropped."""
        self.is_open = False
        self.exchange = None
        if self._transport is not None:
            self._transport.abort()

    def received(self, at: float, data: bytes) -> None:
        """Parse a read that was stamped `at`."""
        answer, exchange = self._answer, self.exchange
        if answer is None:
            self.close()
            return
        had_head = answer.has_head
        body = answer.feed(data)
        if exchange is not None:
            self._pass_on(exchange, answer, at, body, is_first=not had_head)
        if answer.problem:
            self.close()
        elif answer.is_complete:
            self._answer = None
            self._was_used = True
            if not answer.can_stay_open:
                self.close()

    def lost(self, at: float) -> None:
        """The connection was lost `at`; a request that a kept-open socket swallowed is retried."""
        exchange, answer, self.exchange = self.exchange, self._answer, None
        if exchange is None or exchange.is_over:
            return
        has_bytes = answer is not None and answer.has_bytes
        if self._was_used and not has_bytes and not exchange.was_retried:
            self._retry(exchange)
        else:
            exchange.end(at, "eof" if self._ends_by_closing else "reset", self._detail)

    @property
    def _ends_by_closing(self) -> bool:
        """Neither a length nor chunks tell the end of the answer."""
        answer = self._answer
        return answer is not None and answer.has_head and not answer.is_framed and not self._detail

    def _pass_on(
        self, exchange: Exchange, answer: HttpAnswer, at: float, body: bytes, *, is_first: bool
    ) -> None:
        if is_first and answer.has_head:
            exchange.head(at, answer.status, answer.content_type)
        if body:
            exchange.body(at, body)
        if answer.problem:
            exchange.end(at, "garbage", answer.problem)
        elif answer.is_complete:
            exchange.end(at, "eof")
        if exchange.is_over:
            self.exchange = None

    # asyncio's callbacks

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # uvloop's subclasses nothing
    ) -> None:
        """The socket is connected."""
        self._transport = transport
        transport.set_write_buffer_limits(high=0)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Stamp the read; it is parsed later."""
        self._reads.put(self, data)

    def resume_writing(self) -> None:
        """The rest of a large request was given to the socket."""
        if self.exchange is not None and self.exchange.state == "prepared":
            self.exchange.sent(monotonic())

    def connection_lost(self, exc: Exception | None) -> None:
        """The server closed, or the network did."""
        self._detail = str(exc) if exc is not None else ""
        self.is_open = False
        self._reads.put(self, None)
