"""Commands about engines on a real Docker Engine, as a person and as a script use them."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import msgspec
import pytest
from docker import DockerClient

from burstview_engines.fleet.opening import open_fleet
from burstview_engines.stream import EventStream
from tests.cli.engine_report_check import LINE, check_report
from tests.cli.engine_runs import invoke, report, said, spawned
from tests.cli.report_check import fields
from tests.cli.servers import finished
from tests.docker.images import StandinImages
from tests.docker.registry import Registry
from tests.fleet.fleets import LIMIT, free_port

HERE = ("--docker-host", "unix:///var/run/docker.sock")
QUICK = ("-e", "BURSTVIEW_STANDIN_START_SECONDS=0.2")


@pytest.fixture(autouse=True)
def stage(tmp_path: Path, unique_name: Callable[[str], str]) -> Iterator[Path]:
    """State of its own, and containers and volumes of an owner of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"):
            patch.delenv(name, raising=False)
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path))
        patch.setenv("LOGNAME", unique_name("me"))
        yield tmp_path


@pytest.fixture
def ollama(unique_name: Callable[[str], str], standin_images: StandinImages) -> tuple[str, ...]:
    """`up` of an Ollama; its name is the third word from the end."""
    return _wish("ollama", standin_images.ollama, unique_name("ollama"))


@pytest.fixture
def vllm(unique_name: Callable[[str], str], standin_images: StandinImages) -> tuple[str, ...]:
    """`up` of a vLLM."""
    model = ("--model", "Qwen/Qwen3-0.6B")
    return (*_wish("vllm", standin_images.vllm, unique_name("vllm")), *model)


def _wish(engine: str, image: str, name: str) -> tuple[str, ...]:
    told = ("--image", image, "--gpus", "none", "--port", str(free_port()))
    return ("up", engine, *HERE, *QUICK, "--name", name, *told)


def name_in(wish: tuple[str, ...]) -> str:
    """The name that was asked for."""
    return wish[wish.index("--name") + 1]


def listed(name: str) -> dict[str, Any] | None:
    """What `ps` says of it."""
    _, told = report("ps", *HERE)
    return next((engine for engine in told["engines"] if engine["name"] == name), None)


def test_up_ps_logs_down(ollama: tuple[str, ...], docker_client: DockerClient) -> None:
    """The whole life: started, listed with what it uses, read, stopped, removed with its volume."""
    name = name_in(ollama)
    status, told = report(*ollama, "-o", "num-parallel=4")
    assert (status, told["ready"], told["failure"]) == (0, True, None), told["error"]
    assert [phase["phase"] for phase in told["phases"]][:2] == ["checking", "creating"]
    assert told["command"].startswith(f"docker run -d --name {name} ")
    assert told["where"] == "unix:///var/run/docker.sock (--docker-host)"
    assert {finding["name"] for finding in told["findings"]} >= {"daemon", "image", "port", "disk"}
    engine = listed(name)
    assert engine is not None
    assert (engine["status"], engine["owner"], engine["simulated"]) == ("ready", "ours", True)
    assert engine["options"] == {"num-parallel": "4"}
    assert engine["usage"]["memory_bytes"] > 1 << 20
    assert engine["id"] == docker_client.containers.get(name).id
    table = invoke("ps", *HERE).out
    assert "ready (SIMULATED)" in table
    status, told = report("logs", engine["id"][:12], "--tail", "3", *HERE)
    assert (status, told["engine"], len(told["lines"])) == (0, name, 3)
    assert all(line["stamp"] for line in told["lines"])
    ended = invoke("down", name, "--keep", *HERE)
    assert (ended.status, ended.err) == (0, f"stopping {name}\nstopped {name}\n")
    assert docker_client.containers.get(name).status == "exited"
    status, told = report("down", name, "--volumes", "--yes", *HERE)
    assert (status, told["stopped"], told["removed"]) == (0, [], [name])
    (volume,) = told["volumes"]
    assert not any(held.name == volume for held in docker_client.volumes.list())
    assert listed(name) is None


def test_two_that_share_a_volume_leave_it_to_the_last(
    unique_name: Callable[[str], str], standin_images: StandinImages, docker_client: DockerClient
) -> None:
    """One alone may not take it; both together may."""
    names = [unique_name("one"), unique_name("two")]
    for name in names:
        assert report(*_wish("ollama", standin_images.ollama, name))[0] == 0
    status, told = report("down", names[0], "--volumes", "--yes", *HERE)
    assert (status, told["removed"], told["volumes"]) == (1, [], [])
    assert f"is also used by {names[1]}" in told["error"]
    status, told = report("down", *names, "--volumes", "--yes", *HERE)
    assert (status, told["removed"], len(told["volumes"])) == (0, names, 1)


