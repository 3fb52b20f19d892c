"""A daemon behind ssh: through a real server where there is one, and through a stand-in."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from docker import DockerClient

from burstview_engines.launch.spec import PortBinding
from burstview_engines.places.docker.endpoint import Endpoint
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.docker.log_follow import LogFollower
from burstview_engines.places.docker.tunnel import Tunnel
from tests.docker import own
from tests.docker.containers import wait_ready, wait_until
from tests.docker.sshd import Sshd, sshd, standin

Names = Callable[[str], str]


@dataclass(frozen=True)
class Way:
    """How the other machine is reached."""

    url: str
    ssh: str
    base: Path

    def tunnel(self, url: str | None = None) -> Tunnel:
        return Tunnel(url or self.url, ssh=self.ssh, base=self.base)


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd | None]:
    with sshd() as running:
        yield running


@pytest.fixture
def base() -> Iterator[Path]:
    """With a short name, as sockets need; nothing may be left in it."""
    folder = Path(tempfile.mkdtemp(prefix="bvt-"))
    yield folder
    left = list(folder.iterdir())
    shutil.rmtree(folder)
    assert left == []


@pytest.fixture(params=["real", "standin"])
def way(request: pytest.FixtureRequest, server: Sshd | None, tmp_path: Path, base: Path) -> Way:
    if request.param == "standin":
        return Way("ssh://ann@box", standin(tmp_path), base)
    if server is None:
        pytest.skip("there is no sshd")
    return Way(f"ssh://{server.host}", server.client(), base)


@pytest.fixture
def tunnels() -> list[Tunnel]:
    """Those that the engine has opened."""
    return []


@pytest.fixture
def engine(docker_client: DockerClient, way: Way, tunnels: list[Tunnel]) -> Iterator[DockerEngine]:
    def make(url: str) -> Tunnel:
        tunnels.append(way.tunnel(url))
        return tunnels[-1]

    held = DockerEngine(Endpoint(way.url, "context box", "ssh"), make_tunnel=make)
    yield held
    held.close()


def test_a_daemon_is_asked_through_it(
    engine: DockerEngine, docker_client: DockerClient, base: Path
) -> None:
    """As if it were here; nothing of it stays when it is closed."""
    assert engine.version.version == docker_client.version()["Version"]
    engine.ping()
    assert [folder.stat().st_mode & 0o777 for folder in base.iterdir()] == [0o700]
    engine.close()
    assert list(base.iterdir()) == []
    with pytest.raises(DockerFailed):
        engine.ping()


def test_published_ports_are_forwarded(
    engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    """An engine on the other machine's loopback is asked at a port of ours, the same each time."""
    port = own.free_port()
    ports = (PortBinding(container=8000, host=port),)
    plan = own.sleeper(plain_image, unique_name("far"), command=own.SERVE, ports=ports)
    life = own.life(engine)
    container = life.launch(plan)
    url = engine.url_of("127.0.0.1", port)
    assert url is not None
    assert url != f"http://127.0.0.1:{port}"
    wait_ready(url)
    assert engine.url_of("0.0.0.0", port) == url
    life.remove(container, force=True)
    engine.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_port_where_nobody_listens_yet(engine: DockerEngine) -> None:
    """The forward stands before the engine does."""
    url = engine.url_of("127.0.0.1", own.free_port())
    with pytest.raises(httpx.HTTPError):
        httpx.get(str(url), trust_env=False)
    assert engine.url_of("127.0.0.1", own.free_port()) != url


def test_logs_can_be_followed_and_ended(
    engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    """A stream through it ends at once when it is closed, as docker-py's own over ssh cannot."""
    talk = ("/usr/bin/python3", "-u", "-c", "print('hello'); import signal; signal.pause()")
    container = own.life(engine).launch(own.sleeper(plain_image, unique_name("log"), command=talk))
    book = LogBook()
    follower = LogFollower(engine.new_api, container, book)
    follower.start()
    wait_until(lambda: any(line.text == "hello" for line in book.since(0)), "the line")
    began = time.monotonic()
    follower.close()
    assert follower.join(2)
    assert time.monotonic() - began < 1


def test_a_line_that_breaks_is_built_again(engine: DockerEngine, tunnels: list[Tunnel]) -> None:
    """Its ssh died; the next call opens another one."""
    engine.ping()
    first = tunnels[0]
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not first.is_open, "the end of ssh")
    engine.ping()
    assert [tunnel.is_open for tunnel in tunnels] == [False, True]


