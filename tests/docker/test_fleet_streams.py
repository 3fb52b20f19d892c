"""Logs and figures of engines as the session has them, against what Docker itself tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from docker import DockerClient
from docker.models.containers import Container

from burstview_engines.control import LogView
from burstview_engines.core.managed import Usage
from burstview_engines.places.docker import log_state
from burstview_engines.places.docker.log_lines import readable
from tests.docker import own
from tests.docker.images import StandinImages
from tests.docker.sessions import ollama, session, with_option
from tests.fleet.fleets import until


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


async def test_a_log_is_followed_through_everything_that_is_done_to_its_engine(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Bursts, restarts by us and by others, a kill: no line is lost, and none comes twice. Of the
    container that takes its place the log goes on as well."""
    name = unique_name("ollama")
    async with session(tmp_path, owner) as held:
        key = await held.fleet.up(ollama(name, standin_images))
        await held.wait(key)
        view = await held.fleet.log(key)
        container = docker_client.containers.get(name)
        await held.fleet.pull_model(key, "qwen3:0.6b")
        for disturb in (
            lambda: held.fleet.restart(key),
            lambda: asyncio.to_thread(container.restart, timeout=5),
            lambda: asyncio.to_thread(container.kill),
        ):
            await held.fire(key)
            await disturb()
            if (await held.until(key, "ready", "failed")).status == "failed":
                await held.fleet.start(key)
            await held.wait(key)
        await held.fire(key)
        whole = kept(container)
        assert len(whole) > 100
        await until(lambda: len(texts(view)) >= len(whole))
        assert texts(view)[: len(whole)] == whole

        wider = with_option(await held.fleet.spec_of(key), "num-parallel", "2")
        await held.fleet.recreate(key, wider)
        await held.wait(key)
        fresh = kept(docker_client.containers.get(name))
        await until(lambda: of_the_last(view)[: len(fresh)] == fresh)
        await held.fleet.remove(key)


def of_the_last(view: LogView) -> list[str]:
    """What the last container has said so far; it goes on, as it is asked now and then."""
    lines = view.since(0)
    begin = max((at for at, one in enumerate(lines) if one.text == log_state.RECREATED), default=-1)
    return [line.text for line in lines[begin + 1 :] if not line.is_remark] if begin >= 0 else []


async def test_figures_are_those_of_docker_stats(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str], owner: str
) -> None:
    """Within the rounding that `docker stats` prints, and what changes between two looks."""
    name = unique_name("ollama")
    spec = ollama(name, standin_images, BURSTVIEW_STANDIN_ALLOCATE_MB="200")
    async with session(tmp_path, owner) as held:
        key = await held.fleet.up(spec)
        await held.wait(key)
        await held.fleet.pull_model(key, "qwen3:0.6b")
        await held.fire(key)
        await until(lambda: (used(held.usage(key)).memory_bytes or 0) > 200_000_000)
        told = await asyncio.to_thread(
            own.docker,
            *("stats", "--no-stream", "--format", "{{.MemUsage}}|{{.PIDs}}|{{.NetIO}}", name),
        )
        memory, pids, network = told.split("|")
        seen = used(held.usage(key))
        assert seen.memory_bytes == pytest.approx(size(memory.split(" / ")[0]), rel=0.05)
        assert seen.memory_limit_bytes == pytest.approx(size(memory.split(" / ")[1]), rel=0.01)
        assert seen.pids == pytest.approx(int(pids), abs=3)
        received, sent = (size(part) for part in network.split(" / "))
        assert seen.network_in_bytes == pytest.approx(received, rel=0.2)
        assert seen.network_out_bytes == pytest.approx(sent, rel=0.2)
        await held.fleet.stop(key)
        await until(lambda: held.usage(key) is None)
        await held.fleet.remove(key)


def used(usage: Usage | None) -> Usage:
    """An empty one before the first look."""
    return usage or Usage()


def kept(container: Container) -> list[str]:
    """All lines that the daemon has of it, made harmless as those on the screen."""
    lines = container.logs(timestamps=True).split(b"\n")[:-1]
    return [readable(line)[1] for line in lines]


def texts(view: LogView) -> list[str]:
    """The engine's own lines."""
    return [line.text for line in view.since(0) if not line.is_remark]


def size(text: str) -> float:
    """Bytes of `12.3MiB` or `4.5kB`."""
    units = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text.removesuffix("B"))