@pytest.mark.parametrize("kind", ["kv-cache-too-small", "gated-model"])
def test_a_failed_start(vllm: tuple[str, ...], docker_client: DockerClient, kind: str) -> None:
    """Status 1, why and what to do; the container is kept with its log, until it is taken down."""
    name = name_in(vllm)
    status, told = report(*vllm, "-e", f"BURSTVIEW_STANDIN_FAIL={kind}")
    assert (status, told["engine"]["status"], told["engine"]["exit_code"]) == (1, "failed", 1)
    assert told["failure"]["kind"] == kind
    assert f"`burstview down {name}` removes it" in told["error"]
    assert docker_client.containers.get(name).status == "exited"
    assert invoke("down", name, *HERE).status == 0
    with pytest.raises(docker.errors.NotFound):
        docker_client.containers.get(name)


def test_what_is_taken_is_told_before_anything_is_made(
    ollama: tuple[str, ...], unique_name: Callable[[str], str], docker_client: DockerClient
) -> None:
    """A name, or a port: 1, its kind, and nothing is left."""
    assert report(*ollama)[0] == 0
    status, told = report(*ollama)
    assert (status, told["failure"]["kind"]) == (1, "name-taken")
    other = unique_name("other")
    wish = [other if word == name_in(ollama) else word for word in ollama]
    status, told = report(*wish)
    assert (status, told["failure"]["kind"]) == (1, "port-taken")
    assert name_in(ollama) in told["error"]
    assert not docker_client.containers.list(all=True, filters={"name": other})


