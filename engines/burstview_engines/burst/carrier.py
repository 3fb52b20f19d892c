"""How the requests of a phase reach the server: the contract of both transports, and our own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from burstview_engines.burst.answer import HttpAnswer
from burstview_engines.burst.endpoint import Endpoint
from burstview_engines.burst.exchange import Exchange
from burstview_engines.burst.outbox import now
from burstview_engines.burst.sockets import ConnectError, Sockets
from burstview_engines.burst.transport import Connection, Reads


class Carrier(Protocol):
    """Carries exchanges; each of them is ended by the carrier or by `Exchange.end` from outside."""

    @property
    def reads(self) -> int:
        """Socket reads so far."""

    async def prepare(self, exchanges: Sequence[Exchange]) -> int:
        """Do everything that can be done before the launch; returns the open connections."""

    def launch(self) -> None:
        """Send everything that was prepared, now."""

    def drop(self) -> None:
        """Close the connections whose answers are not complete."""

    async def close(self) -> None:
        """Close everything."""


class OwnCarrier:
    """The timed transport: plain HTTP on our own sockets."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._reads = Reads()
        self._sockets = Sockets(endpoint, self._reads, self._retry)
        self._ready: list[tuple[Exchange, Connection, HttpAnswer]] = []
        self._unconnected: list[Exchange] = []
        self._refusal = ""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def reads(self) -> int:
        """Socket reads so far."""
        return self._reads.count

    async def prepare(self, exchanges: Sequence[Exchange]) -> int:
        """Open a socket for each exchange; one without is ended at the launch."""
        connections: list[Connection] = []
        try:
            connections = await self._sockets.idle(len(exchanges))
        except ConnectError as refusal:
            self._refusal = str(refusal)
        else:
            self._refusal = f"it took only {len(connections)} of {len(exchanges)} connections"
        ready = len(connections)
        self._ready = [
            (exchange, connection, HttpAnswer())
            for exchange, connection in zip(exchanges, connections, strict=False)
        ]
        self._unconnected = list(exchanges[ready:])
        return ready

    def launch(self) -> None:
        """One tight loop of writes; everything that can wait comes after it."""
        moments: list[tuple[Exchange, float | None]] = []
        late: list[Exchange] = []
        for exchange, connection, answer in self._ready:
            try:
                moments.append((exchange, connection.launch(exchange, answer)))
            except OSError:
                late.append(exchange)
        for exchange, at in moments:
            if at is not None:
                exchange.sent(at)
        for exchange in late:
            self._retry(exchange)
        for exchange in self._unconnected:
            exchange.end(now(), "refused", self._refusal)
        self._ready = []

    def drop(self) -> None:
        """Close the connections whose answers are not complete, and stop retrying."""
        for task in self._tasks:
            task.cancel()
        self._sockets.close_busy()

    async def close(self) -> None:
        """Close all connections."""
        for task in self._tasks:
            task.cancel()
        self._sockets.close()

    def _retry(self, exchange: Exchange) -> None:
        exchange.was_retried = True
        task = asyncio.get_running_loop().create_task(self._send_anew(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_anew(self, exchange: Exchange) -> None:
        try:
            connection = await self._sockets.open()
            at = connection.launch(exchange, HttpAnswer())
        except ConnectError as refusal:
            exchange.end(now(), "refused", str(refusal))
        except OSError:
            exchange.end(now(), "reset")
        else:
            if at is not None:
                exchange.sent(at)
