"""A change that is cancelled: what was there before stays, and what was begun goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from docker import DockerClient

from burstview_engines.launch.spec import LaunchSpec
from tests.docker.images import StandinImages
from tests.docker.registry import Registry
from tests.fleet.fleets import Opened, opened, until

SOCKET = "unix:///var/run/docker.sock"


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


@pytest.fixture
async def held(tmp_path: Path, owner: str) -> AsyncIterator[Opened]:
    """A fleet of an owner of its own."""
    async with opened(tmp_path, {}, docker_host=SOCKET, owner=owner) as fleet:
        yield fleet


@pytest.fixture
def spec(unique_name: Callable[[str], str], standin_images: StandinImages) -> LaunchSpec:
    """An Ollama that is quickly ready."""
    quick = {"BURSTVIEW_STANDIN_START_SECONDS": "0.2"}
    name = unique_name("ollama")
    return LaunchSpec(
        engine="ollama", name=name, image=standin_images.ollama, environment=quick, gpus=()
    )


async def test_a_cancelled_replacement_leaves_the_engine_as_it_was(
    held: Opened, spec: LaunchSpec, registry: Registry
) -> None:
    """The same container, ready again without having been touched."""
    key = await held.fleet.up(spec)
    before = await held.fleet.wait(key)
    stalled = msgspec.structs.replace(spec, image=f"{registry.host}/stall/engine:1")
    await held.fleet.recreate(key, stalled)
    await held.until(key, "pulling")
    await held.fleet.cancel(key)
    after = await held.until(key, "ready")
    assert after.id == before.id
    await held.fleet.remove(key)


async def test_a_start_that_is_cancelled_while_it_is_made_is_unmade(
    held: Opened, spec: LaunchSpec, docker_client: DockerClient
) -> None:
    """The daemon may have made the container already when nobody wants it any more."""
    key = await held.fleet.up(spec)
    await until(lambda: held.engine(key).phase == "creating")
    await held.fleet.cancel(key)
    assert key not in held.board_keys()
    assert not docker_client.containers.list(all=True, filters={"name": spec.name})


async def test_somebody_elses_container_of_the_same_name_is_not_unmade(
    held: Opened, spec: LaunchSpec, tmp_path: Path, owner: str, docker_client: DockerClient
) -> None:
    """Two sessions of one user: the slower one fails, and undoing its start touches nothing."""
    async with opened(tmp_path / "two", {}, docker_host=SOCKET, owner=owner) as other:
        keys = [await held.fleet.up(spec), await other.fleet.up(spec)]
        engines = [await held.fleet.launched(keys[0]), await other.fleet.launched(keys[1])]
        failed = [engine for engine in engines if engine.failure is not None]
        assert [engine.failure.kind for engine in failed if engine.failure] == ["name-taken"]
        slower = held if engines[0].failure is not None else other
        await slower.fleet.cancel(keys[0])
        container = docker_client.containers.get(str(spec.name))
        assert container.status in ("created", "running")
        faster = other if slower is held else held
        assert (await faster.fleet.wait(keys[0])).status == "ready"
        await faster.fleet.remove(keys[0])
