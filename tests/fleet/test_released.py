"""What an engine that is replaced gives back: its memory must not keep its successor out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from burstview_engines.core.events import GpuProcessesSeen
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.result import Fit
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.process_side import ProcessSide
from burstview_engines.fleet.released import NOTHING, Released, reckoned, seen_on
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.at_hand import Places
from burstview_engines.models.pair_table import PAIRS
from burstview_engines.places.process.record import Folder
from burstview_engines.stream import EventStream
from tests.fleet.fleets import Opened, free_port
from tests.standins import environment

GIB = 2**30
A100 = GpuMemory(0, "NVIDIA A100", 80 * GIB, 61 * GIB)
"""60 GiB of which are the engine's."""
ENGINE = ManagedEngine(
    key="process:big",
    name="big",
    engine="vllm",
    place="process",
    owner="ours",
    status="ready",
    id="100",
)


def process(pid: int, gib: int | None, *, gpu: int = 0, command: str | None = "vllm") -> GpuProcess:
    """A child of the engine's, when its pid is 101."""
    memory = None if gib is None else gib * GIB
    family = (100, 1) if pid == 101 else (1,)
    return GpuProcess(gpu=gpu, pid=pid, memory_bytes=memory, command=command, ancestors=family)


def told(*processes: GpuProcess, problem: str | None = None) -> GpuProcessesSeen:
    """One look at the GPUs."""
    return GpuProcessesSeen(at=0.0, processes=processes, problem=problem)


def test_its_own_processes_are_counted_by_gpu() -> None:
    """Others' are not."""
    seen = told(process(101, 20), process(101, 30, gpu=1), process(7, 5))
    found = seen_on(ENGINE, seen)
    assert found == Released("big", {0: 20 * GIB, 1: 30 * GIB})
    assert found.off([A100])[0].used_bytes == 41 * GIB
    assert found.note == "Reckoned without 50.0 GiB that big holds now and gives back."


def test_an_engine_that_is_on_no_gpu_gives_nothing_back() -> None:
    """Where every process has a name, none of which is its."""
    assert seen_on(ENGINE, told(process(7, 5))) == Released("big", {})
    assert Released("big", {}).note == NOTHING.note == ""
    assert NOTHING.off([A100]) == (A100,)


@pytest.mark.parametrize(
    "seen",
    [
        None,
        told(process(101, None)),
        told(process(7, 5, command=None)),
        told(process(7, 5), problem="Not all of it can be read."),
    ],
)
def test_what_nobody_sees_is_unknown(seen: GpuProcessesSeen | None) -> None:
    """And never taken for nothing."""
    assert seen_on(ENGINE, seen) is None


def test_what_is_reckoned_is_at_most_what_is_used() -> None:
    """Spread over its GPUs."""
    fits = Fit(engine="vllm", gpus=(0, 1), needed_bytes=100 * GIB)
    other = GpuMemory(1, "NVIDIA A100", 80 * GIB, 10 * GIB)
    found = reckoned("big", fits, [A100, other])
    assert found.by_gpu == {0: 50 * GIB, 1: 10 * GIB}
    assert found.note.startswith("Reckoned without about 60.0 GiB")
    assert reckoned("big", Fit(engine="vllm"), [A100]) == NOTHING


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Opened, str, LaunchSpec]]:
    """A vLLM with three quarters of a GPU of 80 GiB, all that is used of it."""
    environ = environment(folder / "bin", folder / "home")
    judge = Judge(PAIRS, Places(folder / "hub", None), lambda: (A100,))
    side = ProcessSide(Folder(folder / "state"), "anna")
    fleet = Fleet({"process": side}, Memory(folder), judge, where="", environ=environ)
    stream = EventStream(None)
    stream.begin("burstview test", 0.0)
    await fleet.open(stream)
    spec = LaunchSpec(
        engine="vllm",
        place="process",
        name="big",
        model="Qwen/Qwen3-0.6B",
        port=free_port(),
        gpus=("0",),
        options={"gpu-memory-utilization": "0.75"},
    )
    key = await fleet.up(spec)
    try:
        engine = await fleet.wait(key)
        assert engine.status == "ready", engine.failure
        yield Opened(fleet, stream), key, spec
    finally:
        await fleet.kill(key)
        await fleet.close()
        stream.close()


async def test_a_change_of_an_engine_that_fills_the_gpu_fits(tmp_path: Path) -> None:
    """Its own memory counts as free, whether its processes are seen or not."""
    async with running(tmp_path) as (held, key, spec):
        other = msgspec.structs.replace(
            spec, options={"gpu-memory-utilization": "0.75", "max-num-seqs": "8"}
        )
        beside = await held.fleet.preview(other)
        assert beside.memory[0].startswith("Does not fit: 0.75 of all of GPU 0 is 60.0 GiB")
        blind = await held.fleet.preview(other, key)
        assert blind.memory[0].startswith("Fits on GPU 0: takes 60")
        assert "memory" not in {finding.name for finding in blind.findings}
        assert blind.memory[-1].startswith("Reckoned without about 60.")
        child = process(101, 60)
        family = (int(held.engine(key).id or 0),)
        held.stream.put(told(msgspec.structs.replace(child, ancestors=family)))
        seen = await held.fleet.preview(other, key)
        assert seen.memory[0].startswith("Fits on GPU 0: takes 60")
        assert seen.memory[-1] == "Reckoned without 60.0 GiB that big holds now and gives back."
        assert ("other programs", GIB) in seen.memory_parts
        changes = await held.fleet.changes(key, other)
        assert "would not fit" not in " ".join(changes)


async def test_an_engine_that_is_stopped_gives_nothing_back(tmp_path: Path) -> None:
    """Somebody else has that memory."""
    async with running(tmp_path) as (held, key, spec):
        await held.fleet.stop(key)
        preview = await held.fleet.preview(spec, key)
        assert preview.memory[0].startswith("Does not fit")
