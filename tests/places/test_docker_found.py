"""Engines in Docker containers, on a daemon's real answers and on a daemon that misbehaves."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.cli.servers import Server as Listening
from tests.cli.servers import refusal, serving
from tests.places.docker_daemon import CONTAINERS, answer, config, containers, daemon

from burstview_engines.live import LiveSession
from burstview_engines.places.docker_containers import Listed, engines, unpublished
from burstview_engines.places.docker_endpoint import DockerProblem, endpoint
from burstview_engines.places.docker_found import DockerLook, DockerWatch, look
from burstview_engines.places.found import FoundSource

ROOT = Path(__file__).parents[2]
VLLM = refusal("200 OK", b'{"version": "0.33.0", "data": [{"id": "m"}]}')


def listed(**fields: object) -> Listed:
    """A container as the daemon lists it."""
    return msgspec.convert({"Names": ["/box"], **fields}, Listed)


def published(ip: str, private: int, public: int, kind: str = "tcp") -> dict[str, object]:
    """One published port."""
    return {"IP": ip, "PrivatePort": private, "PublicPort": public, "Type": kind}


AS_NOBODY = """
import os, sys
from pathlib import Path
import burstview_engines.places.docker_endpoint
from burstview_engines.places.docker_found import look

if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
seen = look({"DOCKER_HOST": sys.argv[1]}, Path())
print(seen.is_told, seen.problem)
"""

HANGING = """
import asyncio, sys
from pathlib import Path
from burstview_engines.places.docker_found import DockerWatch

async def main():
    watch = DockerWatch({"DOCKER_HOST": sys.argv[1]}, Path(), limit=60)
    watch.start()
    await watch.first(0.3)
    watch.stop()

asyncio.run(main())
"""


async def python(code: str, argument: str) -> tuple[int | None, bytes, bytes]:
    """Status, stdout and stderr of that code in a process of its own."""
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, argument),
        env={**os.environ, "PYTHONPATH": str(ROOT / "engines")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await ran.communicate()
    return ran.returncode, said, complained


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


def test_endpoint(tmp_path: Path) -> None:
    """DOCKER_HOST, then DOCKER_CONTEXT, then the config file's context, then the usual socket."""
    usual = "unix:///var/run/docker.sock"
    assert endpoint({}, tmp_path) == usual
    contexts = {"desk": "unix:///desk.sock", "other": "unix:///other.sock"}
    config(tmp_path / ".docker", "desk", contexts)
    assert endpoint({}, tmp_path) == "unix:///desk.sock"
    assert endpoint({"DOCKER_CONTEXT": "other"}, tmp_path) == "unix:///other.sock"
    assert endpoint({"DOCKER_CONTEXT": "default"}, tmp_path) == usual
    assert (
        endpoint({"DOCKER_HOST": "unix:///h", "DOCKER_CONTEXT": "other"}, tmp_path) == "unix:///h"
    )
    with pytest.raises(DockerProblem, match="'gone' is not there"):
        endpoint({"DOCKER_CONTEXT": "gone"}, tmp_path)
    (tmp_path / ".docker" / "config.json").write_text("{")
    assert endpoint({}, tmp_path) == usual


async def test_a_look(tmp_path: Path) -> None:
    """Version, endpoint and containers of a daemon that answers."""
    async with daemon(tmp_path) as environ:
        seen = await asyncio.to_thread(look, environ, tmp_path)
    assert (seen.version, seen.endpoint) == ("20.10.24+dfsg1", environ["DOCKER_HOST"])
    assert (seen.problem, len(seen.containers)) == (None, 4)


@pytest.mark.parametrize(
    ("says", "listing"),
    [
        (b"\x00\xff garbage \r\n\r\n", b"[]"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"[]"),
        (b"", b"[]"),
        (answer(b"[]"), b"[]"),
        (answer(b'{"ApiVersion": "x", "Version": 1}'), b"[]"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", b"[]"),
        (None, b"{}"),
        (None, b'[{"Ports": 7}]'),
        (None, b"<html>"),
    ],
)
async def test_garbage(tmp_path: Path, says: bytes | None, listing: bytes) -> None:
    """Whatever comes from the socket, one sentence with the next step comes out."""
    async with daemon(tmp_path, listing, says=says) as environ:
        seen = await asyncio.to_thread(look, environ, tmp_path)
    assert seen.problem is not None
    assert "gives no usable answer" in seen.problem
    assert (seen.is_told, seen.version, seen.containers) == (True, None, ())


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("unix://{here}/none.sock", "No Docker daemon listens"),
        ("ssh://gpu-box", "another machine"),
        ("tcp://10.0.0.7:2375", "another machine"),
    ],
)
def test_no_daemon_here(tmp_path: Path, host: str, words: str) -> None:
    """No daemon, or one elsewhere, is known but is no reason for a notice."""
    seen = look({"DOCKER_HOST": host.format(here=tmp_path)}, tmp_path)
    assert words in (seen.problem or "")
    assert not seen.is_told


