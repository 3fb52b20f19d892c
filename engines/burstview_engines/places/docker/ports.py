"""Which ports of a daemon's machine are taken, by containers and by other programs."""

from __future__ import annotations

import errno
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from burstview_engines.core.managed import Failure
from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.look import look

_EVERYWHERE = ("", "0.0.0.0", "::")
_REASONS = {
    errno.EADDRINUSE: "another program listens on it",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A published port of one container."""

    id: str
    name: str
    port: int
    ip: str
    is_running: bool
    """False: it takes the port as soon as it is started."""

    def meets(self, ip: str) -> bool:
        """Whether both cannot be published at once."""
        return ip in _EVERYWHERE or self.ip in _EVERYWHERE or ip == self.ip


class _Port(msgspec.Struct, frozen=True, rename="pascal"):
    public_port: int | None = None
    type: str = "tcp"
    ip: str = msgspec.field(name="IP", default="")


class _Listed(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    names: list[str] | None = None
    state: str = ""
    ports: list[_Port] | None = None


prepare(_Listed)


def taken_ports(engine: DockerEngine) -> tuple[Taken, ...]:
    """Of all containers, stopped ones too: those must be asked one by one. Raises DockerFailed."""
    with explained(engine.endpoint.words):
        listed = msgspec.convert(engine.api.containers(all=True), list[_Listed])
    return tuple(taken for one in listed for taken in _taken(engine, one))


def bind_problem(ip: str, port: int) -> str | None:
    """Why a program of this machine could not listen there; None when it could. A port that only
    root may open counts as free: the daemon is root."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ip, port))
            probe.listen()
    except OSError as refusal:
        return _REASONS.get(refusal.errno or 0)
    return None


def free_disk(folder: str) -> int | None:
    """Bytes; None where the folder cannot be seen."""
    try:
        return shutil.disk_usage(folder).free if folder else None
    except OSError:
        return None


def no_port_near(preferred: int) -> DockerFailed:
    """All were tried in vain."""
    return DockerFailed(
        Failure(
            kind="port-taken",
            sentence=f"No port from {preferred} on is free.",
            step="Name a port that is.",
        )
    )


def _taken(engine: DockerEngine, one: _Listed) -> Iterator[Taken]:
    name = (one.names or ["?"])[0].lstrip("/")
    if one.state in ("running", "paused", "restarting"):
        for port in one.ports or ():
            if port.public_port and port.type == "tcp":
                yield Taken(one.id, name, port.public_port, port.ip, True)
        return
    try:
        asked = look(engine, one.id).ports
    except DockerFailed as failed:
        if failed.failure.kind != "container-missing":  # removed meanwhile
            raise
        return
    for binding in asked:
        if binding.host is not None:
            yield Taken(one.id, name, binding.host, binding.ip, False)
