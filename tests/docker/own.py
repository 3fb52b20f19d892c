"""Engines, plans and daemons in the way for the tests of the blocking Docker layer."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
from docker import DockerClient

from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.endpoint import Endpoint, resolve
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.lifecycle import Lifecycle
from burstview_engines.places.docker.ownership import MANAGED, OWNER, Guard

ME = "tester@here"
OURS = {MANAGED: "true", OWNER: ME}
THEIRS = {MANAGED: "true", OWNER: "ann@elsewhere"}
SLEEP = ("/usr/bin/python3", "-c", "import signal; signal.pause()")
"""Ends at TERM only where an init passes it on."""
SERVE = (
    "/usr/bin/python3",
    "-m",
    "http.server",
    "8000",
    "--bind",
    "0.0.0.0",
    "--directory",
    "/etc",
)


def engine(timeout: int = 30) -> DockerEngine:
    """On the daemon of the environment."""
    return DockerEngine(resolve(os.environ, Path.home()), timeout=timeout)


def engine_at(url: str, timeout: int = 30) -> DockerEngine:
    """On that daemon."""
    return DockerEngine(Endpoint(url, "test", "local"), timeout=timeout)


def life(held: DockerEngine, *, read_only: bool = False, patience: float = 20.0) -> Lifecycle:
    """Changes as the owner of OURS."""
    return Lifecycle(held, Guard(ME, is_read_only=read_only), patience=patience)


def sleeper(of_image: str, called: str, **more: object) -> ContainerPlan:
    """A container of ours that does nothing."""
    plan = ContainerPlan(name=called, image=of_image, command=SLEEP, init=True, labels=dict(OURS))
    return msgspec.structs.replace(plan, **more)


def docker(*words: str, url: str | None = None) -> str:
    """The `docker` command, as a person types it; its answer without the last newline."""
    environment = os.environ | ({"DOCKER_HOST": url} if url else {})
    done = subprocess.run(
        ["docker", *words], env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def free_port() -> int:
    """Nobody listens there now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A port of loopback that is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def names(client: DockerClient) -> set[str]:
    """Of all containers."""
    return {
        container.name or "" for container in client.containers.list(all=True, ignore_removed=True)
    }


class SlowDaemon:
    """Between a client and the real daemon: answers to requests that begin with `what` are kept
    back until the end."""

    def __init__(self, folder: Path, what: bytes, real: str = "/var/run/docker.sock") -> None:
        self.path = folder / "slow.sock"
        self._what, self._real = what, real
        self._over = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()

    def __enter__(self) -> str:
        threading.Thread(target=self._accept, daemon=True).start()
        return f"unix://{self.path}"

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as daemon, contextlib.suppress(OSError):
            daemon.connect(self._real)
            state = {"holds": False}
            back = threading.Thread(target=self._answer, args=(daemon, client, state), daemon=True)
            back.start()
            while data := client.recv(65536):
                state["holds"] = state["holds"] or self._what in data
                daemon.sendall(data)
            daemon.shutdown(socket.SHUT_WR)
            back.join(30)

    def _answer(self, daemon: socket.socket, client: socket.socket, state: dict[str, bool]) -> None:
        with contextlib.suppress(OSError):
            while data := daemon.recv(65536):
                if state["holds"]:
                    self._over.wait(60)
                client.sendall(data)
