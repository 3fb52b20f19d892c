"""Servers that answer as no engine should, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from burstview_engines.core.backend import Backend, Engine

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PLAIN = "text/plain; version=0.0.4"


@dataclass
class Odd:
    """What it has seen."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    """Ports of those who asked."""
    sent: int = 0
    """Bytes of endless bodies."""

    def backend(self, engine: Engine = "vllm", model: str = "m") -> Backend:
        """It, as an engine."""
        return Backend(key="b", name="b", engine=engine, place="url", url=self.url, model=model)


@asynccontextmanager
async def odd(handler: Handler) -> AsyncIterator[Odd]:
    """Every path is answered by `handler`."""
    server = Odd()

    async def answer(request: web.Request) -> web.StreamResponse:
        server.asked.append(request.path)
        if request.transport is not None:
            server.connections.add(request.transport.get_extra_info("peername")[1])
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def saying(text: str, *, kind: str = PLAIN, status: int = 200) -> Handler:
    """The same to everyone."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=text.encode(), status=status, headers={"content-type": kind})

    return answer


def pouring(total: int, told: Callable[[int], None]) -> Handler:
    """So many bytes of comments, as fast as they are taken."""
    line = b"# " + b"x" * 65_533 + b"\n"

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": PLAIN})
        await response.prepare(request)
        with suppress(ConnectionError):
            for at in range(0, total, len(line)):
                await response.write(line)
                told(at + len(line))
        return response

    return answer


async def hanging(request: web.Request) -> web.StreamResponse:
    """Headers, a first line, and nothing more."""
    response = web.StreamResponse(headers={"content-type": PLAIN})
    await response.prepare(request)
    await response.write(b"vllm:num_requests_running 1\n")
    await asyncio.Event().wait()
    return response
