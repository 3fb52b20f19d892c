"""The sockets of one worker: opened before the burst, kept for the next phase."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable

from burstview_engines.burst.endpoint import Endpoint
from burstview_engines.burst.exchange import Exchange
from burstview_engines.burst.transport import Connection, Reads

AT_ONCE = 64
"""Connections in the making at one time: a usual listen backlog is 128."""
CONNECT_TIMEOUT = 10.0
"""Seconds until an unanswered connect is given up."""
SPARE_FILES = 64
"""File descriptors a worker needs beside its sockets."""

Address = tuple[int, tuple[str | int, ...]]
"""Address family and numeric address."""


class ConnectError(Exception):
    """No connection; the text is the reason."""


class Sockets:
    """Opens, keeps and reopens the connections to one endpoint."""

    def __init__(self, endpoint: Endpoint, reads: Reads, retry: Callable[[Exchange], None]) -> None:
        self._endpoint = endpoint
        self._reads = reads
        self._retry = retry
        self._address: Address | None = None
        self._connections: list[Connection] = []

    async def idle(self, wanted: int) -> list[Connection]:
        """At most `wanted` idle connections, opened as needed; fewer when the server takes no more.

        Raises ConnectError when there is not even one.
        """
        self._connections = [each for each in self._connections if each.is_open]
        ready = [each for each in self._connections if each.is_idle][:wanted]
        missing = wanted - len(ready)
        allow_files(len(self._connections) + missing + SPARE_FILES)
        if missing and self._address is None:
            ready.append(await self.open())
            missing -= 1
        gate = asyncio.Semaphore(AT_ONCE)
        opened = await asyncio.gather(
            *(self._open_one_of_many(gate) for _ in range(missing)), return_exceptions=True
        )
        for result in opened:
            if isinstance(result, Connection):
                ready.append(result)
            elif not isinstance(result, ConnectError) or not ready:
                raise result
        return [each for each in ready if each.is_open]

    async def open(self) -> Connection:
        """One new connection; the first that succeeds pins the address. Raises ConnectError."""
        refusal = ConnectError(f"{self._endpoint.host} has no address")
        addresses = [self._address] if self._address else await self._resolve()
        for address in addresses:
            try:
                connection = await self._connect(address)
            except (OSError, TimeoutError) as error:
                refusal = ConnectError(reason(error))
                continue
            self._address = address
            self._connections.append(connection)
            return connection
        raise refusal

    def close_busy(self) -> None:
        """Close at once what still waits for an answer or for the rest of one."""
        for connection in self._connections:
            if not connection.is_idle:
                connection.close()

    def close(self) -> None:
        """Close all connections at once."""
        for connection in self._connections:
            connection.close()

    async def _open_one_of_many(self, gate: asyncio.Semaphore) -> Connection:
        async with gate:
            return await self.open()

    async def _resolve(self) -> list[Address]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                self._endpoint.host, self._endpoint.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise ConnectError(
                f"the host name {self._endpoint.host} cannot be resolved ({error.strerror})"
            ) from error
        return [
            (family, (str(address[0]), int(address[1]), *address[2:]))
            for family, _, _, _, address in found
        ]

    async def _connect(self, address: Address) -> Connection:
        family, numeric = address
        loop = asyncio.get_running_loop()
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await loop.sock_connect(sock, numeric)
            _, connection = await loop.create_connection(
                lambda: Connection(sock, self._reads, self._retry), sock=sock
            )
        except BaseException:
            sock.close()
            raise
        return connection


def reason(error: OSError) -> str:
    """Why a connect failed."""
    match error:
        case ConnectionRefusedError():
            return "nothing listens there (connection refused)"
        case TimeoutError():
            return f"no answer to the connect within {CONNECT_TIMEOUT:.0f} s"
    return error.strerror or str(error)


def allow_files(wanted: int) -> None:
    """Raise the soft limit of open files as far as it is needed and allowed.

    Raises ConnectError when the hard limit is too low.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ConnectError(
            f"this burst needs {wanted} open files, but the system allows {hard};"
            " raise `ulimit -n` or lower the concurrency"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