async def test_permission_denied(tmp_path: Path) -> None:
    """A socket that this user may not use is told with the next step."""
    async with daemon(tmp_path) as environ:
        (tmp_path / "d.sock").chmod(0)
        status, said, _ = await python(AS_NOBODY, environ["DOCKER_HOST"])
    assert status == 0
    assert b"True This user may not ask Docker" in said


async def test_found_in_containers(tmp_path: Path) -> None:
    """A port found both ways is one backend; several of one engine bear their containers' names."""
    async with (
        serving(Listening(everything=VLLM)) as one,
        serving(Listening(everything=VLLM)) as two,
    ):
        ports = [int(server.url.rpartition(":")[2]) for server in (one, two)]
        both = containers(chat=ports[0], code=ports[1])
        async with daemon(tmp_path, both) as environ:
            source = FoundSource(None, (ports[0],), docker=DockerWatch(environ, tmp_path))
            session = LiveSession([source], program="burstview test")
            await session.open()
            await session.settled()
            await source.refresh()
            snapshot = session.snapshot()
            await session.close()
    seen = {view.backend.url: view.backend for view in snapshot.backends}
    assert {url: backend.place for url, backend in seen.items()} == {
        one.url: "container",
        two.url: "container",
    }
    label = seen[one.url].name.partition(" (")[0]
    assert seen[one.url].name == f"{label} (chat)"
    assert seen[two.url].name == f"{label} (code)"
    assert snapshot.docker is not None
    assert snapshot.docker.version == "20.10.24+dfsg1"
    assert snapshot.notices == ()


async def test_one_container_keeps_its_engines_name(tmp_path: Path) -> None:
    """One of an engine needs no name; a container without a published port is told once."""
    async with serving(Listening(everything=VLLM)) as server:
        port = int(server.url.rpartition(":")[2])
        body = msgspec.json.decode(containers(chat=port))
        mute = [c for c in msgspec.json.decode(CONTAINERS) if c["Names"] == ["/lonely"]]
        async with daemon(tmp_path, msgspec.json.encode(body + mute)) as environ:
            source = FoundSource(None, (port,), docker=DockerWatch(environ, tmp_path))
            session = LiveSession([source], program="burstview test")
            await session.open()
            await session.settled()
            await source.refresh()
            snapshot = session.snapshot()
            await session.close()
    assert [(v.backend.name, v.backend.place) for v in snapshot.backends] == [
        ("Ollama", "container")
    ]
    assert len(snapshot.notices) == 1
    assert "lonely publishes no port" in snapshot.notices[0]


async def test_a_daemon_that_hangs(tmp_path: Path) -> None:
    """Neither start nor end wait for it, and a look at it ends in a sentence."""
    async with serving(Listening()) as closed:
        port = int(closed.url.rpartition(":")[2])
    async with daemon(tmp_path, hangs=True) as environ:
        watch = DockerWatch(environ, tmp_path, limit=60)
        session = LiveSession([FoundSource(None, (port,), docker=watch)], program="burstview test")
        await session.open()
        await session.settled()
        assert watch.latest == DockerLook()
        began = time.monotonic()
        await session.close()
        assert time.monotonic() - began < 0.6
        seen = await asyncio.to_thread(look, environ, tmp_path, 1)
    assert "gives no usable answer" in (seen.problem or "")


async def test_exit_while_a_daemon_hangs(tmp_path: Path) -> None:
    """The program ends at once and in silence although its thread still waits."""
    async with daemon(tmp_path, hangs=True) as environ:
        async with asyncio.timeout(30):
            assert await python(HANGING, environ["DOCKER_HOST"]) == (0, b"", b"")


def test_a_real_daemon() -> None:
    """A real Docker Engine lists its containers; REQUIRE_DOCKER=1 makes one obligatory."""
    seen = look(os.environ, Path.home())
    if seen.version is None and os.environ.get("REQUIRE_DOCKER") != "1":
        pytest.skip(seen.problem or "no Docker")
    assert seen.problem is None
    assert seen.version
    assert all(container.name for container in seen.containers)
