"""Worker processes: started, told, killed, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from burstview_engines.burst import wire
from burstview_engines.burst.supervisor import (
    Reserve,
    WorkerDiedError,
    WorkerProcess,
    workers_for,
)
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import HeadersReceived, RequestEnded, RequestSent
from burstview_engines.core.plan import BurstPlan
from tests.burst.firing import backend
from tests.burst.servers import good, serving

ENGINES = Path(__file__).parents[2] / "engines"


def job(target: Backend) -> wire.Job:
    """A job without a burst of its own."""
    plan = BurstPlan(concurrency=2, max_tokens=2, equal_lengths=False)
    return wire.Job(run=1, backend=target, plan=plan, epoch=monotonic())


@pytest.mark.parametrize(
    ("concurrency", "cores", "workers"),
    [(1, 1, 1), (256, 64, 1), (257, 64, 2), (1024, 64, 4), (1024, 2, 1), (1024, 3, 2)],
)
def test_workers_grow_with_the_burst_but_leave_a_core(
    concurrency: int, cores: int, workers: int
) -> None:
    """One for each 256 streams."""
    assert workers_for(concurrency, cores) == workers


async def test_a_worker_prepares_fires_and_reports() -> None:
    """The commands and their answers, without a run around them."""
    async with serving(good) as server:
        worker = await WorkerProcess.start()
        worker.send(job(backend(server.url)))
        worker.send(wire.Prepare("burst", (1, 2)))
        assert await worker.messages() == [wire.Ready(2)]
        worker.send(wire.Fire(monotonic()))
        seen: list[wire.Message] = []
        while not any(isinstance(message, wire.PhaseReport) for message in seen):
            seen += await worker.messages()
        await worker.reap()
    assert [m.id for m in seen if isinstance(m, RequestSent)] == [1, 2]
    assert len([m for m in seen if isinstance(m, HeadersReceived)]) == 2
    assert all(m.error is None for m in seen if isinstance(m, RequestEnded))


async def test_a_worker_that_hangs_is_killed() -> None:
    """It is stopped and cannot leave by itself; reaping takes less than half a second."""
    worker = await WorkerProcess.start()
    os.kill(worker.pid, signal.SIGSTOP)
    began = monotonic()
    await worker.reap()
    assert monotonic() - began < 0.5
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


async def test_the_death_of_a_worker_is_told_with_its_signal() -> None:
    """The sentence names what ended it."""
    worker = await WorkerProcess.start()
    worker.kill()
    with pytest.raises(WorkerDiedError, match="ended by SIGKILL; fire again"):
        await worker.messages()
    await worker.reap()


async def test_nonsense_on_its_input_ends_a_worker_with_a_sentence() -> None:
    """One line on stderr, no traceback."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "burstview_engines.burst"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ENGINES)},
    )
    out, words = await process.communicate(b"nonsense\n")
    assert process.returncode == 1
    assert out == b""
    assert words.startswith(b"the worker was sent a line it does not know")
    assert words.count(b"\n") == 1


async def test_an_interrupt_of_the_terminal_does_not_reach_a_worker() -> None:
    """It lives in a session of its own and ends when its input does."""
    worker = await WorkerProcess.start()
    assert os.getsid(worker.pid) == worker.pid
    await worker.reap()


async def test_no_worker_outlives_a_killed_parent() -> None:
    """The parent is killed without a chance to say so: the worker's input ends, and so does it."""
    script = (
        "import asyncio, sys\n"
        "from burstview_engines.burst.supervisor import WorkerProcess\n"
        "async def main():\n"
        "    worker = await WorkerProcess.start()\n"
        "    print(worker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ENGINES)},
    )
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    watch = os.pidfd_open(pid)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(watch, gone.set)
    parent.kill()
    async with asyncio.timeout(5):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(watch)
    os.close(watch)
    await parent.communicate()


async def test_the_reserve_hands_out_its_spare_worker() -> None:
    """Started ahead, taken once, and closed when nobody takes it."""
    reserve = Reserve()
    reserve.refill()
    first, second = await reserve.take(2)
    assert first.pid != second.pid
    reserve.refill()
    await reserve.close()
    await asyncio.gather(first.reap(), second.reap())
