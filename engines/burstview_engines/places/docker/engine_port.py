"""One Docker daemon, as it is asked: connected when needed, told apart from Podman, closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.endpoint import CONNECT_LIMIT, Endpoint, socket_path
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.tunnel import Tunnel

if TYPE_CHECKING:
    from docker import APIClient

CALL_LIMIT = 60
"""Seconds that the daemon may be silent in a call; a container of a big image takes some."""


class Runtime(msgspec.Struct, frozen=True):
    """One OCI runtime of the daemon."""

    path: str = ""


class Device(msgspec.Struct, frozen=True):
    """A device that the daemon found, such as `nvidia.com/gpu=0` by CDI."""

    source: str = msgspec.field(name="Source", default="")
    id: str = msgspec.field(name="ID", default="")


class Info(msgspec.Struct, frozen=True, rename="pascal"):
    """Of `docker info`, what is used here; engines before 28 find no devices."""

    name: str = ""
    server_version: str = ""
    operating_system: str = ""
    docker_root_dir: str = ""
    runtimes: dict[str, Runtime] | None = None
    default_runtime: str = ""
    discovered_devices: list[Device] | None = None
    security_options: list[str] | None = None
    ncpu: int = msgspec.field(name="NCPU", default=0)
    mem_total: int = 0


class _Component(msgspec.Struct, frozen=True, rename="pascal"):
    name: str = ""


class Version(msgspec.Struct, frozen=True, rename="pascal"):
    """Of `docker version`, the server's part."""

    version: str = ""
    api_version: str = ""
    components: list[_Component] | None = None

    @property
    def is_podman(self) -> bool:
        """Podman answers in Docker's stead."""
        return any(part.name.startswith("Podman") for part in self.components or ())


prepare(Info, Version)


class DockerEngine:
    """All calls block, are meant for threads, and raise DockerFailed.

    Short calls share one client; a long answer (a log, a pull) gets a client of its own, whose
    connection can be cut without hurting others.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout: int = CALL_LIMIT,
        make_tunnel: Callable[[str], Tunnel] = Tunnel,
        offer: Callable[[], str] = lambda: "",
    ) -> None:
        """`offer` names another daemon, for the next step when nobody answers here."""
        self.endpoint = endpoint
        self._offer = offer
        self._timeout = timeout
        self._make_tunnel = make_tunnel
        self._connecting = threading.RLock()
        self._api: APIClient | None = None
        self._tunnel: Tunnel | None = None
        self._connected_by: Tunnel | None = None
        """The tunnel of the short calls' client: when it is replaced, so is the client."""
        self._version: Version | None = None
        self._is_closed = False

    @property
    def api(self) -> APIClient:
        """The client of the short calls, connected at the first use. Raises DockerFailed."""
        api = self._api
        if api is not None and self._is_connected:
            return api
        with self._connecting:
            if self._api is None or not self._is_connected:
                if self._api is not None:
                    self._api.close()
                self._api = self.new_api()
                self._connected_by = self._tunnel
            return self._api

    def new_api(self, timeout: int | None = None) -> APIClient:
        """A client of its own for one long answer; the caller closes it. Raises DockerFailed."""
        try:
            return self._connect(timeout)
        except DockerFailed as failed:
            offered = self._offer() if failed.failure.kind == "daemon-absent" else ""
            if not offered:
                raise
            raise DockerFailed(msgspec.structs.replace(failed.failure, step=offered)) from failed

    def _connect(self, timeout: int | None) -> APIClient:
        with explained(self.endpoint.words):
            url = self._base_url()
            if url.startswith("unix://"):
                _knock(url)
            from burstview_engines.places.docker.daemon_client import client

            return client(url, self._timeout if timeout is None else timeout, self.endpoint.tls)

    @property
    def version(self) -> Version:
        """Asked once."""
        if self._version is None:
            with explained(self.endpoint.words):
                self._version = msgspec.convert(self.api.version(api_version=False), Version)
        return self._version

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers in Docker's stead."""
        return self.version.is_podman

    def info(self) -> Info:
        """What the daemon can do, asked anew."""
        with explained(self.endpoint.words):
            return msgspec.convert(self.api.info(), Info)

    def ping(self) -> None:
        """Raises DockerFailed unless the daemon answers."""
        with explained(self.endpoint.words):
            self.api.ping()

    def url_of(self, ip: str, port: int) -> str | None:
        """Where a published port can be asked from this machine; of a daemon behind ssh a forwarded
        port. None: it cannot, because it is published on another machine's loopback only."""
        if self.endpoint.kind == "ssh":
            return self._opened_tunnel().forward(port)
        if self.endpoint.is_here:
            return f"http://{_asked(ip)}:{port}"
        host = urlsplit(self.endpoint.url).hostname or ""
        return None if ip.startswith("127.") or ip == "::1" else f"http://{_bracketed(host)}:{port}"

    def close(self) -> None:
        """For good, and at once: a call in progress on another thread fails."""
        self._is_closed = True
        if self._api is not None:
            self._api.close()
        if self._tunnel is not None:
            self._tunnel.close()

    def _base_url(self) -> str:
        return self._opened_tunnel().url if self.endpoint.kind == "ssh" else self.endpoint.url

    @property
    def _is_connected(self) -> bool:
        by = self._connected_by
        return self.endpoint.kind != "ssh" or (by is not None and by is self._tunnel and by.is_open)

    def _opened_tunnel(self) -> Tunnel:
        """A tunnel whose ssh has ended is replaced."""
        with self._connecting:
            if self._tunnel is None or not self._tunnel.is_open:
                if self._tunnel is not None:
                    self._tunnel.close()
                self._tunnel = self._make_tunnel(self.endpoint.url)
                self._tunnel.open()
            if self._is_closed:
                self._tunnel.close()
            return self._tunnel


def _knock(url: str) -> None:
    """docker-py leaves its socket open when nobody listens; this one is closed. Raises OSError."""
    with closing(socket.socket(socket.AF_UNIX)) as knock:
        knock.settimeout(CONNECT_LIMIT)
        knock.connect(socket_path(url))


def _asked(ip: str) -> str:
    """All addresses are asked on loopback."""
    return "127.0.0.1" if ip in ("", "0.0.0.0", "::") else _bracketed(ip)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
