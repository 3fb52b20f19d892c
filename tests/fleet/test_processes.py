"""Engines as local processes, from start to end, on stand-ins with the real names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.sentences import sentence
from burstview_engines.fleet.source import FleetSource
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.live import LiveSession
from burstview_engines.source import SessionError
from tests.fleet.fleets import NOWHERE, Opened, free_port, opened, until
from tests.standins import environment


def ollama() -> LaunchSpec:
    """On a port of its own: tests run side by side."""
    return LaunchSpec(engine="ollama", place="process", name="my-ollama", gpus=(), port=free_port())


def vllm() -> LaunchSpec:
    """The same."""
    return LaunchSpec(
        engine="vllm",
        place="process",
        name="my-vllm",
        model="Qwen/Qwen3-0.6B",
        options={"max-num-seqs": "8"},
        gpus=(),
        port=free_port(),
    )


@asynccontextmanager
async def fleet(tmp_path: Path, **more: str) -> AsyncIterator[Opened]:
    """With the stand-ins on the PATH; what was started is removed at the end."""
    environ = environment(tmp_path / "bin", tmp_path / "home", **more)
    async with opened(tmp_path / "state", environ) as held:
        try:
            yield held
        finally:
            for key in held.board_keys():
                await held.fleet.kill(key)


async def test_an_engine_starts_serves_and_stops(tmp_path: Path) -> None:
    """Each phase is seen in order, the time it took is remembered, and nothing is left over."""
    async with fleet(tmp_path) as held:
        spec = vllm()
        preview = await held.fleet.preview(spec)
        assert preview.is_first_start
        assert "vllm serve Qwen/Qwen3-0.6B" in preview.command
        key = await held.fleet.up(spec)
        engine = await held.fleet.wait(key)
        assert engine.status == "ready"
        await until(lambda: held.engine(key).facts.kv_tokens is not None)
        await until(lambda: _backend(held, key).model == "Qwen/Qwen3-0.6B")
        assert _backend(held, key).seats == 8
        assert _backend(held, key).place == "process"
        pid = psutil.Process(int(engine.id or 0))
        again = await held.fleet.preview(spec)
        assert again.expected_seconds is not None
        assert again.expected_seconds > 0
        await held.fleet.stop(key)
        ended = held.engine(key)
        assert (ended.status, ended.failure) == ("stopped", None)
        assert not pid.is_running()
        await held.fleet.remove(key)
        assert held.board_keys() == []


async def test_another_session_finds_what_runs_and_may_change_it(tmp_path: Path) -> None:
    """An engine outlives the monitor; its options are known, and other ones replace it."""
    environ = environment(tmp_path / "bin", tmp_path / "home")
    async with opened(tmp_path / "state", environ) as first:
        key = await first.fleet.up(ollama())
        assert (await first.fleet.wait(key)).status == "ready"
    async with opened(tmp_path / "state", environ) as second:
        assert (await second.until(key, "ready")).options == {}
        spec = await second.fleet.spec_of(key)
        wider = LaunchSpec(
            engine="ollama",
            place="process",
            name=spec.name,
            port=spec.port,
            gpus=(),
            options={"num-parallel": "4"},
        )
        changes = await second.fleet.changes(key, wider)
        assert changes == ("num-parallel default → 4",)
        await second.fleet.recreate(key, wider)
        assert (await second.fleet.wait(key)).status == "ready"
        await until(lambda: _backend(second, key).seats == 4)
        await second.fleet.kill(key)
        assert second.engine(key).status == "stopped"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("gpu-memory-taken", "GPU"),
        ("kv-cache-too-small", "KV cache"),
        ("cuda-out-of-memory", "memory"),
        ("port-taken", "port"),
    ],
)
async def test_a_failed_start_says_why(tmp_path: Path, kind: str, words: str) -> None:
    """From the engine's own words, with the next step."""
    async with fleet(tmp_path, BURSTVIEW_STANDIN_FAIL=kind) as held:
        key = await held.fleet.up(vllm())
        engine = await held.fleet.wait(key)
        assert engine.status == "failed"
        assert engine.failure is not None
        assert engine.failure.kind == kind
        assert words in engine.failure.sentence
        assert engine.failure.step
        assert engine.exit_code == 1
        backend = held.stream.fold.snapshot().backends[0]
        assert (backend.state, backend.detail) == ("failed", engine.failure.sentence)


async def test_a_crash_while_it_serves_is_told(tmp_path: Path) -> None:
    """A ready engine that dies is failed, not stopped."""
    async with fleet(tmp_path, BURSTVIEW_STANDIN_CRASH_AFTER="0.5") as held:
        key = await held.fleet.up(vllm())
        engine = await held.until(key, "failed")
        assert engine.failure is not None
        assert engine.failure.kind == "engine-died"


async def test_a_start_is_cancelled_without_a_trace(tmp_path: Path) -> None:
    """Neither a process nor a record stays."""
    async with fleet(tmp_path, BURSTVIEW_STANDIN_START_SECONDS="60") as held:
        key = await held.fleet.up(vllm())
        engine = await held.until(key, "starting")
        await until(lambda: bool(held.engine(key).id))
        pid = psutil.Process(int(held.engine(key).id or 0))
        assert engine.phase is not None
        await held.fleet.stop(key)
        assert key not in held.board_keys() or held.engine(key).status == "stopped"
        assert not pid.is_running()


