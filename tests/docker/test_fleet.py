"""Engines in containers of a real Docker Engine, from start to end, as the session sees them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from docker import DockerClient

from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.sentences import sentence
from burstview_engines.fleet.source import FleetSource
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.live import LiveSession
from burstview_engines.source import SessionError
from tests.docker.images import StandinImages
from tests.docker.registry import Registry
from tests.fleet.fleets import Opened, opened, until

SOCKET = "unix:///var/run/docker.sock"
QUICK = {"BURSTVIEW_STANDIN_START_SECONDS": "0.2"}


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """Whose containers and volumes they are; all are removed after the test."""
    return f"{unique_name('me')}@test"


@asynccontextmanager
async def fleet(
    tmp_path: Path, owner: str, *, read_only: bool = False, record: Path | None = None
) -> AsyncIterator[Opened]:
    """On the real daemon."""
    async with opened(
        tmp_path / "state",
        {},
        docker_host=SOCKET,
        owner=owner,
        read_only=read_only,
        record=record,
    ) as held:
        yield held


def vllm(name: str, images: StandinImages, **more: str) -> LaunchSpec:
    """A stand-in that behaves like vLLM."""
    return LaunchSpec(
        engine="vllm",
        name=name,
        image=images.vllm,
        model="Qwen/Qwen3-0.6B",
        options={"max-num-seqs": "8"},
        environment=QUICK | more,
        gpus=(),
    )


def ollama(name: str, images: StandinImages, **more: str) -> LaunchSpec:
    """A stand-in that behaves like Ollama."""
    return LaunchSpec(
        engine="ollama", name=name, image=images.ollama, environment=QUICK | more, gpus=()
    )


async def test_the_whole_life_of_an_engine(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Started, ready, stopped, started again, restarted, replaced, removed; its volume stays."""
    name = unique_name("ollama")
    async with fleet(tmp_path, owner) as held:
        preview = await held.fleet.preview(ollama(name, standin_images))
        assert preview.problems == ()
        assert f"--name {name}" in preview.command
        key = await held.fleet.up(preview.spec)
        assert key == f"container:{name}"
        engine = await held.fleet.wait(key)
        assert (engine.status, engine.owner, engine.lan) == ("ready", "ours", False)
        assert engine.simulated
        await held.fleet.pull_model(key, "qwen3:0.6b")
        await held.fleet.stop(key)
        assert held.engine(key).status == "stopped"
        assert held.engine(key).failure is None
        await held.fleet.start(key)
        assert (await held.fleet.wait(key)).status == "ready"
        await held.fleet.restart(key)
        assert (await held.fleet.wait(key)).status == "ready"
        spec = await held.fleet.spec_of(key)
        wider = LaunchSpec(**{**_fields(spec), "options": {"num-parallel": "4"}})
        assert "OLLAMA_NUM_PARALLEL unset → 4" in await held.fleet.changes(key, wider)
        before = held.engine(key).id
        await held.fleet.recreate(key, wider)
        engine = await held.fleet.wait(key)
        assert (engine.status, engine.options) == ("ready", {"num-parallel": "4"})
        assert engine.id != before
        assert [model.name for model in await held.fleet.models(key)] == ["qwen3:0.6b"]
        await held.fleet.remove(key)
        assert key not in held.board_keys()
    volumes = [volume.name for volume in docker_client.volumes.list()]
    assert any(owner.partition("@")[0] in volume for volume in volumes)


async def test_the_phases_of_a_start_are_seen_in_order(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str], owner: str
) -> None:
    """And recorded: a replay has them too."""
    record = tmp_path / "r.jsonl"
    spec = vllm(unique_name("vllm"), standin_images, BURSTVIEW_STANDIN_START_SECONDS="4")
    async with fleet(tmp_path, owner, record=record) as held:
        key = await held.fleet.up(spec)
        await held.fleet.wait(key)
        await held.fleet.remove(key)
    phases = []
    for line in record.read_text().splitlines():
        event = json.loads(line)
        is_mine = event["type"] == "managed" and event["engine"]["key"] == key
        if is_mine and event["engine"].get("phase"):
            phases.append(event["engine"]["phase"])
    seen = list(dict.fromkeys(phases))
    assert seen[:3] == ["checking", "creating", "booting"]
    assert seen[-1] == "ready"
    assert [p for p in seen if p in ("loading weights", "compiling", "capturing CUDA graphs")] == [
        "loading weights",
        "compiling",
        "capturing CUDA graphs",
    ]


@pytest.mark.parametrize("kind", ["gpu-memory-taken", "kv-cache-too-small", "no-gpu", "disk-full"])
async def test_a_failed_start_says_why_and_what_to_do(
    tmp_path: Path,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
    kind: str,
) -> None:
    """From the container's last words."""
    spec = vllm(unique_name("vllm"), standin_images, BURSTVIEW_STANDIN_FAIL=kind)
    async with fleet(tmp_path, owner) as held:
        key = await held.fleet.up(spec)
        engine = await held.fleet.wait(key)
        assert engine.status == "failed"
        assert engine.failure is not None
        assert engine.failure.kind == kind
        assert engine.failure.step
        assert engine.exit_code == 1


