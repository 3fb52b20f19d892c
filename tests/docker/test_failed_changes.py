"""A change that cannot be made is told in one sentence, and everything is as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from docker import DockerClient

from burstview_engines.source import SessionError
from tests.docker import own
from tests.docker.images import StandinImages
from tests.docker.sessions import ollama, session, vllm, with_option
from tests.fleet.fleets import until

Names = Callable[[str], str]


@pytest.fixture
def owner(unique_name: Names) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


async def test_an_engine_that_cannot_be_replaced_goes_on(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """Found before it was stopped, or only when Docker refused: the reason is a notice."""
    name = unique_name("ollama")
    async with session(tmp_path, owner) as held:
        key = await held.fleet.up(ollama(name, standin_images))
        first = await held.wait(key)
        spec = await held.fleet.spec_of(key)
        with own.listening() as port:
            taken = msgspec.structs.replace(spec, port=port)
            await held.fleet.recreate(key, with_option(taken, "num-parallel", "4"))
            await until(lambda: any(f"Port {port}" in said for said in held.notices()))
        engine = await held.until(key, "ready")
        assert (engine.id, engine.options, engine.failure) == (first.id, {}, None)

        refused = msgspec.structs.replace(spec, gpus=("7",))
        await held.fleet.recreate(key, refused)
        await until(lambda: "GPU" in held.notices()[-1])
        assert held.notices()[-1].startswith(f"{name} was not replaced: ")
        engine = await held.until(key, "ready")
        assert (engine.id, engine.gpus) == (first.id, first.gpus)

        await held.fleet.stop(key)
        await held.fleet.recreate(key, refused)
        await until(lambda: len(held.notices()) > 2)
        assert (await held.until(key, "stopped")).failure is None
        assert not docker_client.containers.list(all=True, filters={"name": f"{name}-old"})
        await held.fleet.remove(key)


async def test_a_stopped_engine_whose_port_was_taken_meanwhile(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
) -> None:
    """It stays, with the reason; when the port is free again it starts."""
    first, second = unique_name("first"), unique_name("second")
    async with session(tmp_path, owner) as held:
        key = await held.fleet.up(ollama(first, standin_images))
        url = (await held.wait(key)).url or ""
        await held.fleet.stop(key)
        port = int(url.rpartition(":")[2])
        other = docker_client.containers.run(
            standin_images.ollama,
            name=second,
            ports={"11434/tcp": ("127.0.0.1", port)},
            detach=True,
        )
        with pytest.raises(SessionError, match="port"):
            await held.fleet.start(key)
        engine = held.engine(key)
        assert engine.failure is not None
        assert (engine.status, engine.failure.kind) == ("failed", "port-taken-by-container")
        other.remove(force=True)
        await held.fleet.start(key)
        assert (await held.wait(key)).status == "ready"
        await held.fleet.remove(key)


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({"gpus": ("0",)}, "gpu-runtime-missing"),
        ({"weights": "/no/such/folder"}, "mount-missing"),
        ({"token_file": "/no/such/token"}, "mount-missing"),
    ],
)
async def test_a_start_that_docker_refuses_leaves_nothing(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Names,
    owner: str,
    wish: dict[str, object],
    kind: str,
) -> None:
    """But its reason and the next step."""
    name = unique_name("vllm")
    async with session(tmp_path, owner) as held:
        spec = msgspec.structs.replace(vllm(name, standin_images), **wish)
        key = await held.fleet.up(spec)
        engine = await held.wait(key)
        assert engine.failure is not None
        assert (engine.status, engine.failure.kind) == ("failed", kind)
        assert engine.failure.step
        await until(lambda: not docker_client.containers.list(all=True, filters={"name": name}))
        assert held.engine(key).failure == engine.failure
        await held.fleet.remove(key)
        assert not held.has(key)
