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
import weakref
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
    "ControlPersist=no",
)
"""No question is asked that nobody sees; a dead line is noticed within a minute; the connection is
our own, because forwards in a shared one would outlive us."""
FORWARD_LIMIT = 10.0
"""Seconds that a forward of one more port may take."""
PORTS_TRIED = 5
"""Somebody may take a free port before ssh does."""

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
    """One `ssh` that forwards the daemon's socket, and ports as they are asked for.

    docker-py's own `ssh://` is not used: its streams cannot be ended, and it ignores parts of
    ~/.ssh/config. A path in the address names another socket than the usual one.
    """

    def __init__(
        self,
        url: str,
        *,
        ssh: str = "ssh",
        environ: Mapping[str, str] | None = None,
        base: Path | None = None,
    ) -> None:
        """`base`: where its private folder is made; None: the system's place for such."""
        parts = urlsplit(url)
        user = f"{unquote(parts.username)}@" if parts.username else ""
        self.host = f"{user}{parts.hostname or ''}"
        self._port = parts.port
        self._remote = parts.path if parts.path not in ("", "/") else REMOTE_SOCKET
        self._ssh, self._environ = ssh, dict(os.environ if environ is None else environ)
        self._base = base
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._ports: dict[int, int] = {}

    @property
    def url(self) -> str:
        """The local socket's address, once open."""
        return f"unix://{self._path('docker.sock')}"

    @property
    def is_open(self) -> bool:
        """Whether its ssh lives."""
        return self._line is not None and self._line.is_alive

    @property
    def pid(self) -> int | None:
        """Of its ssh; None before it is opened and after it is closed."""
        return self._line.pid if self._line is not None else None

    def open(self) -> None:
        """Returns when the daemon's socket answers. Raises DockerFailed."""
        self._folder = Path(tempfile.mkdtemp(prefix="burstview-ssh-", dir=self._base))
        forward = f"{self._path('docker.sock')}:{self._remote}"
        try:
            argv = self._words("-M", "-N", "-T", "-L", forward)
            self._line = _Line(argv, self._environ, self.host)
            self._line.wait(self._answers)
        except DockerFailed:
            self.close()
            raise

    def forward(self, port: int) -> str:
        """The local URL of that port of the other machine's loopback; the same while the line
        lives. Whether anybody listens there is not asked. Raises DockerFailed."""
        with self._lock:
            if port not in self._ports:
                self._ports[port] = self._forwarded(port)
            return f"http://127.0.0.1:{self._ports[port]}"

    def close(self) -> None:
        """What used the tunnel sees its connections end."""
        line, self._line = self._line, None
        if line is not None:
            line.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return (self._folder or Path()) / name

    def _words(self, *more: str) -> list[str]:
        options = [word for option in OPTIONS for word in ("-o", option)]
        port = ["-p", str(self._port)] if self._port else []
        return [self._ssh, "-S", str(self._path("line")), *options, *port, *more, "--", self.host]

    def _forwarded(self, port: int) -> int:
        """By the ssh that runs; it says whether it could."""
        said = ""
        for _ in range(PORTS_TRIED):
            local = _free_port()
            argv = self._words("-O", "forward", "-L", f"127.0.0.1:{local}:127.0.0.1:{port}")
            try:
                done = subprocess.run(
                    argv,
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=FORWARD_LIMIT,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as refusal:
                raise _explained(str(refusal), self.host) from refusal
            if done.returncode == 0:
                return local
            said = done.stderr
        raise _explained(said, self.host)

    def _answers(self) -> bool:
        """The other end of the socket too: ssh makes ours before anything is asked."""
        with socket.socket(socket.AF_UNIX) as knock:
            knock.settimeout(OPEN_LIMIT / 2)
            try:
                knock.connect(str(self._path("docker.sock")))
                knock.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                return bool(knock.recv(1))
            except OSError:
                return False


class _Line:
    """One `ssh -N`, its words kept."""

    def __init__(self, argv: list[str], environ: dict[str, str], host: str) -> None:
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
        self.pid = self._process.pid
        self._ending = weakref.finalize(self, _end, self._process)  # at the program's end too
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

    def wait(self, answers: Callable[[], bool]) -> None:
        """Until it can be used. Raises DockerFailed when ssh ends, or says that it cannot."""
        until = time.monotonic() + OPEN_LIMIT
        while not answers():
            if not self.is_alive:
                self._reader.join(1.0)
                raise _explained(self.words, self._host)
            if time.monotonic() > until or _NO_SOCKET.search(self.words):
                raise _explained(self.words, self._host)
            time.sleep(LOOK)

    def end(self) -> None:
        """From any thread, as often as wanted."""
        self._ending()

    def _read(self) -> None:
        stderr: IO[str] | None = self._process.stderr
        if stderr is not None:
            with stderr:
                for line in stderr:
                    self._words.append(line.strip())
                    del self._words[:-20]


def _end(process: subprocess.Popen[str]) -> None:
    """Ask it to end, then end it."""
    process.terminate()
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