def test_others_engines_are_left_alone(
    ollama: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are listed with their owner's name; `down` refuses, `down --all` does not touch them."""
    name = name_in(ollama)
    assert report(*ollama)[0] == 0
    monkeypatch.setenv("LOGNAME", "somebody-else")
    engine = listed(name)
    assert engine is not None
    assert (engine["owner"], engine["who"]) == ("theirs", ollama_owner(name))
    status, told = report("down", name, *HERE)
    assert (status, told["stopped"], told["removed"]) == (1, [], [])
    assert "adopt it before changing it" in told["error"]
    assert report("down", "--all", *HERE)[0] == 0
    engine = listed(name)
    assert engine is not None
    assert engine["status"] == "ready"


def ollama_owner(name: str) -> str:
    """Who `stage` says one is, in the same test."""
    return f"{name.rpartition('-')[0]}-me"


@pytest.mark.parametrize("moment", ["checking", "creating", "booting", "loading weights"])
async def test_a_cancelled_start_leaves_nothing(
    vllm: tuple[str, ...], stage: Path, docker_client: DockerClient, moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """130; neither container nor key file stays."""
    monkeypatch.setenv("MY_KEY", "s3cret-of-the-test")
    slow = ("-e", "BURSTVIEW_STANDIN_START_SECONDS=5", "--api-key-env", "MY_KEY", "--json")
    process = await spawned(stage, *vllm, *slow)
    await said(process, f" s  {moment}")
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    told = check_report("up", ended.report)
    assert (ended.status, told["engine"]) == (130, None), ended.err
    assert told["error"] == "cancelled; nothing is left of it"
    assert not docker_client.containers.list(all=True, filters={"name": name_in(vllm)})
    assert list((stage / "burstview" / "keys").glob("*")) == []


def test_an_image_is_pulled(registry: Registry, docker_client: DockerClient) -> None:
    """With progress on stderr; refused, it is the daemon's reason and the next step."""
    image = f"{registry.host}/ok/cli:1"
    status, told = report("pull", "ollama", "--image", image, *HERE)
    assert (status, told["done"], told["kind"]) == (0, True, "image"), told["error"]
    assert (told["what"], told["into"]) == (image, None)
    assert docker_client.images.get(image)
    ended = invoke("pull", "ollama", "--image", f"{registry.host}/slow/cli:1", *HERE)
    assert ended.status == 0
    assert ended.out == f"{registry.host}/slow/cli:1 is here.\n"
    assert "pulling the image: " in ended.err
    status, told = report("pull", "vllm", "--image", f"{registry.host}/absent/cli:1", *HERE)
    assert (status, told["done"], told["failure"]["kind"]) == (1, False, "image-unknown")


async def test_a_pull_is_cancelled(
    registry: Registry, stage: Path, docker_client: DockerClient
) -> None:
    """130, one object, and the image is not here."""
    image = f"{registry.host}/slow/cancelled:1"
    process = await spawned(stage, "pull", "ollama", "--image", image, *HERE, "--json")
    await said(process, "layers")
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    told = check_report("pull", ended.report)
    assert (ended.status, told["done"]) == (130, False)
    assert not docker_client.images.list(name=image)


async def test_a_start_that_still_pulls_is_undone_when_the_time_is_over(
    registry: Registry, ollama: tuple[str, ...], stage: Path, docker_client: DockerClient
) -> None:
    """The pull would end with the program; so does the start."""
    image = f"{registry.host}/stall/late:1"
    wish = [image if "burstview/" in word else word for word in ollama]
    ended = await finished(await spawned(stage, *wish, "--timeout", "1", "--json"))
    told = check_report("up", ended.report)
    assert (ended.status, told["engine"]) == (1, None)
    assert "It is not ready after 1 s (pulling image), and was cancelled" in told["error"]
    assert "pulling image" in [phase["phase"] for phase in told["phases"]]
    assert not docker_client.containers.list(all=True, filters={"name": name_in(ollama)})


async def test_a_log_is_followed_across_restarts_until_it_is_removed(
    ollama: tuple[str, ...], stage: Path, docker_client: DockerClient
) -> None:
    """Each line once, with our remarks in between; then it ends with 0."""
    name = name_in(ollama)
    await finished(await spawned(stage, *ollama))
    container = docker_client.containers.get(name)
    process = await spawned(stage, "logs", "-f", name, *HERE, "--json", "--tail", "100000")
    assert process.stdout is not None
    first = json.loads(await asyncio.wait_for(process.stdout.readline(), LIMIT))
    await asyncio.to_thread(container.restart, timeout=5)
    await asyncio.to_thread(_until, lambda: container.logs().count(b"Listening on") == 2)
    await asyncio.to_thread(container.stop, timeout=5)
    kept = container.logs(timestamps=True).decode().splitlines()
    rest = asyncio.ensure_future(finished(process))
    await asyncio.to_thread(container.remove)
    ended = await rest
    lines = [first, *map(json.loads, ended.out.splitlines())]
    for number, line in enumerate(lines, 1):
        fields(line, LINE)
        assert line["number"] == number
    assert (ended.status, ended.err) == (0, "")
    assert [line["stamp"] for line in lines if not line["remark"]] == [
        line.partition(" ")[0] for line in kept
    ]
    remarks = [line["text"] for line in lines if line["remark"]]
    # its first end is over when it is looked at: the code is known if the event came in time
    assert remarks[0] in ("— stopped, exit code 0 —", "— stopped —")
    assert remarks[1:] == [
        "— started again —",
        "— stopped, exit code 0 —",
        "— removed —",
    ]


async def test_a_log_is_followed_into_the_container_that_takes_its_place(
    ollama: tuple[str, ...], stage: Path
) -> None:
    """The monitor of the same person may change an engine while a shell follows its log."""
    name = name_in(ollama)
    await finished(await spawned(stage, *ollama))
    process = await spawned(stage, "logs", "-f", name, *HERE)
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), LIMIT)
    assert b"SIMULATED Ollama" in first
    monitor = open_fleet(docker_host=HERE[1])
    await monitor.open(EventStream())
    key = f"container:{name}"
    spec = msgspec.structs.replace(await monitor.spec_of(key), options={"num-parallel": "4"})
    await monitor.recreate(key, spec)
    assert (await monitor.wait(key)).status == "ready"
    rest = b""
    while b"OLLAMA_NUM_PARALLEL:4" not in rest:
        rest += await asyncio.wait_for(process.stdout.readline(), LIMIT)
    ended = asyncio.ensure_future(finished(process))
    await monitor.remove(key)
    told = await ended
    await monitor.close()
    lines = rest.decode() + told.out
    assert (told.status, told.err) == (0, "")
    assert lines.count("SIMULATED Ollama") == 1
    assert lines.index("— another container took its place —") < lines.index("SIMULATED Ollama")


def test_the_doctor_knows_docker(ollama: tuple[str, ...]) -> None:
    """The daemon that is really used, its GPUs, its disk, and the engines in it."""
    assert report(*ollama)[0] == 0
    status, told = report("doctor", *HERE)
    assert (status, told["ok"]) == (0, True)
    said_of = {finding["name"]: finding["sentence"] for finding in told["findings"]}
    assert {"daemon", "gpu", "disk", "nvml", "port", "engines"} <= set(said_of)
    assert "answers at unix:///var/run/docker.sock (--docker-host)." in said_of["daemon"]
    sentences = [finding["sentence"] for finding in told["findings"]]
    assert f"{name_in(ollama)} (ollama) is ready." in sentences


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
