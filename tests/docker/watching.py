"""What the tests of watching share: waiting on conditions, a line that can be cut, programs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import docker
from docker import APIClient, DockerClient
from docker.transport import UnixHTTPAdapter

from burstview_engines.places.docker.log_book import LogBook

LIMIT = 30.0
PYTHON = ("/usr/bin/python3", "-u", "-c")


def until(condition: Callable[[], object], what: str = "it") -> None:
    """Returns when it is true; fails after the limit."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.005)


def url_of(client: DockerClient) -> str:
    """Of the daemon that it asks."""
    adapter = client.api.get_adapter(client.api.base_url)
    is_local = isinstance(adapter, UnixHTTPAdapter)
    return f"unix://{adapter.socket_path}" if is_local else client.api.base_url


def like(client: DockerClient) -> Callable[[], APIClient]:
    """Makes clients of the same daemon, which ask nothing while they are made: where no daemon
    answers, docker-py would leave a socket open."""
    return lambda: docker.APIClient(url_of(client), version=client.api.api_version)


@dataclass(slots=True)
class Seen:
    """What an EventWatch told, in order."""

    told: list[str] = field(default_factory=list)
    """`list`, `gone`, `back`, and `ACTION NAME`."""
    lists: list[Sequence[Mapping[str, object]]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def listed(self, containers: Sequence[Mapping[str, object]]) -> None:
        """For on_list."""
        self.lists.append(containers)
        self.told.append("list")

    def happened(self, action: str, _id: str, attributes: Mapping[str, str]) -> None:
        """For on_event."""
        self.told.append(f"{action} {attributes.get('name', '?')}")

    def went(self, error: Exception) -> None:
        """For on_gone."""
        self.errors.append(error)
        self.told.append("gone")

    def came_back(self) -> None:
        """For on_back."""
        self.told.append("back")

    def actions_of(self, name: str) -> list[str]:
        """What happened to the container of that name."""
        return [t.removesuffix(f" {name}") for t in tuple(self.told) if t.endswith(f" {name}")]


class Book(LogBook):
    """One that keeps all lines, and whose remarks are at hand."""

    def __init__(self) -> None:
        super().__init__(kept=1_000_000)
        self.remarks: list[str] = []

    def remark(self, text: str) -> None:
        """Kept twice."""
        super().remark(text)
        self.remarks.append(text)

    @property
    def count(self) -> int:
        """Of the lines that are no remarks."""
        return self.last_number - len(self.remarks)

    @property
    def is_over(self) -> bool:
        """The last thing told is that the container stopped."""
        return "stopped" in (self.remarks or [""])[-1]

    def texts(self) -> list[str]:
        """Of all lines that are no remarks."""
        return [line.text for line in self.since(0) if not line.is_remark]


def told_by_docker(client: DockerClient, container: str) -> list[str]:
    """The whole log of a stopped container, as the daemon has it."""
    whole: bytes = client.api.logs(container, stream=False)
    return whole.decode().splitlines()


class CutLine:
    """A Unix socket before the daemon's, whose connections can be cut, and refused for a while."""

    def __init__(self, path: Path, daemon: str, version: str) -> None:
        self.path = path
        self.is_refusing = False
        self._daemon = daemon
        self._version = version
        self._ends: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._pouring: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def api(self) -> APIClient:
        """A client on this line."""
        return docker.APIClient(f"unix://{self.path}", version=self._version)

    def cut(self) -> None:
        """End all connections, at whatever byte they are."""
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let nobody in any more; returns when all that were in are out."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.cut()
        for thread in self._pouring:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_refusing:
                    client.close()
                    continue
                self._let_in(client)

    def _let_in(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._daemon)
        self._ends += [client, server]
        thread = threading.Thread(target=_join, args=(client, server), daemon=True)
        self._pouring.append(thread)
        thread.start()


def _join(client: socket.socket, server: socket.socket) -> None:
    """Until both sides have ended."""
    with client, server:
        back = threading.Thread(target=_pour, args=(server, client), daemon=True)
        back.start()
        _pour(client, server)
        back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        source.shutdown(socket.SHUT_RD)


@contextmanager
def cut_line(client: DockerClient, folder: Path) -> Iterator[CutLine]:
    """Closed at the end."""
    line = CutLine(folder / "line.sock", urlsplit(url_of(client)).path, client.api.api_version)
    try:
        yield line
    finally:
        line.close()
