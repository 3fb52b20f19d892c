"""Engines in Docker containers, told by a daemon's real list; and which daemon is meant."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.cli.servers import refusal
from tests.places.docker_daemon import CONTAINERS, config

from burstview_engines.places.docker.endpoint import DockerProblem, resolve
from burstview_engines.places.docker_containers import Listed, engines, unpublished

ROOT = Path(__file__).parents[2]
VLLM = refusal("200 OK", b'{"version": "0.33.0", "data": [{"id": "m"}]}')


def listed(**fields: object) -> Listed:
    """A container as the daemon lists it."""
    return msgspec.convert({"Names": ["/box"], **fields}, Listed)


def published(ip: str, private: int, public: int, kind: str = "tcp") -> dict[str, object]:
    """One published port."""
    return {"IP": ip, "PrivatePort": private, "PublicPort": public, "Type": kind}


def test_a_real_list() -> None:
    """Published on all addresses means on loopback, once; on the host's network its own port."""
    found = engines(msgspec.json.decode(CONTAINERS, type=list[Listed]))
    assert {container.name: container.urls for container in found} == {
        "hosted": ("http://127.0.0.1:8000",),
        "lonely": (),
        "code": ("http://127.0.0.1:18434",),
        "chat": ("http://127.0.0.1:11434",),
    }
    assert [container.name for container in found if container.is_mute] == ["lonely"]


@pytest.mark.parametrize(
    "image",
    [
        "ollama/ollama",
        "ollama/ollama:0.12.1",
        "docker.io/ollama/ollama@sha256:0123",
        "registry.local:5000/mirror/vllm/vllm-openai:v0.11.0",
        "ghcr.io/ggml-org/llama.cpp:server-cuda",
        "lmsysorg/sglang:latest",
    ],
)
def test_engines_by_image(image: str) -> None:
    """Known images are engines whatever the registry, tag or command."""
    assert engines([listed(Image=image)])[0].is_mute


@pytest.mark.parametrize(
    ("command", "is_engine"),
    [
        ("python3 -m vllm.entrypoints.openai.api_server --model m", True),
        ("/bin/ollama serve", True),
        ("/app/llama-server -m /m.gguf", True),
        ("python3 -m sglang.launch_server --model-path m", True),
        ("nginx -g 'daemon off;'", False),
        (None, False),
    ],
)
def test_engines_by_command(command: str | None, is_engine: bool) -> None:
    """An image of one's own is told by its command; anything else is left alone."""
    names = [c.name for c in engines([listed(Image="sha256:01ab", Command=command, Ports=None)])]
    assert names == (["box"] if is_engine else [])


def test_ports() -> None:
    """The engine's own port before others; of unknown images only ports that engines use."""
    vllm = [published("", 9000, 7001), published("10.0.0.7", 8000, 7002)]
    assert engines([listed(Image="vllm/vllm-openai", Ports=vllm)])[0].urls == (
        "http://10.0.0.7:7002",
    )
    assert engines([listed(Image="vllm/vllm-openai", Ports=vllm[:1])])[0].urls == (
        "http://127.0.0.1:7001",
    )
    own = [
        published("::1", 11434, 5001),
        published("::", 5432, 5432),
        published("", 8000, 1, "udp"),
    ]
    assert engines([listed(Image="mine", Ports=own)])[0].urls == ("http://[::1]:5001",)
    assert engines([listed(Image="mine", Ports=own[1:])]) == ()


def test_port_on_the_hosts_network() -> None:
    """There the command's --port tells."""
    host = {"NetworkMode": "host"}
    found = engines([listed(Command="vllm serve m --port 9100", HostConfig=host)])
    assert found[0].urls == ("http://127.0.0.1:9100",)


def test_sentence_on_unpublished_ports() -> None:
    """One sentence with the next step for each container."""
    one, two = engines(
        [listed(Image="ollama/ollama"), listed(Image="vllm/vllm-openai", Names=["/v"])]
    )
    assert unpublished([one]) == (
        "The container box publishes no port; start it with -p 127.0.0.1:11434:11434."
    )
    assert unpublished([one, two]) == (
        "The containers box and v publish no port; start box with -p 127.0.0.1:11434:11434,"
        " v with -p 127.0.0.1:8000:8000."
    )


def test_resolve(tmp_path: Path) -> None:
    """DOCKER_HOST, then DOCKER_CONTEXT, then the config file's context, then the usual socket."""
    usual = "unix:///var/run/docker.sock"
    assert resolve({}, tmp_path).url == usual
    contexts = {"desk": "unix:///desk.sock", "other": "unix:///other.sock"}
    config(tmp_path / ".docker", "desk", contexts)
    assert resolve({}, tmp_path).url == "unix:///desk.sock"
    assert resolve({"DOCKER_CONTEXT": "other"}, tmp_path).url == "unix:///other.sock"
    assert resolve({"DOCKER_CONTEXT": "default"}, tmp_path).url == usual
    assert (
        resolve({"DOCKER_HOST": "unix:///h", "DOCKER_CONTEXT": "other"}, tmp_path).url
        == "unix:///h"
    )
    with pytest.raises(DockerProblem, match="'gone' is not there"):
        resolve({"DOCKER_CONTEXT": "gone"}, tmp_path)
    (tmp_path / ".docker" / "config.json").write_text("{")
    assert resolve({}, tmp_path).url == usual
