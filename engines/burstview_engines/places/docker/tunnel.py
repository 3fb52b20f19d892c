"""A daemon on another machine, through OpenSSH: its socket and its published ports, here."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from burstview_engines.core.managed import Failure
from burstview_engines.core.text import one_line
from burstview_engines.places.docker.failures import DockerFailed

REMOTE_SOCKET = "/var/run/docker.sock"
OPEN_LIMIT = 20.0
"""Seconds until the forwarded socket must answer; ssh's own connecting is limited to ten."""
LOOK = 0.05
OPTIONS = (
    "BatchMode=yes",
    "ExitOnForwardFailure=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "StreamLocalBindUnlink=yes",
    "ControlMaster=no",
    "ControlPath=none",
)
"""No question is asked that nobody sees; a dead line is noticed within a minute; another ssh's
shared connection is not used, because its forwards would outlive ours."""

_FAULTS = (
    (
        "ssh-host-unknown",
        re.compile(r"Host key verification failed|host key is known", re.IGNORECASE),
        "ssh does not know the key of {host} yet, or it has changed.",
        "Connect once with `ssh {host}` and check its fingerprint.",
    ),
    (
        "ssh-denied",
        re.compile(r"Permission denied|Too many authentication failures", re.IGNORECASE),
        "{host} lets this user in with none of the keys at hand.",
        "Add a key with `ssh-add`, or see that `ssh {host}` works without a password.",
    ),
    (
        "ssh-unreachable",
        re.compile(
            r"Could not resolve hostname|Connection refused|No route to host|timed out"
            r"|Network is unreachable|Connection closed|Connection reset",
            re.IGNORECASE,
        ),
        "{host} cannot be reached by ssh.",
        "See that `ssh {host}` works.",
    ),
)
_NO_SOCKET = re.compile(r"open failed: connect failed: (?P<why>[^\n]+)", re.IGNORECASE)


class Tunnel:
    """One `ssh` with the daemon's socket, and one more for each forwarded port.

    docker-py's own `ssh://` is not used: its streams cannot be ended, and it ignores parts of
    ~/.ssh/config. A path in the address names another socket than the usual one.
    """

    def __init__(
        self, url: str, *, ssh: str = "ssh", environ: Mapping[str, str] | None = None
    ) -> None:
        parts = urlsplit(url)
        user = f"{unquote(parts.username)}@" if parts.username else ""
        self.host = f"{user}{parts.hostname or ''}"
        self._port = parts.port
        self._remote = parts.path if parts.path not in ("", "/") else REMOTE_SOCKET
        self._ssh, self._environ = ssh, dict(os.environ if environ is None else environ)
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._main: _Forward | None = None
        self._ports: dict[int, _Forward] = {}

    @property
    def url(self) -> str:
        """The local socket's address, once open."""
        return f"unix://{self._socket}"

    @property
    def is_open(self) -> bool:
        """Whether its ssh lives."""
        return self._main is not None and self._main.is_alive

    @property
    def _socket(self) -> Path:
        return (self._folder or Path()) / "docker.sock"

    def open(self) -> None:
        """Returns when the daemon's socket can be connected to. Raises DockerFailed."""
        self._folder = Path(tempfile.mkdtemp(prefix="burstview-ssh-"))
        try:
            self._main = self._begin(f"{self._socket}:{self._remote}")
            self._main.wait(self._socket_answers, _NO_SOCKET)
        except DockerFailed:
            self.close()
            raise

    def forward(self, port: int) -> str:
        """The local URL of that port of the other machine's loopback; the same while it lives.
        Raises DockerFailed."""
        with self._lock:
            known = self._ports.get(port)
            if known is None or not known.is_alive:
                local = _free_port()
                known = self._begin(f"127.0.0.1:{local}:127.0.0.1:{port}", local)
                self._ports[port] = known
                known.wait(lambda: _is_bound(local))
            return f"http://127.0.0.1:{known.local}"

    def close(self) -> None:
        """End every ssh; what used the tunnel sees its connections end."""
        with self._lock:
            ended = [*self._ports.values(), *([self._main] if self._main else [])]
            self._ports, self._main = {}, None
        for one in ended:
            one.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _begin(self, forward: str, local: int = 0) -> _Forward:
        options = [word for option in OPTIONS for word in ("-o", option)]
        port = ["-p", str(self._port)] if self._port else []
        argv = [self._ssh, *options, *port, "-N", "-T", "-L", forward, "--", self.host]
        return _Forward(argv, self._environ, self.host, local)

    def _socket_answers(self) -> bool:
        """It is there, and the other end of it too: ssh makes it before anything is asked."""
        if not self._socket.exists():
            return False
        with socket.socket(socket.AF_UNIX) as knock:
            knock.settimeout(OPEN_LIMIT / 2)
            try:
                knock.connect(str(self._socket))
                knock.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                return bool(knock.recv(1))
            except OSError:
                return False


class _Forward:
    """One `ssh -N`, its words kept."""

    def __init__(self, argv: list[str], environ: dict[str, str], host: str, local: int) -> None:
        self.local = local
        self._host = host
        self._words: list[str] = []
        try:
            self._process = subprocess.Popen(
                argv,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as absence:
            raise _failed(
                "ssh-missing",
                f"{argv[0]} cannot be run ({absence.strerror}).",
                "Install OpenSSH's client.",
                "",
            ) from absence
        self._reader = threading.Thread(target=self._read, name="ssh", daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether ssh still runs."""
        return self._process.poll() is None

    @property
    def words(self) -> str:
        """What ssh complained of, the last lines."""
        return "\n".join(list(self._words))

    def wait(self, answers: Callable[[], bool], fault: re.Pattern[str] | None = None) -> None:
        """Until it can be used. Raises DockerFailed when ssh ends, or says what `fault` finds."""
        until = time.monotonic() + OPEN_LIMIT
        while not answers():
            if not self.is_alive:
                self._reader.join(1.0)
                raise _explained(self.words, self._host)
            if time.monotonic() > until or (fault is not None and fault.search(self.words)):
                self.end()
                raise _explained(self.words, self._host)
            time.sleep(LOOK)

    def end(self) -> None:
        """Ask it to end, then end it."""
        self._process.terminate()
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        stderr: IO[str] | None = self._process.stderr
        if stderr is not None:
            with stderr:
                for line in stderr:
                    self._words.append(line.strip())
                    del self._words[:-20]


def _explained(words: str, host: str) -> DockerFailed:
    """By what ssh said."""
    for kind, pattern, sentence, step in _FAULTS:
        if pattern.search(words):
            return _failed(kind, sentence.format(host=host), step.format(host=host), words)
    found = _NO_SOCKET.search(words)
    if found is not None:
        return _failed(
            "ssh-no-daemon",
            f"{host} can be reached, but its Docker socket cannot ({one_line(found['why'], 80)}).",
            f"See that `ssh {host} docker info` works.",
            words,
        )
    said = one_line(words, 200) or f"nothing came within {OPEN_LIMIT:g} seconds"
    return _failed(
        "ssh-failed",
        f"ssh to {host} failed: {said.rstrip('.')}.",
        f"See that `ssh {host}` works.",
        words,
    )


def _failed(kind: str, sentence: str, step: str, words: str) -> DockerFailed:
    return DockerFailed(Failure(kind=kind, sentence=sentence, step=step, detail=words))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_bound(port: int) -> bool:
    """Without connecting: that would be a connection to the other machine's port."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
