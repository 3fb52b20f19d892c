"""Many people and many engines on one daemon: names and ports are found, and whose is whose."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from docker import DockerClient

from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError
from tests.docker.images import StandinImages
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.sessions import QUICK, Held, ollama, session
from tests.fleet.fleets import until

ANY = LaunchSpec(engine="ollama", image="ollama/ollama:latest", environment=QUICK, gpus=())
SLEEP = ["-c", "import signal; signal.pause()"]


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


async def test_a_free_port_and_a_free_name_are_found(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """The usual port may be a program's, a container's, or wanted by a stopped one; and of two
    engines that are started at once each gets its own."""
    for name, port in (("running", 11435), ("stopped", 11436)):
        other = private_client.containers.create(
            "ollama/ollama:latest", name=name, ports={"11434/tcp": ("127.0.0.1", port)}
        )
        if name == "running":
            other.start()
    with socket.create_server(("127.0.0.1", 11434)):
        async with session(tmp_path, "ann@here", docker_host=private_daemon.url) as held:
            keys = [await held.fleet.up(ANY) for _ in range(2)]
            assert keys == ["container:burstview-ann-ollama", "container:burstview-ann-ollama-2"]
            engines = [await held.wait(key) for key in keys]
            assert [engine.status for engine in engines] == ["ready", "ready"]
            urls = [engine.url for engine in engines]
            assert urls == ["http://127.0.0.1:11437", "http://127.0.0.1:11438"]
            assert [engine.lan for engine in engines] == [False, False]


async def test_people_who_start_at_once_all_get_a_port(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """All find the same one free, and one is the fastest."""
    people = [f"user{number}@here" for number in range(4)]
    ready = await asyncio.gather(
        *(start_one(tmp_path / who, who, private_daemon.url) for who in people)
    )
    assert [status for status, _ in ready] == ["ready"] * 4
    assert len({url for _, url in ready}) == 4
    assert len(private_client.containers.list(all=True)) == 4


async def start_one(state: Path, who: str, url: str) -> tuple[str, str | None]:
    """What becomes of it."""
    async with session(state, who, docker_host=url) as held:
        engine = await held.wait(await held.fleet.up(ANY))
        return engine.status, engine.url


async def test_a_port_that_was_chosen_is_not_exchanged(
    tmp_path: Path, session_daemon: PrivateDaemon, private_daemon: PrivateDaemon
) -> None:
    """Taken between the check and the start, it is a failed start that stays on the screen with
    its reason, and leaves no container; once it is free, a second try is ready. (The check does
    not see the taken port, because it is made outside the daemon's network.)"""
    client = private_daemon.client()
    from tests.docker.images import readme_images

    readme_images(client)
    spec = msgspec.structs.replace(ANY, name="mine", port=11999)
    async with session(tmp_path, "ann@here", docker_host=private_daemon.url) as held:
        with taken_inside(private_daemon, 11999):
            key = await held.fleet.up(spec)
            engine = await held.wait(key)
            assert engine.failure is not None
            assert (engine.status, engine.failure.kind) == ("failed", "port-taken")
            await until(lambda: client.containers.list(all=True) == [])
            await until(lambda: held.engine(key).id is None)
            assert held.engine(key).failure == engine.failure
        await held.fleet.start(key)
        await until(lambda: held.engine(key).id is not None)
        assert held.engine(key).failure is None
        await held.fleet.remove(key)
    client.close()


async def test_only_by_choice_an_engine_is_open_to_the_lan(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """Then it is marked; and a change of that is told before it is made."""
    async with session(tmp_path, "ann@here", docker_host=private_daemon.url) as held:
        wide = await held.fleet.preview(msgspec.structs.replace(ANY, lan=True))
        assert [f.name for f in wide.findings if f.level == "warning"] == ["lan"]
        key = await held.fleet.up(wide.spec)
        assert (await held.wait(key)).lan
        assert binding(private_client, key) == "0.0.0.0"
        closed = msgspec.structs.replace(await held.fleet.spec_of(key), lan=False)
        assert await held.fleet.changes(key, closed) == ("port 11434 closed to the LAN",)
        await held.fleet.recreate(key, closed)
        assert not (await held.wait(key)).lan
        assert binding(private_client, key) == "127.0.0.1"


async def test_volumes_are_kept_unless_they_are_ours_and_named(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Nobody's models are deleted by accident: not with a container, not with somebody else's."""
    mine, theirs = unique_name("mine"), unique_name("theirs")
    volume = docker_client.volumes.create(unique_name("models")).name
    docker_client.containers.create(
        standin_images.ollama, name=theirs, volumes={volume: {"bind": "/root/.ollama"}}
    )
    async with session(tmp_path, owner) as held:
        first = await held.fleet.up(ollama(mine, standin_images))
        await held.wait(first)
        own = volumes(docker_client, mine)
        await held.fleet.remove(first)
        assert exist(docker_client, own)

        key = f"container:{theirs}"
        await held.until(key, "stopped")
        await held.fleet.adopt(key)
        with pytest.raises(SessionError, match=f"{volume} was not made by burstview"):
            await held.fleet.remove(key, volumes=True)
        assert exist(docker_client, [volume])
        assert held.engine(key).status == "stopped"

        first = await held.fleet.up(ollama(mine, standin_images))
        await held.wait(first)
        await held.fleet.remove(first, volumes=True)
        assert not exist(docker_client, own)
        await held.fleet.remove(key)
        assert exist(docker_client, [volume])


async def test_two_people_leave_each_others_engines_alone(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str], owner: str
) -> None:
    """Both see both, each with its owner; each changes only the own one."""
    other = f"{owner.partition('@')[0]}-bob@sharing"
    async with (
        session(tmp_path / "ann", owner) as ann,
        session(tmp_path / "bob", other) as bob,
    ):
        of_ann = await ann.fleet.up(ollama(unique_name("ann"), standin_images))
        of_bob = await bob.fleet.up(ollama(unique_name("bob"), standin_images))
        for held in (ann, bob):
            for key in (of_ann, of_bob):
                await held.until(key, "ready")
        await refused(ann, of_bob, other.partition("@")[0])
        await refused(bob, of_ann, owner.partition("@")[0])
        await bob.fleet.stop(of_bob)
        await ann.until(of_bob, "stopped")
        assert ann.engine(of_ann).status == "ready"


async def refused(held: Held, key: str, who: str) -> None:
    """It says whose it is."""
    assert (held.engine(key).owner, held.engine(key).who) == ("theirs", who)
    for wish in (held.fleet.stop(key), held.fleet.remove(key), held.fleet.restart(key)):
        with pytest.raises(SessionError, match=f"is {who}'s; adopt it"):
            await wish


def taken_inside(daemon: PrivateDaemon, port: int) -> socket.socket:
    """A port of the daemon's machine, until it is closed."""
    with daemon.inside():
        return socket.create_server(("127.0.0.1", port))


def binding(client: DockerClient, key: str) -> str:
    """The address on which it is published."""
    ports = client.containers.get(key.partition(":")[2]).attrs["HostConfig"]["PortBindings"]
    return str(ports["11434/tcp"][0]["HostIp"])


def volumes(client: DockerClient, name: str) -> list[str]:
    """Those that it mounts."""
    mounts = client.containers.get(name).attrs["Mounts"]
    return [mount["Name"] for mount in mounts if mount["Type"] == "volume"]


def exist(client: DockerClient, names: list[str]) -> bool:
    """Whether all are there; some or none is a failure of its own."""
    here = {volume.name for volume in client.volumes.list()}
    found = [name in here for name in names]
    assert len(set(found)) == 1
    return found[0]
