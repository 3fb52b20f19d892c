"""A daemon of the tests' own: stopped, started, and with the lines of the READMEs on it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from docker import DockerClient
from docker.models.containers import Container

from tests.docker import images
from tests.docker.conftest import refuse
from tests.docker.containers import ask, wait_ready, wait_until, words
from tests.docker.private_daemon import PrivateDaemon

OLLAMA = (
    "docker run -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama"
)
"""From Ollama's README."""
VLLM = """
docker run --runtime nvidia --gpus all -d --name vllm_container
    -v {home}/.cache/huggingface:/root/.cache/huggingface
    --env "HUGGING_FACE_HUB_TOKEN=<secret>"
    -p 8000:8000 --ipc=host
    vllm/vllm-openai:latest --model Qwen/Qwen3-0.6B
    --max-model-len 4096 --max-num-seqs 128 --gpu-memory-utilization 0.7
"""
"""From vLLM's documentation."""


@pytest.fixture
def client(private_daemon: PrivateDaemon) -> Iterator[DockerClient]:
    """Of the private daemon, with the stand-ins under the real names."""
    client = private_daemon.client()
    images.readme_images(client)
    yield client
    client.close()


def _listens(container: Container) -> bool:
    return "Listening on" in words(container)


def run_line(daemon: PrivateDaemon, line: str) -> None:
    """As a person types it."""
    if shutil.which("docker") is None:
        refuse("there is no docker command")
    done = daemon.run(*shlex.split(line))
    assert done.returncode == 0, done.stderr


def test_ollamas_own_line_runs(private_daemon: PrivateDaemon, client: DockerClient) -> None:
    run_line(private_daemon, OLLAMA)
    url = f"http://127.0.0.1:{private_daemon.relay(11434)}"
    wait_ready(url)
    assert ask(url).get("/").text == "Ollama is running"
    container = client.containers.get("ollama")
    assert container.status == "running"
    request = container.attrs["HostConfig"]["DeviceRequests"][0]
    assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])


def test_vllms_own_line_runs(
    private_daemon: PrivateDaemon, client: DockerClient, tmp_path: Path
) -> None:
    run_line(private_daemon, VLLM.format(home=tmp_path))
    url = f"http://127.0.0.1:{private_daemon.relay(8000)}"
    wait_ready(url, "/health")
    assert ask(url).get("/v1/models").json()["data"][0]["id"] == "Qwen/Qwen3-0.6B"
    assert client.containers.get("vllm_container").attrs["HostConfig"]["Runtime"] == "nvidia"


def test_it_comes_back_with_its_containers_but_not_their_lives(
    private_daemon: PrivateDaemon, client: DockerClient
) -> None:
    for name, policy in (("plain", "no"), ("eager", "unless-stopped")):
        run_line(private_daemon, f"docker run -d --name {name} --restart {policy} ollama/ollama")
    for name in ("plain", "eager"):
        container = client.containers.get(name)
        wait_until(partial(_listens, container), f"{name}'s first line")

    private_daemon.stop()
    assert not private_daemon.is_running
    private_daemon.start()

    again = private_daemon.client()
    states = {it.name: it.status for it in again.containers.list(all=True)}
    again.close()
    assert states == {"plain": "exited", "eager": "running"}


def test_it_keeps_layers_apart_instead_of_copying_them(client: DockerClient) -> None:
    assert client.info()["Driver"] in ("overlay2", "vfs", "fuse-overlayfs", "btrfs", "zfs")
    assert "nvidia" in client.info()["Runtimes"]
