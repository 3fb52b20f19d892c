"""Real servers on loopback whose answers a test writes byte by byte."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server read it."""

    head: bytes
    body: bytes
    connection: int
    """Number of the connection, from 1."""


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def http_chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def token(text: str) -> bytes:
    """The SSE event of one piece of text."""
    return b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % text.encode()


ENDING = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":2}}\n\n'
    b"data: [DONE]\n\n"
)


async def good(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Two tokens in a chunked stream, whole."""
    writer.write(SSE_HEAD)
    for part in (token("one "), token("two"), ENDING):
        writer.write(http_chunk(part))
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def one_token_then_nothing(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A token, and an open connection until the client leaves."""
    writer.write(SSE_HEAD + http_chunk(token("one ")))
    await writer.drain()


class Server:
    """Counts connections and keeps every request."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until one side closes."""
        self.connections += 1
        number = self.connections
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                asked = Asked(head, await reader.readexactly(length), number)
                self.asked.append(asked)
                await self.answer(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    answer: Answer, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A server with that answer; its connections are cut at the end."""
    server = Server(answer)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await server.serve(reader, writer)

    listener = await asyncio.start_server(serve, host, 0, ssl=context, limit=1 << 24)
    name, port = listener.sockets[0].getsockname()[:2]
    scheme = "https" if context else "http"
    server.url = f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
