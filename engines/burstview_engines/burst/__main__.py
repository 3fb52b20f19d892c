"""The worker process: a job and commands on stdin, events on stdout, both as JSON lines.

It ends when stdin does, so that no worker outlives its parent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

from burstview_engines.burst import wire
from burstview_engines.burst.bodies import path
from burstview_engines.burst.carrier import Carrier, OwnCarrier
from burstview_engines.burst.endpoint import Endpoint, EndpointError, endpoint
from burstview_engines.burst.outbox import Outbox, text_interval
from burstview_engines.burst.request import KeyUnusableError, headers
from burstview_engines.burst.worker import Worker

LONGEST_LINE = 1 << 26
"""Bytes: a plan may carry a file of prompts."""
NICENESS = -10
"""Where the system permits it, so that the drawing of the parent delays no stamp."""


async def serve() -> None:
    """Obey the parent until it closes stdin."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sys.stdout)
    first = await commands.readline()
    if not first:
        return
    job = wire.job(first)
    target = endpoint(job.backend.url)
    outbox = Outbox(pipe.write, job.run, job.epoch, text_interval(job.plan.concurrency))
    key = os.environ.get(job.api_key_env) if job.api_key_env else None
    fields = headers(target, stream=job.plan.stream, api_key=key)
    worker = Worker(job, target, fields, carrier(job, target, fields), outbox)
    while line := await commands.readline():
        await worker.obey(wire.command(line))
    await worker.close()


def carrier(job: wire.Job, target: Endpoint, fields: dict[str, str]) -> Carrier:
    """The transport of the job; the heavy one is loaded only when it is needed."""
    if job.transport == "own":
        return OwnCarrier(target)
    from burstview_engines.burst.fallback import HttpxCarrier

    url = f"{target.scheme}://{target.authority}{path(job.backend, job.plan)}"
    return HttpxCarrier(url, fields, job.proxy)


def be_prompt() -> None:
    """Ask for priority over the parent and others; Linux groups processes by session as well."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def main() -> int:
    """Exit status: 1 with one sentence on stderr when the job cannot be done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_prompt()
    try:
        uvloop.run(serve())
    except (EndpointError, KeyUnusableError) as error:
        print(error, file=sys.stderr)  # noqa: T201  # its parent reads it
        return 1
    except msgspec.DecodeError as error:
        print(f"the worker was sent a line it does not know: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except Exception as error:  # noqa: BLE001  # the last resort of the process
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
