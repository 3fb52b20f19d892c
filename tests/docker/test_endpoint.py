"""Which daemon is meant, and how it is asked."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
from docker import DockerClient

from burstview_engines.places.docker.client_config import Tls
from burstview_engines.places.docker.endpoint import (
    USUAL,
    Context,
    DockerProblem,
    Endpoint,
    contexts,
    offer,
    others,
    resolve,
)
from burstview_engines.places.docker.engine_port import DockerEngine, Version
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.threads import DaemonThreads
from tests.docker import own

TLS_DATA = Path(__file__).parents[1] / "data" / "tls"


def context(home: Path, name: str, url: str, *, skip: bool = False, tls: bool = False) -> None:
    """As `docker context create` writes it."""
    place = sha256(name.encode()).hexdigest()
    meta = home / ".docker/contexts/meta" / place
    meta.mkdir(parents=True)
    endpoint = {"Host": url, "SkipTLSVerify": skip}
    told = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
    (meta / "meta.json").write_text(json.dumps(told))
    if tls:
        folder = home / ".docker/contexts/tls" / place / "docker"
        folder.mkdir(parents=True)
        for file in ("ca.pem", "cert.pem", "key.pem"):
            (folder / file).write_text("x")


def current(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": name}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    context(tmp_path, "lab", "tcp://lab:2376", tls=True)
    context(tmp_path, "desk", "unix:///desk.sock")
    context(tmp_path, "box", "ssh://ann@box")
    return tmp_path


def test_the_order_of_choices(home: Path) -> None:
    """As `docker` itself has it: what is named explicitly, then the environment, then the file."""
    everything = {"DOCKER_HOST": "unix:///host.sock", "DOCKER_CONTEXT": "desk"}
    current(home, "box")
    chosen = [
        resolve(everything, home, host="tcp://x:1", context="lab"),
        resolve(everything, home, context="lab"),
        resolve(everything, home),
        resolve({"DOCKER_CONTEXT": "desk"}, home),
        resolve({}, home),
        resolve({"DOCKER_CONTEXT": "default"}, home),
        resolve(everything, home, context="default"),
        resolve({"DOCKER_CONTEXT": "desk"}, home, context="default"),
    ]
    assert [(end.url, end.source) for end in chosen] == [
        ("tcp://x:1", "--docker-host"),
        ("tcp://lab:2376", "--context lab"),
        ("unix:///host.sock", "DOCKER_HOST"),
        ("unix:///desk.sock", "context desk"),
        ("ssh://ann@box", "context box"),
        (USUAL, "default socket"),
        ("unix:///host.sock", "DOCKER_HOST"),
        (USUAL, "default socket"),
    ]
    assert chosen[3].words == "unix:///desk.sock (context desk)"


@pytest.mark.parametrize("name", ["gone", "../../etc"])
def test_a_missing_context_is_refused(home: Path, name: str) -> None:
    """Never replaced by another daemon."""
    for choose in (
        lambda: resolve({}, home, context=name),
        lambda: resolve({"DOCKER_CONTEXT": name}, home),
    ):
        with pytest.raises(DockerProblem, match=f"context '{name}' is not there"):
            choose()
    current(home, name)
    with pytest.raises(DockerProblem, match="docker context use"):
        resolve({}, home)


def test_no_configuration_is_the_default_socket(tmp_path: Path) -> None:
    assert resolve({}, tmp_path) == Endpoint(USUAL, "default socket", "local")
    current(tmp_path, "")
    assert resolve({}, tmp_path).url == USUAL
    elsewhere = {"DOCKER_CONFIG": str(tmp_path / "other")}
    assert resolve(elsewhere, tmp_path).url == USUAL


@pytest.mark.parametrize(
    ("url", "kind", "is_here"),
    [
        ("unix:///var/run/docker.sock", "local", True),
        ("unix:///run/user/1000/docker.sock", "rootless", True),
        ("unix:///home/ann/.docker/run/docker.sock", "rootless", True),
        ("unix:///run/podman/podman.sock", "podman", True),
        ("tcp://127.0.0.1:2375", "tcp", True),
        ("tcp://[::1]:2375", "tcp", True),
        ("localhost:2375", "tcp", True),
        ("tcp://gpu-box:2376", "tcp", False),
        ("https://10.0.0.7:2376", "tcp", False),
        ("ssh://ann@127.0.0.1", "ssh", False),
    ],
)
def test_what_an_address_is(tmp_path: Path, url: str, kind: str, is_here: bool) -> None:
    end = resolve({"DOCKER_HOST": url}, tmp_path)
    assert (end.kind, end.is_here) == (kind, is_here)
    assert ("experimental" in end.words) is (kind == "podman")


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DockerProblem, match="is no address of a daemon"):
        resolve({"DOCKER_HOST": "npipe:////./pipe/docker_engine"}, tmp_path)


def test_certificates(home: Path) -> None:
    """A context's own, or those of the environment; a path alone does not turn TLS on."""
    lab = resolve({}, home, context="lab").tls
    assert lab is not None
    assert lab.is_checked
    assert [path.name for path in (lab.ca, lab.certificate, lab.key) if path] == [
        *("ca.pem", "cert.pem", "key.pem")
    ]
    context(home, "lax", "tcp://lax:2376", skip=True, tls=True)
    lax = resolve({}, home, context="lax").tls
    assert lax is not None
    assert not lax.is_checked
    assert resolve({}, home, context="desk").tls is None
    told = {"DOCKER_HOST": "tcp://lab:2376", "DOCKER_CERT_PATH": str(home / "certs")}
    assert resolve(told, home).tls is None
    assert resolve(told | {"DOCKER_TLS_VERIFY": "1"}, home).tls == Tls(None, None, None, True)
    assert resolve(told | {"DOCKER_TLS": "1"}, home).tls == Tls(None, None, None, False)
    (home / ".docker/cert.pem").touch()
    environ = {"DOCKER_HOST": "tcp://lab:2376", "DOCKER_TLS_VERIFY": "1"}
    assert resolve(environ, home).tls == Tls(None, home / ".docker/cert.pem", None, True)