async def test_wishes_that_cannot_be_fulfilled_are_one_sentence(tmp_path: Path) -> None:
    """Each names the next step."""
    environ = dict(environment(tmp_path / "bin", tmp_path / "home"))
    async with opened(tmp_path / "state", environ | {"PATH": os.defpath}) as held:
        key = await held.fleet.up(vllm())
        engine = await held.fleet.wait(key)
        assert engine.failure is not None
        assert engine.failure.sentence == "There is no command `vllm` on the PATH."
        with pytest.raises(SessionError, match="There is no engine nobody"):
            await held.fleet.stop("process:nobody")
        with pytest.raises(SessionError, match="only an Ollama keeps models"):
            await held.fleet.models(key)
        with pytest.raises(SessionError, match="no option max-seqs"):
            await held.fleet.up(
                LaunchSpec(engine="vllm", place="process", model="x", options={"max-seqs": "4"})
            )
        with pytest.raises(SessionError, match="as a container"):
            await held.fleet.up(LaunchSpec(engine="ollama"))
    async with opened(tmp_path / "state", environ, read_only=True) as held:
        with pytest.raises(SessionError, match="read-only"):
            await held.fleet.up(ollama())


async def test_an_ollamas_models_come_and_go(tmp_path: Path) -> None:
    """Pulled with progress, loaded, unloaded, deleted."""
    async with fleet(tmp_path) as held:
        key = await held.fleet.up(ollama())
        await held.fleet.wait(key)
        words: list[str] = []
        pull = asyncio.ensure_future(held.fleet.pull_model(key, "qwen3:1.7b"))
        while not pull.done():
            words.append(held.engine(key).words)
            await asyncio.sleep(0.02)
        await pull
        assert any("pulling qwen3:1.7b" in said for said in words)
        assert "qwen3:1.7b" in [model.name for model in await held.fleet.models(key)]
        await held.fleet.load_model(key, "qwen3:1.7b")
        loaded = {m.name: m for m in await held.fleet.models(key)}["qwen3:1.7b"]
        assert loaded.loaded
        assert loaded.expires_wall is None
        await held.fleet.unload_model(key, "qwen3:1.7b")
        assert not any(m.loaded for m in await held.fleet.models(key))
        await held.fleet.delete_model(key, "qwen3:1.7b")
        assert "qwen3:1.7b" not in [model.name for model in await held.fleet.models(key)]
        with pytest.raises(SessionError, match="check the model's name"):
            await held.fleet.pull_model(key, "no-such-model:1b")


async def test_a_burst_is_fired_at_two_engines_that_were_started(tmp_path: Path) -> None:
    """The whole way: started, recognised, fired at; the verdict names the setting."""
    environ = environment(tmp_path / "bin", tmp_path / "home")
    from burstview_engines.fleet.opening import open_fleet

    fleet = open_fleet(
        docker_host=NOWHERE, environ=environ, home=tmp_path, state=tmp_path / "state"
    )
    session = LiveSession([FleetSource(fleet)], program="burstview test", engines=fleet)
    await session.open()
    await session.settled()
    try:
        keys = [await fleet.up(vllm()), await fleet.up(ollama())]
        for key in keys:
            assert (await fleet.wait(key)).status == "ready"
        await fleet.pull_model(keys[1], "qwen3:0.6b")
        await until(lambda: all(v.state == "ready" for v in session.snapshot().backends))
        await fleet.look()
        plan = BurstPlan(concurrency=4, max_tokens=8, alone=1)
        runs = await session.fire(keys, plan)
        views = [session.snapshot().run(number) for number in runs]
        assert [len(view.requests) if view else 0 for view in views] == [4, 4]
        said = [sentence(view) for view in views if view]
        assert "all together" in said[0]
        assert "OLLAMA_NUM_PARALLEL=1" in said[1]
    finally:
        for key in keys:
            await fleet.kill(key)
        await session.close()


def _backend(held: Opened, key: str):  # type: ignore[no-untyped-def]
    return next(v.backend for v in held.stream.fold.snapshot().backends if v.backend.key == key)


async def test_an_ollama_gets_the_model_it_was_started_with(tmp_path: Path) -> None:
    """By its pair's name; what keeps it from the model is a notice, the Ollama is ready."""
    async with fleet(tmp_path) as held:
        spec = replace(ollama(), model="Qwen/Qwen3-0.6B")
        key = await held.fleet.up(spec)
        assert (await held.fleet.wait(key)).status == "ready"
        (model,) = await held.fleet.models(key)
        assert (model.name, model.loaded) == ("qwen3:0.6b", True)
        await until(lambda: _backend(held, key).model == "qwen3:0.6b")
        await held.fleet.stop(key)
        await held.fleet.remove(key)
        key = await held.fleet.up(replace(ollama(), model="no-such-model:1b"))
        assert (await held.fleet.wait(key)).status == "ready"
        notices = held.stream.fold.snapshot().notices
        assert any("no-such-model:1b was not pulled" in said for said in notices)
