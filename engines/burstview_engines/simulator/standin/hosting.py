"""One stand-in's process: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterable

from aiohttp import web

from burstview_engines.simulator.server.process import BACKLOG, quiet_about_clients

MEGABYTE = 2**20


class RefusedError(Exception):
    """The start ends here with these lines and status 1."""

    def __init__(self, lines: Iterable[str]) -> None:
        super().__init__()
        self.lines = tuple(lines)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that nobody can reach yet: connections are refused. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


class Ending:
    """How this process ends, told by a signal, a failure or a demand. The first one counts."""

    def __init__(self, *, ignores_term: bool) -> None:
        self.status = 0
        self.is_asked = False
        """By a signal, and not by something that went wrong."""
        self._over = asyncio.Event()
        self._ignores_term = ignores_term
        self._tasks: set[asyncio.Task[None]] = set()

    def watch_signals(self) -> None:
        """SIGINT always ends it; SIGTERM unless it is to be ignored."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._ask)
        loop.add_signal_handler(signal.SIGTERM, self._term)

    def end(self, status: int) -> None:
        """End with that status."""
        if not self._over.is_set():
            self.status = status
            self._over.set()

    async def wait(self) -> None:
        """Until something ends it."""
        await self._over.wait()

    async def race(self, work: Coroutine[object, object, None]) -> bool:
        """Whether the work was done before the end came."""
        task = asyncio.ensure_future(work)
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
            return False
        task.result()
        return not self._over.is_set()

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Do something when so much time has passed."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await act()

        task = asyncio.ensure_future(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask(self) -> None:
        self.is_asked = not self._over.is_set()
        self.end(0)

    def _term(self) -> None:
        if not self._ignores_term:
            self._ask()


async def open_site(app: web.Application, sock: socket.socket, *, goodbye: float) -> web.AppRunner:
    """Serve on a bound socket; open answers get `goodbye` seconds when the runner is cleaned up."""
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=quiet_about_clients(),
        handler_cancellation=True,
        shutdown_timeout=goodbye,
        keepalive_timeout=3600.0,
    )
    await runner.setup()
    await web.SockSite(runner, sock, backlog=BACKLOG).start()
    return runner


def allocate(megabytes: int) -> list[bytearray]:
    """Memory that is really taken, for as long as the list lives."""
    return [bytearray(b"\1") * MEGABYTE for _ in range(megabytes)]


def run(main: Coroutine[object, object, int]) -> int:
    """An event loop as the embedded engines have it."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def leave(status: int) -> None:
    """End at once, open connections and threads notwithstanding."""
    os._exit(status)