def test_the_end_of_a_session_ends_an_opening(tmp_path: Path, base: Path) -> None:
    """Closed while ssh still connects."""
    slow = tmp_path / "ssh"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    tunnel = Tunnel("ssh://box", ssh=str(slow), base=base)
    failed: list[DockerFailed] = []

    def open_it() -> None:
        try:
            tunnel.open()
        except DockerFailed as refusal:
            failed.append(refusal)

    opening = threading.Thread(target=open_it)
    opening.start()
    wait_until(lambda: tunnel.is_open, "ssh")
    tunnel.close()
    opening.join(5)
    assert not opening.is_alive()
    assert failed[0].failure.kind == "ssh-failed"


LEAVING = """
import sys
from pathlib import Path
from burstview_engines.places.docker.tunnel import Tunnel

tunnel = Tunnel("ssh://ann@box", ssh=sys.argv[1], base=Path(sys.argv[2]))
tunnel.open()
print(tunnel.pid)
"""


def test_a_program_that_ends_leaves_no_ssh(tmp_path: Path, docker_client: DockerClient) -> None:
    """Although it forgot to close."""
    base = Path(tempfile.mkdtemp(prefix="bvt-"))
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, standin(tmp_path), str(base)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        text=True,
        capture_output=True,
        check=False,
    )
    shutil.rmtree(base)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_another_socket_can_be_named(way: Way, tmp_path: Path) -> None:
    """As a path in the address; one that is not there is told."""
    tunnel = way.tunnel(f"{way.url}{tmp_path}/absent.sock")
    with pytest.raises(DockerFailed, match="Docker socket cannot") as absent:
        tunnel.open()
    assert absent.value.failure.kind == "ssh-no-daemon"
    assert "ssh" in absent.value.failure.step


@pytest.mark.parametrize(
    ("host", "kind", "words"),
    [
        ("ann@stranger", "ssh-host-unknown", "does not know the key of ann@stranger"),
        ("ann@closed", "ssh-denied", "with none of the keys at hand"),
        ("absent", "ssh-unreachable", "absent cannot be reached by ssh"),
        ("odd", "ssh-failed", "banner line contains invalid characters"),
    ],
)
def test_what_ssh_complains_of(
    tmp_path: Path, base: Path, host: str, kind: str, words: str
) -> None:
    """One sentence, the next step, and ssh's own words."""
    endpoint = Endpoint(f"ssh://{host}", "DOCKER_HOST", "ssh")
    ssh = standin(tmp_path)
    held = DockerEngine(endpoint, make_tunnel=lambda url: Tunnel(url, ssh=ssh, base=base))
    with pytest.raises(DockerFailed, match=words) as failed:
        held.ping()
    failure = failed.value.failure
    assert (failure.kind, f"ssh {host}" in failure.step) == (kind, True)
    assert failure.detail
    held.close()


def test_what_a_real_ssh_complains_of(server: Sshd | None, base: Path) -> None:
    """A host whose key is not known, a key that it does not know, and a port where nobody is."""
    if server is None:
        pytest.skip("there is no sshd")
    strangers, keyless = server.client(hosts="none"), server.client(key="host")
    nobody = f"ssh://{server.host.rpartition(':')[0]}:{own.free_port()}"
    for url, ssh, kind in (
        (f"ssh://{server.host}", strangers, "ssh-host-unknown"),
        (f"ssh://{server.host}", keyless, "ssh-denied"),
        (nobody, server.client(), "ssh-unreachable"),
        ("ssh://nobody.invalid", server.client(), "ssh-unreachable"),
    ):
        with pytest.raises(DockerFailed) as failed:
            Tunnel(url, ssh=ssh, base=base).open()
        assert failed.value.failure.kind == kind, failed.value.failure.detail


def test_a_broken_line_forwards_nothing(way: Way) -> None:
    """One sentence instead."""
    tunnel = way.tunnel()
    tunnel.open()
    assert tunnel.pid is not None
    os.kill(tunnel.pid, signal.SIGKILL)
    wait_until(lambda: not tunnel.is_open, "the end of ssh")
    with pytest.raises(DockerFailed, match="cannot be reached by ssh"):
        tunnel.forward(8000)
    tunnel.close()


def test_no_ssh_at_all(base: Path) -> None:
    with pytest.raises(DockerFailed, match="Install OpenSSH's client") as missing:
        Tunnel("ssh://box", ssh="/absent/ssh", base=base).open()
    assert missing.value.failure.kind == "ssh-missing"


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh")
def test_options_that_ssh_knows() -> None:
    """Ssh takes them all, and reads the port of its own configuration."""
    from burstview_engines.places.docker.tunnel import OPTIONS

    words = [word for option in OPTIONS for word in ("-o", option)]
    said = subprocess.run(
        ["ssh", "-F", "/dev/null", *words, "-G", "box"],
        env=dict(os.environ),
        text=True,
        capture_output=True,
        check=True,
    )
    assert "batchmode yes" in said.stdout
    assert "exitonforwardfailure yes" in said.stdout
