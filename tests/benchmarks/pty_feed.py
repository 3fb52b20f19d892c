"""Worker processes as the client's own, but their answers come from a clock instead of a server.

`python -m tests.benchmarks.pty_feed` speaks the worker's protocol. Everything from the bytes of an
answer to the lines on the pipe is the client's own code, so that the monitor that reads them does
what it does in a real burst, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import uvloop

from burstview_engines.burst import wire
from burstview_engines.burst.endpoint import endpoint
from burstview_engines.burst.exchange import Exchange
from burstview_engines.burst.outbox import Outbox, now, text_interval
from burstview_engines.burst.supervisor import READ, Reserve, WorkerProcess
from burstview_engines.burst.worker import Worker

ROOT = Path(__file__).parents[2]
TOKENS_PER_S = 30.0
"""Of each stream: what a busy engine gives."""
FIRST_TOKEN = 0.2
"""Seconds from the launch to the first stream's first token."""
APART = 0.001
"""Seconds from one stream's first token to the next one's."""

_TOKEN = b'data: {"choices":[{"index":0,"delta":{"content":" words"}}]}\n\n'
_LAST = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":%d}}\n\n'
    b"data: [DONE]\n\n"
)


class ClockCarrier:
    """Streams tokens to all exchanges alike, `max_tokens` to each."""

    def __init__(self, tokens: int) -> None:
        self.reads = 0
        self._tokens = tokens
        self._exchanges: Sequence[Exchange] = ()
        self._streams: asyncio.Task[None] | None = None

    async def prepare(self, exchanges: Sequence[Exchange]) -> int:
        """Every exchange has its connection."""
        self._exchanges = exchanges
        return len(exchanges)

    def launch(self) -> None:
        """All are sent; their answers come from a task."""
        at = now()
        for exchange in self._exchanges:
            exchange.sent(at)
            exchange.head(at, 200, "text/event-stream")
        self._streams = asyncio.get_running_loop().create_task(self._stream(at))

    def drop(self) -> None:
        """No more tokens."""
        if self._streams is not None:
            self._streams.cancel()

    async def close(self) -> None:
        """No more tokens."""
        self.drop()

    async def _stream(self, start: float) -> None:
        left = dict.fromkeys(self._exchanges, self._tokens)
        while left:
            await asyncio.sleep(1 / TOKENS_PER_S)
            at = now()
            begun = (at - start - FIRST_TOKEN) / APART
            for exchange in [each for each in left if each.id <= begun]:
                self.reads += 1
                left[exchange] -= 1
                exchange.body(at, _TOKEN)
                if not left[exchange]:
                    exchange.body(at, _LAST % self._tokens)
                    del left[exchange]


class FedReserve(Reserve):
    """Gives such processes instead of the client's."""

    async def take(self, wanted: int) -> list[WorkerProcess]:
        """So many, started now."""
        return list(await asyncio.gather(*(_start() for _ in range(wanted))))


async def _start() -> WorkerProcess:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.pty_feed"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=dict(os.environ),
        cwd=ROOT,
        start_new_session=True,
        limit=READ,
    )
    return WorkerProcess(process)


async def serve() -> None:
    """Obey the parent until it closes stdin."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sys.stdout)
    job = wire.job(await commands.readline())
    outbox = Outbox(pipe.write, job.run, job.epoch, text_interval(job.plan.concurrency))
    carrier = ClockCarrier(job.plan.max_tokens)
    worker = Worker(job, endpoint(job.backend.url), {}, carrier, outbox)
    while line := await commands.readline():
        await worker.obey(wire.command(line))
    await worker.close()


if __name__ == "__main__":
    uvloop.run(serve())
