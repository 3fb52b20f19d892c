"""The worker processes as their parent sees them: started, commanded, read and reaped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import msgspec

from burstview_engines.burst import wire

READ = 1 << 20
"""Bytes taken from a worker's pipe at once."""
REAP_WITHIN = 0.3
"""Seconds a worker has to leave by itself before it is killed."""
STREAMS_PER_WORKER = 256
MOST_WORKERS = 4


class WorkerDiedError(Exception):
    """A worker process ended although work was left; the text is one sentence."""


def workers_for(concurrency: int, cores: int) -> int:
    """How many workers a burst gets: one for each 256 streams, but a core stays for the parent.

    More workers than free cores would only wait for each other: docs/client.md has the figures.
    """
    return max(1, min(-(-concurrency // STREAMS_PER_WORKER), cores - 1, MOST_WORKERS))


def usable_cores() -> int:
    """Cores this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class WorkerProcess:
    """One `python -m burstview_engines.burst`, in a session of its own so that a Ctrl-C on the
    terminal reaches the parent only."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._rest = b""

    @classmethod
    async def start(cls) -> WorkerProcess:
        """A process that waits for its job."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "burstview_engines.burst"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=_environment(),
                start_new_session=True,
                limit=READ,
            )
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: wire.Job | wire.Command) -> None:
        """Give it a line; one that is gone hears nothing, and `messages` tells that it is."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(wire.line(message))

    async def messages(self) -> list[wire.Message]:
        """The next batch; waits for one. Raises WorkerDiedError at the end of its output."""
        stdout = self._process.stdout
        while stdout is not None:
            block = await stdout.read(READ)
            if not block:
                break
            whole, newline, rest = (self._rest + block).rpartition(b"\n")
            self._rest = rest
            if newline:
                try:
                    return wire.messages(whole)
                except msgspec.DecodeError as error:
                    self.kill()
                    raise WorkerDiedError(
                        f"A client process wrote nonsense ({error}); fire again."
                    ) from error
        raise WorkerDiedError(await self._last_words())

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def reap(self) -> None:
        """Let it leave by itself, else kill it; returns when it is gone."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        try:
            async with asyncio.timeout(REAP_WITHIN):
                await self._drained()
        except TimeoutError:
            self.kill()
            await self._drained()

    async def _drained(self) -> None:
        """Read to the end, so that a full pipe keeps nobody from leaving, and wait."""
        stdout, stderr = self._process.stdout, self._process.stderr
        pipes: list[Awaitable[bytes]] = [each.read() for each in (stdout, stderr) if each]
        await asyncio.gather(*pipes)
        await self._process.wait()

    async def _last_words(self) -> str:
        stderr = self._process.stderr
        words = (await stderr.read(READ)).decode("utf-8", "replace").strip() if stderr else ""
        status = await self._process.wait()
        if words:
            return f"A client process ended: {words.splitlines()[-1]}"
        if status < 0:
            return f"A client process was ended by {signal.Signals(-status).name}; fire again."
        return f"A client process ended with status {status}; fire again."


class Reserve:
    """A worker that was started ahead, so that a burst need not wait for an interpreter."""

    def __init__(self) -> None:
        self._spare: asyncio.Task[WorkerProcess] | None = None

    def refill(self) -> None:
        """Start a spare worker in the background unless there is one."""
        if self._spare is None:
            self._spare = asyncio.get_running_loop().create_task(WorkerProcess.start())

    async def take(self, wanted: int) -> list[WorkerProcess]:
        """So many workers, the spare one first."""
        spare, self._spare = self._spare, None
        starting = [] if spare is None else [spare]
        rest = [WorkerProcess.start() for _ in range(wanted - len(starting))]
        return list(await asyncio.gather(*starting, *rest))

    async def close(self) -> None:
        """End the spare worker."""
        if self._spare is not None:
            spare, self._spare = self._spare, None
            await (await spare).reap()


def _environment() -> dict[str, str]:
    """The parent's, with this package on the path of the child however the parent found it."""
    root = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root])}