async def test_a_container_killed_from_outside_is_told(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Killed is a failure; stopped by `docker stop` is not; removed is gone."""
    name = unique_name("ollama")
    async with fleet(tmp_path, owner) as held:
        key = await held.fleet.up(ollama(name, standin_images))
        await held.fleet.wait(key)
        container = docker_client.containers.get(name)
        await asyncio.to_thread(container.kill)
        engine = await held.until(key, "failed")
        assert engine.failure is not None
        assert engine.exit_code == 137
        await asyncio.to_thread(container.start)
        await held.until(key, "ready")
        await asyncio.to_thread(container.stop, timeout=5)
        assert (await held.until(key, "stopped")).failure is None
        await asyncio.to_thread(container.remove)
        await until(lambda: key not in held.board_keys())


async def test_others_containers_are_read_only_until_adopted(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str], owner: str
) -> None:
    """Another user's engine can be looked at; adopted, it is remembered and changed."""
    name = unique_name("ollama")
    async with fleet(tmp_path, owner) as theirs:
        key = await theirs.fleet.up(ollama(name, standin_images))
        await theirs.fleet.wait(key)
    mine = f"{owner.partition('@')[0]}-me@test"
    async with fleet(tmp_path / "me", mine) as held:
        engine = await held.until(key, "ready")
        assert (engine.owner, engine.who) == ("theirs", owner.partition("@")[0])
        for wish in (held.fleet.stop, held.fleet.kill, held.fleet.restart, held.fleet.remove):
            with pytest.raises(SessionError, match="adopt it"):
                await wish(key)
        view = await held.fleet.log(key)
        await until(lambda: view.last_number > 0)
        await held.fleet.adopt(key)
        assert held.engine(key).owner == "adopted"
    async with fleet(tmp_path / "me", mine, read_only=True) as held:
        await held.until(key, "ready")
        assert held.engine(key).owner == "adopted"
        with pytest.raises(SessionError, match="read-only"):
            await held.fleet.stop(key)
    async with fleet(tmp_path / "me", mine) as held:
        await held.until(key, "ready")
        await held.fleet.stop(key)
        assert held.engine(key).status == "stopped"


async def test_an_image_is_pulled_with_progress_and_a_pull_is_cancelled(
    tmp_path: Path,
    registry: Registry,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Cancelled, nothing is left on the board; a refused pull is a failure with a next step."""
    async with fleet(tmp_path, owner) as held:
        spec = LaunchSpec(
            engine="ollama",
            name=unique_name("pulled"),
            image=f"{registry.host}/slow/engine:1",
            gpus=(),
        )
        key = await held.fleet.up(spec)
        await held.until(key, "pulling")
        await until(lambda: (held.engine(key).fraction or 0) > 0)
        assert "layers" in held.engine(key).words
        await held.fleet.cancel(key)
        assert key not in held.board_keys()
        missing = LaunchSpec(
            engine="ollama",
            name=unique_name("missing"),
            image=f"{registry.host}/absent/engine:1",
            gpus=(),
        )
        key = await held.fleet.up(missing)
        engine = await held.fleet.wait(key)
        assert engine.failure is not None
        assert engine.failure.kind == "image-unknown"


async def test_a_duel_of_two_containers(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str], owner: str
) -> None:
    """Both started from one session, fired at, and told apart by the verdict."""
    from burstview_engines.fleet.opening import open_fleet

    fleet = open_fleet(
        docker_host=SOCKET, environ={}, home=tmp_path, state=tmp_path / "state", owner=owner
    )
    session = LiveSession([FleetSource(fleet)], program="burstview test", engines=fleet)
    await session.open()
    await session.settled()
    try:
        keys = [
            await fleet.up(vllm(unique_name("vllm"), standin_images)),
            await fleet.up(ollama(unique_name("ollama"), standin_images)),
        ]
        for key in keys:
            assert (await fleet.wait(key)).status == "ready"
        await fleet.pull_model(keys[1], "qwen3:0.6b")
        await until(lambda: set(keys) <= set(_ready(session)))
        runs = await session.fire(keys, BurstPlan(concurrency=4, max_tokens=8, alone=1))
        said = [sentence(view) for n in runs if (view := session.snapshot().run(n))]
        assert "all together" in said[0]
        assert "one at a time" in said[1]
        usage = session.snapshot().engine(keys[0])
        assert usage is not None
        assert usage.usage is not None
        assert (usage.usage.memory_bytes or 0) > 1 << 20
    finally:
        await session.close()


def _ready(session: LiveSession) -> list[str]:
    return [v.backend.key for v in session.snapshot().backends if v.state == "ready"]


def _fields(spec: LaunchSpec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__struct_fields__}
