"""The daemon is stopped and started while a session is open: nothing is lost, and all is said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from docker import DockerClient

from burstview_engines.control import LogView
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.docker import log_state
from burstview_engines.source import SessionError
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.registry import Registry
from tests.docker.registry import registry as serve_registry
from tests.docker.sessions import BURST, QUICK, Held, session
from tests.fleet.fleets import until

OWNER = "ann@loss"
MINE = LaunchSpec(
    engine="vllm",
    name="mine",
    image="vllm/vllm-openai:latest",
    model="Qwen/Qwen3-0.6B",
    environment=QUICK,
    gpus=(),
)


@pytest.fixture
def near_registry(private_client: DockerClient) -> Iterator[Registry]:
    """On the loopback of the private daemon."""
    with serve_registry() as held:
        yield held


async def test_a_daemon_that_goes_and_comes_back(
    private_daemon: PrivateDaemon, private_client: DockerClient, tmp_path: Path
) -> None:
    """What it restarts is ready again and its log goes on; what it stopped is stopped."""
    foreign = private_client.containers.run(
        "ollama/ollama:latest",
        name="theirs",
        environment=QUICK,
        ports={"11434/tcp": ("127.0.0.1", 11434)},
        restart_policy={"Name": "unless-stopped"},
        detach=True,
    )
    async with session(tmp_path, OWNER, docker_host=private_daemon.url) as held:
        mine, theirs = await held.fleet.up(MINE), "container:theirs"
        for key in (mine, theirs):
            await held.until(key, "ready")
        killed = await killed_on_wish(held)
        view = await held.fleet.log(theirs)
        await until(lambda: view.last_number > 0)

        await asyncio.to_thread(private_daemon.stop)
        for key in (mine, theirs, killed):
            await held.until(key, "unknown")
        assert "No Docker daemon answers" in problem(held) or "went away" in problem(held)
        await refuses_all(held, mine)
        assert {held.engine(key).status for key in (mine, theirs, killed)} == {"unknown"}
        with pytest.raises(SessionError, match=r"^No Docker daemon answers .*\.$|went away"):
            await held.session.fire([mine], BURST)

        private_daemon.start()  # on this thread: the daemon ends with the thread that began it
        await until(lambda: problem(held) == "")
        assert (await held.until(theirs, "ready")).id == foreign.id
        for key in (mine, killed):
            ended = await held.until(key, "stopped")
            assert (ended.failure, ended.owner) == (None, "ours")
        await held.fleet.start(mine)
        assert (await held.wait(mine)).status == "ready"
        assert "all together" in " ".join(await held.fire(mine))

        whole = (await asyncio.to_thread(foreign.logs)).decode().splitlines()
        await until(lambda: len(texts(view)) >= len(whole), lambda: str(texts(view)))
        assert texts(view) == whole
        assert remarks(view)[:2] == [log_state.GONE, log_state.BACK]


async def test_a_pull_that_loses_its_daemon(
    private_daemon: PrivateDaemon,
    private_client: DockerClient,
    near_registry: Registry,
    tmp_path: Path,
) -> None:
    """Is a failed start with the next step, which is to start it again."""
    image = f"{near_registry.host}/slow/engine:1"
    async with session(tmp_path, OWNER, docker_host=private_daemon.url) as held:
        key = await held.fleet.up(LaunchSpec(engine="ollama", name="new", image=image, gpus=()))
        await until(lambda: (held.engine(key).fraction or 0) > 0)
        await asyncio.to_thread(private_daemon.stop)
        engine = await held.wait(key)
        assert engine.failure is not None
        assert (engine.status, engine.failure.kind[:7]) == ("failed", "daemon-")
        private_daemon.start()
        await until(lambda: problem(held) == "")
        await held.fleet.start(key)
        await until(lambda: (held.engine(key).fraction or 0) > 0)
        await held.fleet.stop(key)
        assert not held.has(key)
    assert private_client.containers.list(all=True) == []


async def killed_on_wish(held: Held) -> str:
    """One that did not end by itself, but as it was told."""
    spec = msgspec.structs.replace(MINE, name="killed")
    key = await held.fleet.up(spec)
    await held.wait(key)
    await held.fleet.kill(key)
    assert (held.engine(key).status, held.engine(key).exit_code) == ("stopped", 137)
    return key


def problem(held: Held) -> str:
    """The sentence beside the daemon's address; empty while it answers."""
    seen = held.session.snapshot().docker
    assert seen is not None
    return seen.problem or ""


async def refuses_all(held: Held, key: str) -> None:
    """Each wish ends at once, in one sentence, and changes nothing."""
    fleet = held.fleet
    for wish in (
        fleet.stop(key),
        fleet.kill(key),
        fleet.start(key),
        fleet.restart(key),
        fleet.remove(key),
        fleet.preview(MINE),
        fleet.up(LaunchSpec(engine="ollama", name="more")),
    ):
        with pytest.raises(SessionError, match=r"^[A-Z].*\.$"):
            await wish


def texts(view: LogView) -> list[str]:
    """The engine's own lines."""
    return [line.text for line in view.since(0) if not line.is_remark]


def remarks(view: LogView) -> list[str]:
    """Ours."""
    return [line.text for line in view.since(0) if line.is_remark]
