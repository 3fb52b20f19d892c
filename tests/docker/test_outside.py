"""What other people and programs do to engines' containers is shown as it happens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from docker import DockerClient

from burstview_engines.source import SessionError
from tests.docker.containers import SAFE
from tests.docker.images import StandinImages
from tests.docker.sessions import QUICK, Held, ollama, session, vllm, with_option
from tests.fleet.fleets import until

Names = Callable[[str], str]
MODEL = ["--model", "Qwen/Qwen3-0.6B"]


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


async def test_paused_renamed_restarted_and_without_its_image(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """It stays the same engine."""
    name, other = unique_name("one"), unique_name("another")
    image = docker_client.images.get(standin_images.ollama)
    assert image.tag("burstview/test-passing", tag=other)
    spec = msgspec.structs.replace(
        ollama(name, standin_images), image=f"burstview/test-passing:{other}"
    )
    async with session(tmp_path, owner) as held:
        key = await held.fleet.up(spec)
        await held.wait(key)
        container = docker_client.containers.get(name)
        container.pause()
        await held.until(key, "paused")
        container.unpause()
        await held.until(key, "ready")
        first = held.engine(key).started_at
        container.restart(timeout=5)
        await until(lambda: held.engine(key).started_at != first)
        assert (await held.until(key, "ready")).failure is None

        view = await held.fleet.log(key)
        container.rename(other)
        renamed = f"container:{other}"
        engine = await held.until(renamed, "ready")
        assert (engine.name, engine.owner, engine.id) == (other, "ours", container.id)
        await held.until_gone(key)
        seen = view.last_number
        await held.fleet.pull_model(renamed, "qwen3:0.6b")
        await until(lambda: view.last_number > seen)

        docker_client.images.remove(f"burstview/test-passing:{other}", force=True)
        await held.fleet.restart(renamed)
        assert (await held.wait(renamed)).status == "ready"
        wider = with_option(await held.fleet.spec_of(renamed), "num-parallel", "2")
        await held.fleet.recreate(renamed, wider)
        engine = await held.wait(renamed)
        assert (engine.status, engine.options) == ("ready", {"num-parallel": "2"})
        await held.until_fireable(renamed)
        assert key not in [view.backend.key for view in held.session.snapshot().backends]
        await held.fleet.remove(renamed)


async def test_health_checks_are_no_news(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """Nine of ten events of a daemon are theirs."""
    name, record = unique_name("checked"), tmp_path / "r.jsonl"
    docker_client.containers.run(
        standin_images.ollama,
        name=name,
        environment=QUICK,
        ports={"11434/tcp": ("127.0.0.1", None)},
        healthcheck={"test": ["CMD", "python3", "-c", ""], "interval": 200_000_000},
        **SAFE,
    )
    async with session(tmp_path, owner, record=record) as held:
        key = f"container:{name}"
        await held.until(key, "ready")
        await until(lambda: checks(docker_client, name) != [])
        last, told = checks(docker_client, name)[-1], changes(record, key)
        await until(lambda: last not in checks(docker_client, name))
        assert changes(record, key) - told <= 2


async def test_killed_by_the_memory_limit_it_says_so(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """Which is the machine's memory, not the GPU's."""
    name = unique_name("hungry")
    docker_client.containers.run(
        standin_images.ollama,
        name=name,
        environment=QUICK | {"BURSTVIEW_STANDIN_ALLOCATE_MB": "2000"},
        mem_limit="200m",
        memswap_limit="200m",
        **SAFE,
    )
    async with session(tmp_path, owner) as held:
        engine = await held.until(f"container:{name}", "failed")
        assert engine.failure is not None
        assert (engine.failure.kind, engine.exit_code) == ("host-out-of-memory", 137)
        assert engine.oom_killed


async def test_a_crash_loop_is_shown_with_its_reason(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """And with how often Docker has started it again."""
    name = unique_name("looping")
    docker_client.containers.run(
        standin_images.vllm,
        MODEL,
        name=name,
        environment=QUICK | {"BURSTVIEW_STANDIN_FAIL": "cuda-out-of-memory"},
        restart_policy={"Name": "always"},
        **SAFE,
    )
    async with session(tmp_path, owner) as held:
        key = f"container:{name}"
        await until(lambda: held.has(key) and held.engine(key).restarts >= 2)
        engine = await held.until(key, "failed")
        assert engine.failure is not None
        assert engine.failure.kind == "cuda-out-of-memory"
        assert engine.restarts >= 2


async def test_a_container_that_is_removed_while_it_starts_is_gone(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """Whoever waits for it is told in one sentence."""
    name = unique_name("vllm")
    async with session(tmp_path, owner) as held:
        spec = vllm(name, standin_images, BURSTVIEW_STANDIN_START_SECONDS="60")
        key = await held.fleet.up(spec)
        await until(lambda: held.engine(key).phase not in ("checking", "creating"))
        waiting = asyncio.ensure_future(held.wait(key))
        docker_client.containers.get(name).remove(force=True)
        await held.until_gone(key)
        with pytest.raises(SessionError, match=name):
            await waiting
        assert not [v for v in held.session.snapshot().backends if v.backend.key == key]


async def test_a_start_that_is_cancelled_leaves_no_container(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """At whatever moment; but one that was ready before is stopped only, never removed."""
    name = unique_name("vllm")
    spec = vllm(name, standin_images, BURSTVIEW_STANDIN_START_SECONDS="60")
    async with session(tmp_path, owner) as held:
        for phases in (("checking", "creating"), ("booting", "loading weights")):
            key = await held.fleet.up(spec)
            await until_phase(held, key, phases)
            begun = time.monotonic()
            await held.fleet.cancel(key)
            assert time.monotonic() - begun < 5
            assert not held.has(key)
            await until(lambda: not exists(docker_client, name))
        quick = await held.fleet.up(vllm(name, standin_images))
        await held.wait(quick)
        await asyncio.to_thread(docker_client.containers.get(name).restart, timeout=5)
        await held.fleet.cancel(quick)
        assert exists(docker_client, name)


async def until_phase(held: Held, key: str, phases: tuple[str, ...]) -> None:
    """Once the start is so far."""
    await until(lambda: held.engine(key).phase in phases)


def exists(client: DockerClient, name: str) -> bool:
    """Running or not."""
    return bool(client.api.containers(all=True, filters={"name": f"^/{name}$"}))


def checks(client: DockerClient, name: str) -> list[str]:
    """When each of the last health checks ended."""
    told = client.containers.get(name).attrs["State"]["Health"]["Log"]
    return [check["End"] for check in told or ()]


def changes(record: Path, key: str) -> int:
    """How often the engine was told anew."""
    events = [json.loads(line) for line in record.read_text().splitlines()]
    return sum(e["type"] == "managed" and e["engine"]["key"] == key for e in events)
