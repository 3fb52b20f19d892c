"""Engines of another machine's daemon, reached by ssh alone: started, fired at, and kept in sight
when the line breaks."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from docker import DockerClient

from tests.docker.images import StandinImages
from tests.docker.sessions import Held, ollama, session
from tests.docker.sshd import Sshd, sshd, standin
from tests.fleet.fleets import until


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd | None]:
    with sshd() as running:
        yield running


@pytest.fixture(params=["real", "standin"])
def remote(
    request: pytest.FixtureRequest,
    server: Sshd | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The daemon's address; `ssh` on the PATH leads to it."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    real = shutil.which("ssh")
    if request.param == "standin":
        Path(standin(tmp_path)).rename(program)
    elif server is None or real is None:
        pytest.skip("there is no sshd")
    else:
        words = Path(server.client()).read_text()
        program.write_text(words.replace("exec ssh", f"exec {real}"))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return (
        "ssh://ann@box" if request.param == "standin" or server is None else f"ssh://{server.host}"
    )


async def test_an_engine_behind_ssh_lives_and_is_fired_at(
    tmp_path: Path,
    remote: str,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
) -> None:
    """Its port is forwarded; a line that breaks is made anew, and nothing is left at the end."""
    owner = f"{unique_name('me')}@test"
    before = folders()
    async with session(tmp_path / "state", owner, docker_host=remote) as held:
        assert held.fleet.where == f"{remote} (--docker-host)"
        key = await held.fleet.up(ollama(unique_name("ollama"), standin_images))
        engine = await held.wait(key)
        assert (engine.status, engine.owner) == ("ready", "ours")
        assert engine.url != f"http://127.0.0.1:{published(docker_client, engine.name)}"
        await held.fleet.pull_model(key, "qwen3:0.6b")
        await fires(held, key)
        view = await held.fleet.log(key)
        await until(lambda: view.last_number > 0)
        await until(lambda: held.usage(key) is not None)

        for tunnel in tunnels():
            tunnel.kill()
        await until(lambda: held.engine(key).status == "unknown")
        await held.until(key, "ready")
        await fires(held, key)
        await held.fleet.remove(key)
    await until(lambda: folders() == before)
    await until(lambda: tunnels() == [])


async def fires(held: Held, key: str) -> None:
    """A burst whose requests are all answered."""
    await asyncio.sleep(0)
    (said,) = await held.fire(key)
    assert "failed" not in said


def tunnels() -> list[psutil.Process]:
    """The `ssh` that this process has begun."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if "-L" in process.cmdline()]


def folders() -> set[str]:
    """Of the forwarded sockets."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("burstview-ssh-*")}


def published(client: DockerClient, name: str) -> str:
    """The port on the machine of the daemon."""
    ports = client.containers.get(name).ports["11434/tcp"]
    return str(ports[0]["HostPort"])