def test_the_list_of_contexts(home: Path) -> None:
    """As `docker context ls` shows it; what is damaged is left out."""
    current(home, "desk")
    damaged = home / ".docker/contexts/meta/damaged"
    damaged.mkdir()
    (damaged / "meta.json").write_text("{")
    listed = {one.name: one for one in contexts({}, home)}
    assert listed["default"] == Context("default", USUAL)
    assert listed["desk"] == Context("desk", "unix:///desk.sock", is_current=True)
    assert listed.keys() == {"default", "desk", "lab", "box"}
    told = contexts({"DOCKER_HOST": "tcp://x:1"}, home)
    assert told[0] == Context("default", "tcp://x:1", is_current=True)
    assert contexts({}, home / "nobody") == (Context("default", USUAL, is_current=True),)


@pytest.mark.skipif(not Path("/usr/bin/docker").exists(), reason="there is no docker command")
def test_the_docker_command_lists_the_same(home: Path) -> None:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    said = subprocess.run(
        ["docker", "context", "ls", "--format", "{{.Name}} {{.DockerEndpoint}} {{.Current}}"],
        env=environ,
        text=True,
        capture_output=True,
        check=True,
    )
    ours = {f"{one.name} {one.url} {str(one.is_current).lower()}" for one in contexts({}, home)}
    assert set(said.stdout.splitlines()) == ours


