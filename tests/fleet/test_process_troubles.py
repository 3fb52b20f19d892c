"""Local processes that several sessions share, that lose their supervisor, or that have a key."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from burstview_engines.launch.spec import LaunchSpec
from tests.fleet.fleets import Opened, free_port, opened, until
from tests.standins import environment

KEY = "bv-not-a-real-key-only-for-tests"


def spec(**more: object) -> LaunchSpec:
    """On a port of its own: tests run side by side."""
    return LaunchSpec(
        engine="vllm",
        place="process",
        name="shared",
        model="Qwen/Qwen3-0.6B",
        options={"max-num-seqs": "8"},
        gpus=(),
        port=free_port(),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[tuple[Opened, Opened]]:
    """Two of one user; what was started is ended."""
    environ = dict(environment(tmp_path / "bin", tmp_path / "home")) | {"MY_KEY": KEY}
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            opened(tmp_path / "state", environ, record=tmp_path / "r.jsonl")
        )
        second = await stack.enter_async_context(opened(tmp_path / "state", environ))
        yield first, second
        for key in first.board_keys():
            await first.fleet.kill(key)


async def test_two_sessions_see_what_each_other_does(sessions: tuple[Opened, Opened]) -> None:
    """Started in one, stopped in the other, started again, removed."""
    one, other = sessions
    key = await one.fleet.up(spec())
    for held in sessions:
        await until(lambda held=held: key in held.board_keys())  # type: ignore[misc]
        await held.until(key, "ready")
    await other.fleet.stop(key)
    assert (await one.until(key, "stopped")).failure is None
    await one.fleet.start(key)
    assert (await other.until(key, "ready")).id == one.engine(key).id
    await other.fleet.remove(key)
    await until(lambda: key not in one.board_keys())


async def test_a_supervisor_that_is_killed_is_told(sessions: tuple[Opened, Opened]) -> None:
    """The engine ends with it, so that it can be started again on the same port."""
    one, _ = sessions
    key = await one.fleet.up(spec())
    engine = await one.fleet.wait(key)
    process = psutil.Process(int(engine.id or 0))
    supervisor = process.parent()
    assert supervisor is not None
    supervisor.kill()
    ended = await one.until(key, "failed")
    assert ended.failure is not None
    assert ended.failure.kind == "lost"
    await until(lambda: not process.is_running())
    await one.fleet.start(key)
    assert (await one.fleet.wait(key)).status == "ready"


async def test_a_key_is_in_the_engines_own_variables_alone(
    sessions: tuple[Opened, Opened], tmp_path: Path
) -> None:
    """Not in its command, its log, our records of it, or the recording; and it is asked for."""
    one, _ = sessions
    wish = spec(api_key_env="MY_KEY")
    preview = await one.fleet.preview(wish)
    key = await one.fleet.up(wish)
    engine = await one.fleet.wait(key)
    assert engine.status == "ready"
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{engine.url}/v1/models")).status_code == 401
    await until(lambda: one.stream.fold.snapshot().backends[0].state == "ready")
    commands = [process.cmdline() for process in family(int(engine.id or 0))]
    wider = msgspec.structs.replace(wish, options={"max-num-seqs": "4"})
    shown = [preview, commands, await one.fleet.spec_of(key)]
    shown += [await one.fleet.changes(key, wider), await one.fleet.last_lines(key, 500)]
    shown += [one.stream.fold.snapshot(), (tmp_path / "r.jsonl").read_text()]
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    shown += [path.read_text(errors="replace") for path in files]
    for words in shown:
        assert KEY not in str(words)
    records = tmp_path / "state" / "processes"
    assert stat.S_IMODE(records.stat().st_mode) == 0o700
    open_files = [
        p.name for p in records.iterdir() if p.stat().st_mode & 0o077 and p.stat().st_size
    ]
    assert open_files == []


def family(pid: int) -> list[psutil.Process]:
    """The engine, all that it has begun, and what holds it."""
    engine = psutil.Process(pid)
    holder = engine.parent()
    assert holder is not None
    assert holder.pid != os.getpid()
    return [holder, engine, *engine.children(recursive=True)]
