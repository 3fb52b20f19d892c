"""The process of the embedded engines: start all, say where, serve until the parent is gone."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

import msgspec
from aiohttp import web
from aiohttp.http import HttpProcessingError

from burstview_engines.simulator.server.app import make_app
from burstview_engines.simulator.server.messages import Announcement, Start, Started
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import SpecError

HOST = "127.0.0.1"
BACKLOG = 4096
"""A burst may open a thousand connections at once."""
GOODBYE = 0.1
"""Seconds that open answers get when the process is told to end."""


def main(argument: str | None = None) -> int:
    """Serve the engines of a JSON list, given as an argument or as stdin's first line."""
    try:
        starts = msgspec.json.decode(argument or _first_line(), type=tuple[Start, ...])
        engines = [(start, serve(start.spec, start.faults)) for start in starts]
    except (msgspec.DecodeError, SpecError) as error:
        announce(Announcement(error=str(error)))
        return 2
    return _run(engines)


def announce(announcement: Announcement) -> None:
    """One JSON line, at once."""
    sys.stdout.buffer.write(msgspec.json.encode(announcement) + b"\n")
    sys.stdout.buffer.flush()


def _run(engines: Sequence[tuple[Start, Served]]) -> int:
    if sys.platform == "win32":
        with asyncio.Runner() as runner:
            return runner.run(_serve(engines))
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(engines))


async def _serve(engines: Sequence[tuple[Start, Served]]) -> int:
    stopped = asyncio.Event()
    _stop_with_parent(stopped)
    runners: list[web.AppRunner] = []
    try:
        started = [await _listen(start, served, runners) for start, served in engines]
    except OSError as error:
        announce(Announcement(error=f"The embedded engines cannot listen: {error.strerror}."))
        return 1
    announce(Announcement(tuple(started)))
    await stopped.wait()
    for _, served in engines:
        served.driver.close()
    await asyncio.gather(*(runner.cleanup() for runner in runners))
    return 0


async def _listen(start: Start, served: Served, runners: list[web.AppRunner]) -> Started:
    runner = web.AppRunner(
        make_app(served),
        access_log=None,
        logger=quiet_about_clients(),
        handler_cancellation=True,
        shutdown_timeout=GOODBYE,
        keepalive_timeout=3600.0,
    )
    runners.append(runner)
    await runner.setup()
    site = web.TCPSite(runner, HOST, start.port, backlog=BACKLOG)
    await site.start()
    host, port = runner.addresses[0][:2]
    return Started(f"http://{host}:{port}", port, served.model, served.thinks)


def quiet_about_clients() -> logging.Logger:
    """What a client sends that is no HTTP is answered with 400 and not worth a traceback."""
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_our_fault)
    return logger


def _is_our_fault(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _stop_with_parent(stopped: asyncio.Event) -> None:
    """End on SIGTERM, SIGINT, and when stdin ends: then the parent is gone or wants it so."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def watch() -> None:
        while os.read(0, 4096):
            continue
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=watch, daemon=True).start()


def _first_line() -> bytes:
    """stdin up to its first newline, and not a byte more."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)