def test_other_daemons_are_offered(tmp_path: Path) -> None:
    """Only those on whose socket somebody listens, and never taken by themselves."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    (tmp_path / "podman").mkdir()
    (tmp_path / "docker.sock").touch()  # left over
    with listening(tmp_path / "podman/podman.sock"):
        found = [end for end in others(environ, tmp_path) if str(tmp_path) in end.url]
        assert [end.kind for end in found] == ["podman"]
        said = offer(environ, tmp_path)
    assert said.startswith("Podman (experimental) listens at unix://")
    assert f"--docker-host unix://{tmp_path}/podman/podman.sock" in said
    (tmp_path / "docker.sock").unlink()
    with listening(tmp_path / "docker.sock"):
        assert offer(environ, tmp_path).startswith("A rootless Docker listens at unix://")
    assert resolve(environ, tmp_path).url == USUAL


@contextmanager
def listening(path: Path) -> Iterator[None]:
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        yield


# the engine behind it


def test_an_engine_tells_what_it_is(docker_client: DockerClient) -> None:
    held = own.engine()
    held.ping()
    assert held.version.version == docker_client.version()["Version"]
    assert not held.is_podman
    info = held.info()
    assert (info.name, info.docker_root_dir) == (
        docker_client.info()["Name"],
        docker_client.info()["DockerRootDir"],
    )
    assert "runc" in (info.runtimes or {})
    held.close()
    held.close()


def test_podman_tells_itself_by_its_components() -> None:
    import msgspec

    told = {"Version": "4.3.1", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}
    assert msgspec.convert(told, Version).is_podman


@pytest.mark.parametrize(
    ("endpoint", "ip", "url"),
    [
        ("unix:///x.sock", "127.0.0.1", "http://127.0.0.1:8000"),
        ("unix:///x.sock", "0.0.0.0", "http://127.0.0.1:8000"),
        ("unix:///x.sock", "::", "http://127.0.0.1:8000"),
        ("unix:///x.sock", "10.0.0.7", "http://10.0.0.7:8000"),
        ("unix:///x.sock", "::1", "http://[::1]:8000"),
        ("tcp://127.0.0.1:2375", "", "http://127.0.0.1:8000"),
        ("tcp://gpu-box:2376", "0.0.0.0", "http://gpu-box:8000"),
        ("tcp://gpu-box:2376", "127.0.0.1", None),
        ("tcp://gpu-box:2376", "::1", None),
        ("tcp://[fd00::7]:2376", "0.0.0.0", "http://[fd00::7]:8000"),
    ],
)
def test_where_a_published_port_is(tmp_path: Path, endpoint: str, ip: str, url: str | None) -> None:
    """Another machine's loopback cannot be reached from here."""
    held = DockerEngine(resolve({"DOCKER_HOST": endpoint}, tmp_path))
    assert held.url_of(ip, 8000) == url


def test_a_daemon_by_tls(docker_client: DockerClient, tmp_path: Path) -> None:
    """Its certificate is checked against the context's, unless the person says otherwise."""
    certificate, key = TLS_DATA / "certificate.pem", TLS_DATA / "key.pem"
    with TlsDaemon(certificate, key) as url:
        trusted = Tls(ca=certificate)
        held = DockerEngine(Endpoint(url, "test", "tcp", trusted))
        held.ping()
        assert held.version.version == docker_client.version()["Version"]
        held.close()
        lax = DockerEngine(Endpoint(url, "test", "tcp", Tls(is_checked=False)))
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            lax.ping()
        lax.close()
        with pytest.raises(
            DockerFailed, match="do not accept each other's certificates"
        ) as refused:
            DockerEngine(Endpoint(url, "test", "tcp", Tls())).ping()
    assert refused.value.failure.kind == "daemon-tls"


class TlsDaemon:
    """The real daemon behind TLS on loopback."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._accept, daemon=True).start()
        return f"https://localhost:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, bare: socket.socket) -> None:
        unix = socket.socket(socket.AF_UNIX)
        with suppress(OSError), bare, unix:
            unix.connect("/var/run/docker.sock")
            with self._context.wrap_socket(bare, server_side=True) as client:
                back = threading.Thread(target=_pour, args=(unix, client), daemon=True)
                back.start()
                _pour(client, unix)
                back.join(5)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


# threads


async def test_calls_on_threads_return_and_raise() -> None:
    threads = DaemonThreads("test", 2)
    assert await threads.run(lambda: threading.current_thread().daemon)
    assert await threads.run(sum, [1, 2], start=3) == 6
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    threads.close()
    with pytest.raises(RuntimeError, match="closed"):
        await threads.run(sum, [])


async def test_a_call_that_hangs_holds_up_no_other() -> None:
    """As long as there are threads; one whose waiter gave up before it began is left out."""
    import asyncio

    threads, over, begun = DaemonThreads("test", 2), threading.Event(), threading.Event()
    hanging = asyncio.create_task(threads.run(over.wait))
    assert await threads.run(lambda: "quick") == "quick"
    blocked = asyncio.create_task(threads.run(over.wait))
    await asyncio.sleep(0)
    late = asyncio.create_task(threads.run(begun.set))
    await asyncio.sleep(0)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    over.set()
    assert await hanging
    assert await blocked
    assert await threads.run(lambda: "after") == "after"
    assert not begun.is_set()
    threads.close()


HANGING = """
import asyncio, threading
from burstview_engines.places.docker.threads import DaemonThreads

async def main():
    task = asyncio.create_task(DaemonThreads("test").run(threading.Event().wait))
    await asyncio.sleep(0.1)

asyncio.run(main())
"""


def test_a_call_that_hangs_does_not_hold_up_the_end() -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", HANGING],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert time.monotonic() - began < 5
