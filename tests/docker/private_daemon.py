"""A Docker daemon of the tests' own, which they may stop: in namespaces of its own, with data of
its own, and with a stand-in for NVIDIA's runtime that hands out nothing."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker import DockerClient

START_TIME, STOP_TIME = 30.0, 30.0
CLONE_NEWNET = 0x40000000

ENTER = """\
import ctypes, fcntl, os, signal, socket, struct, sys

ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # ends with the test process
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Run inside the new namespaces: loopback up, then the daemon."""

RELAY = """\
import ctypes, signal, socket, sys, threading

ctypes.CDLL(None).prctl(1, signal.SIGTERM)
listener = socket.socket(fileno=int(sys.argv[1]))

def pour(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

while True:
    client, _ = listener.accept()
    try:
        server = socket.create_connection((sys.argv[2], int(sys.argv[3])), 5)
    except OSError:
        client.close()
        continue
    server.settimeout(None)
    for ends in ((client, server), (server, client)):
        threading.Thread(target=pour, args=ends, daemon=True).start()
"""
"""Accepts on a socket of the outer namespace and connects in the inner one."""


class NoDaemonError(Exception):
    """The machine does not allow it; the text says what failed."""


@dataclass
class PrivateDaemon:
    """One daemon; it can be stopped and started again with its data."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    network: int | None = None
    """A handle of its network namespace, which outlives the process as a machine's does."""
    relays: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def is_running(self) -> bool:
        """The process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Returns when it answers. Raises NoDaemonError."""
        self._write_configuration()
        flags = {
            "--host": self.url,
            "--data-root": str(self.folder / "data"),
            "--exec-root": str(self.folder / "exec"),
            "--pidfile": str(self.folder / "dockerd.pid"),
            "--config-file": str(self.folder / "daemon.json"),
        }
        inner = [sys.executable, "-c", ENTER, "dockerd", *_flat(flags)]
        path = f"{self.folder / 'bin'}:{os.environ.get('PATH', '')}"
        with (self.folder / "dockerd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._unshare(), *inner],
                stdout=log,
                stderr=log,
                env=os.environ | {"PATH": path},
                pass_fds=[self.network] if self.network is not None else [],
            )
        self._wait()
        if self.network is None:
            self.network = os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY)

    def stop(self) -> None:
        """With TERM, as an upgrade does it; containers are stopped first. Data stays."""
        self.drop_relays()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_TIME)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def client(self) -> DockerClient:
        """A new one, to be closed."""
        return docker.DockerClient(base_url=self.url, timeout=30)

    def relay(self, port: int, host: str = "127.0.0.1") -> int:
        """A port of our loopback through which the daemon's published port can be reached."""
        assert self.process is not None
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1024)
            program = [sys.executable, "-c", RELAY, str(listener.fileno()), host, str(port)]
            self.relays.append(
                subprocess.Popen([*self._enter(), *program], pass_fds=[listener.fileno()])
            )
            return int(listener.getsockname()[1])

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and every thread and process that it begins meanwhile, in the daemon's
        network: what it publishes is on their loopback, as on a machine of its own."""
        assert self.network is not None
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _enter_network(self.network)
        try:
            yield
        finally:
            _enter_network(home)
            os.close(home)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program in the daemon's namespaces, such as the `docker` command of a README."""
        environment = os.environ | {"DOCKER_HOST": self.url}
        return subprocess.run(
            [*self._enter(), *command], env=environment, text=True, capture_output=True, check=False
        )

    def drop_relays(self) -> None:
        """End them."""
        while self.relays:
            relay = self.relays.pop()
            relay.kill()
            relay.wait()

    def words(self) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return (self.folder / "dockerd.log").read_text(errors="replace")[-2000:]
        return ""

    def _unshare(self) -> list[str]:
        """The network of its earlier life, if it had one; mounts are always new."""
        mounts = ["unshare", "--mount", "--propagation", "private"]
        if self.network is None:
            return [*mounts, "--net"]
        return ["nsenter", f"--net=/proc/self/fd/{self.network}", "--", *mounts]

    def _enter(self) -> list[str]:
        assert self.process is not None
        return ["nsenter", "--target", str(self.process.pid), "--net", "--mount", "--"]

    def _write_configuration(self) -> None:
        """An executable of the hook's name makes `--gpus` and `--runtime nvidia` acceptable."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        hook = tools / "nvidia-container-runtime-hook"
        hook.write_text("#!/bin/sh\nexit 0\n")
        hook.chmod(0o755)
        settings = {"runtimes": {"nvidia": {"path": "runc"}}}
        (self.folder / "daemon.json").write_text(json.dumps(settings))

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIME
        while time.monotonic() < deadline and self.is_running:
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        raise NoDaemonError(f"a private dockerd did not start: {self.words()}")

    def _answers(self) -> bool:
        """By hand: docker-py leaves its socket open where nobody listens."""
        with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
            knock.settimeout(5)
            knock.connect(str(self.folder / "docker.sock"))
            knock.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in knock.recv(4096)
        return False


@contextlib.contextmanager
def private_daemon() -> Iterator[PrivateDaemon]:
    """A running one, gone with all its data at the end. Raises NoDaemonError."""
    for tool in ("dockerd", "unshare", "nsenter"):
        if shutil.which(tool) is None:
            raise NoDaemonError(f"{tool} is not here")
    if os.geteuid() != 0:
        raise NoDaemonError("only root may start a daemon")
    folder = Path(tempfile.mkdtemp(prefix="bvd-"))
    daemon = PrivateDaemon(folder)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
        if daemon.network is not None:
            os.close(daemon.network)
        shutil.rmtree(folder, ignore_errors=True)


def _flat(flags: dict[str, str]) -> Sequence[str]:
    return [part for pair in flags.items() for part in pair]


def _enter_network(handle: int) -> None:
    """The calling thread alone; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
