"""The lines that the READMEs of Ollama and vLLM tell people to type yield containers that are
shown, adopted and driven. They run whole: on a daemon of the tests' own, with stand-ins under the
real names and a stand-in for NVIDIA's runtime."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker import DockerClient

from burstview_engines.source import SessionError
from tests.docker.conftest import refuse
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.sessions import Held, session, with_option

SECRET = "hf_notARealTokenOnlyForTests00"
OLLAMA = (
    "docker run -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama"
)
VLLM = f"""\
docker run --runtime nvidia --gpus all \
    -v ~/.cache/huggingface:/root/.cache/huggingface \
    --env "HUGGING_FACE_HUB_TOKEN={SECRET}" \
    -p 8000:8000 \
    --ipc=host \
    --name vllm_container \
    vllm/vllm-openai:latest \
    --model Qwen/Qwen3-0.6B --max-model-len 4096 --max-num-seqs 128 --gpu-memory-utilization 0.7
"""
OWNER = "ann@readme"
WAYS_TO_MOUNT = ("Binds", "Mounts")
"""What is mounted in the end is compared instead."""


@contextmanager
def typed(daemon: PrivateDaemon, line: str, home: Path) -> Iterator[None]:
    """A line typed into a shell, which waits for its end."""
    environment = os.environ | {"DOCKER_HOST": daemon.url, "HOME": str(home)}
    shell = subprocess.Popen(
        ["/bin/sh", "-c", line],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield
    finally:
        shell.terminate()
        _, words = shell.communicate()
        if "docker: not found" in words:
            refuse("there is no docker command")
        assert shell.returncode in (0, -15), words


async def refuses_all_changes(held: Held, key: str) -> None:
    """Of a container that is not ours, each in one sentence with the next step."""
    fleet, spec = held.fleet, await held.fleet.spec_of(key)
    before = held.engine(key)
    for wish in (
        fleet.start(key),
        fleet.stop(key),
        fleet.kill(key),
        fleet.restart(key),
        fleet.remove(key, volumes=True),
        fleet.recreate(key, spec),
        fleet.pull_model(key, "qwen3:0.6b"),
        fleet.load_model(key, "qwen3:0.6b"),
        fleet.unload_model(key, "qwen3:0.6b"),
        fleet.delete_model(key, "qwen3:0.6b"),
    ):
        with pytest.raises(SessionError, match="is not burstview's; adopt it before"):
            await wish
    assert held.engine(key) == before


async def lives(held: Held, key: str) -> None:
    """Stopped, started, restarted: the same container."""
    container = held.engine(key).id
    await held.fleet.stop(key)
    assert held.engine(key).status == "stopped"
    await held.fleet.start(key)
    assert (await held.wait(key)).status == "ready"
    await held.fleet.restart(key)
    assert (await held.wait(key)).status == "ready"
    assert held.engine(key).id == container


async def test_ollamas_line_is_shown_adopted_and_driven(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """Up to its staircase becoming one wave, with its models kept."""
    url = private_daemon.url
    with typed(private_daemon, OLLAMA, tmp_path):
        async with session(tmp_path / "state", OWNER, docker_host=url) as held:
            key = "container:ollama"
            engine = await held.until(key, "ready")
            assert (engine.owner, engine.engine, engine.image) == (
                "foreign",
                "ollama",
                "ollama/ollama",
            )
            assert (engine.lan, engine.gpus, engine.options) == (True, ("all",), {})
            assert engine.url == "http://127.0.0.1:11434"
            await refuses_all_changes(held, key)

            await held.fleet.adopt(key)
            await lives(held, key)
            await held.fleet.pull_model(key, "qwen3:0.6b")
            assert "one at a time" in await said(held, key, "one at a time")

            before = inspect(private_client, "ollama")
            wider = with_option(await held.fleet.spec_of(key), "num-parallel", "4")
            assert (await held.fleet.changes(key, wider))[0] == "OLLAMA_NUM_PARALLEL unset → 4"
            await held.fleet.recreate(key, wider)
            engine = await held.wait(key)
            assert (engine.status, engine.owner) == ("ready", "adopted")
            assert engine.options == {"num-parallel": "4"}
            assert [m.name for m in await held.fleet.models(key)] == ["qwen3:0.6b"]
            assert "all together" in await said(held, key, "all together")
            assert kept(inspect(private_client, "ollama")) == kept(before)

        async with session(tmp_path / "state", OWNER, docker_host=url) as again:
            assert (await again.until(key, "ready")).owner == "adopted"
            assert await again.fleet.spec_of(key) == wider
            await again.fleet.remove(key)
    assert [volume.name for volume in private_client.volumes.list()] == ["ollama"]


async def test_vllms_line_is_shown_adopted_and_driven(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """And the token in its line is shown nowhere, but is kept."""
    url, record = private_daemon.url, tmp_path / "r.jsonl"
    with typed(private_daemon, VLLM, tmp_path):
        async with session(tmp_path / "state", OWNER, docker_host=url, record=record) as held:
            key = "container:vllm_container"
            engine = await held.until(key, "ready")
            assert (engine.owner, engine.engine) == ("foreign", "vllm")
            assert engine.image == "vllm/vllm-openai:latest"
            assert (engine.lan, engine.gpus, engine.model) == (True, ("all",), "Qwen/Qwen3-0.6B")
            assert engine.options == {
                "max-model-len": "4096",
                "max-num-seqs": "128",
                "gpu-memory-utilization": "0.7",
            }
            assert engine.url == "http://127.0.0.1:8000"
            await refuses_all_changes(held, key)
            assert "all together" in await said(held, key, "all together")

            await held.fleet.adopt(key)
            await lives(held, key)
            before = inspect(private_client, "vllm_container")
            fewer = with_option(await held.fleet.spec_of(key), "max-num-seqs", "1")
            changes = await held.fleet.changes(key, fewer)
            assert changes[0] == "--max-num-seqs 128 → 1"
            await held.fleet.recreate(key, fewer)
            assert (await held.wait(key)).status == "ready"
            assert held.engine(key).options["max-num-seqs"] == "1"
            assert "one at a time" in await said(held, key, "one at a time")
            after = inspect(private_client, "vllm_container")
            assert kept(after) == kept(before)
            assert f"HUGGING_FACE_HUB_TOKEN={SECRET}" in told(after, "Config", "Env")

            preview = await held.fleet.preview(fewer)
            shown = (changes, preview, fewer, held.session.snapshot())
            assert SECRET not in repr(shown)
            await held.fleet.remove(key)
    assert SECRET not in record.read_text()
    assert SECRET not in "".join(p.read_text() for p in (tmp_path / "state").glob("*.json"))
    assert (tmp_path / ".cache/huggingface").is_dir()


async def said(held: Held, key: str, shape: str) -> str:
    """What the verdict says; on a busy machine a burst may need to be fired again."""
    for _ in range(3):
        (words,) = await held.fire(key)
        if shape in words:
            break
    return words


def inspect(client: DockerClient, name: str) -> dict[str, object]:
    """As `docker inspect` tells."""
    return client.containers.get(name).attrs  # type: ignore[no-any-return]


def told(raw: dict[str, object], *path: str) -> object:
    """One value of it."""
    found: object = raw
    for name in path:
        assert isinstance(found, dict)
        found = found[name]
    return found


def kept(raw: dict[str, object]) -> str:
    """All that a change of one option must not touch."""
    host = told(raw, "HostConfig")
    assert isinstance(host, dict)
    own = {name: value for name, value in host.items() if value and name not in WAYS_TO_MOUNT}
    mounts = [
        (told(m, "Type"), told(m, "Source"), told(m, "Destination"), told(m, "RW"))
        for m in _list(told(raw, "Mounts"))
    ]
    env = [e for e in _list(told(raw, "Config", "Env")) if "NUM_PARALLEL" not in str(e)]
    image = told(raw, "Image")
    return json.dumps([own, sorted(map(str, mounts)), sorted(map(str, env)), image], indent=1)


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
