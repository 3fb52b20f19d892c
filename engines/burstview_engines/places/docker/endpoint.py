"""Which Docker daemon the person's `docker` command means, how that was chosen, and what it is."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from burstview_engines.places.docker.client_config import (
    Tls,
    config_folder,
    context_place,
    current_context,
    read_meta,
    tls_in,
    tls_of_environment,
)

USUAL_PATH = "/var/run/docker.sock"
USUAL = f"unix://{USUAL_PATH}"
CONNECT_LIMIT = 1.0
"""Seconds that a daemon's socket may take to let a client in."""

EndpointKind = Literal["local", "rootless", "podman", "tcp", "ssh"]
_SCHEMES = ("unix", "http+unix", "tcp", "http", "https", "ssh")


class DockerProblem(Exception):  # noqa: N818  to have no Docker is no error
    """Why Docker cannot be asked, in one sentence."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One daemon's address."""

    url: str
    source: str
    """`DOCKER_HOST`, `context lab`, `default socket`, `--docker-host`, `--context lab`."""
    kind: EndpointKind
    tls: Tls | None = None

    @property
    def is_here(self) -> bool:
        """Its published loopback ports are this machine's; ssh never counts as here."""
        return self.kind != "ssh" and (self.kind != "tcp" or is_loopback(self.url))

    @property
    def words(self) -> str:
        """For the screen: `unix:///var/run/docker.sock (default socket)`."""
        note = ", Podman, experimental" if self.kind == "podman" else ""
        return f"{self.url} ({self.source}{note})"


@dataclass(frozen=True, slots=True)
class Context:
    """One of the contexts that `docker context ls` lists."""

    name: str
    url: str
    is_current: bool = False


def resolve(
    environ: Mapping[str, str], home: Path, *, context: str | None = None, host: str | None = None
) -> Endpoint:
    """`host`, `context`, DOCKER_HOST, DOCKER_CONTEXT, the current context, the default socket.

    `context` and `host` are explicit choices. docker-py itself silently takes the default socket
    when a context is missing, which may be another daemon than the person means; here that raises
    DockerProblem, as does an address that no `docker` command would take.
    """
    if host:
        return _direct(host, "--docker-host", environ, home)
    folder = config_folder(environ, home)
    if context and context != "default":
        return _of_context(context, f"--context {context}", folder, environ)
    told = environ.get("DOCKER_HOST", "").strip()
    if told:
        return _direct(told, "DOCKER_HOST", environ, home)
    name = context or environ.get("DOCKER_CONTEXT") or current_context(folder / "config.json")
    if name not in ("", "default"):
        return _of_context(name, f"context {name}", folder, environ)
    return Endpoint(USUAL, "default socket", "local")


def contexts(environ: Mapping[str, str], home: Path) -> tuple[Context, ...]:
    """The default one and all that can be read, by name; empty names and damaged ones are left
    out. With DOCKER_HOST set the default one is that, and current."""
    folder = config_folder(environ, home)
    told = environ.get("DOCKER_HOST", "").strip()
    current = "default" if told else environ.get("DOCKER_CONTEXT") or ""
    current = current or current_context(folder / "config.json") or "default"
    found = {"default": told or USUAL}
    for path in sorted((folder / "contexts" / "meta").glob("*/meta.json")):
        meta = read_meta(path)
        if meta is not None and meta.name and meta.docker is not None:
            found[meta.name] = meta.docker.host
    return tuple(Context(name, url, name == current) for name, url in found.items())


def others(environ: Mapping[str, str], home: Path) -> Iterator[Endpoint]:
    """Sockets of a rootless Docker or of Podman on which somebody listens; to be offered only."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    paths = [home / ".docker/run/docker.sock", Path("/run/podman/podman.sock")]
    if runtime:
        paths = [Path(runtime, "docker.sock"), paths[0], Path(runtime, "podman/podman.sock")]
        paths.append(Path("/run/podman/podman.sock"))
    for path in paths:
        url = f"unix://{path}"
        if _listens(str(path)):
            yield Endpoint(url, "found", _kind(url, environ))


def offer(environ: Mapping[str, str], home: Path) -> str:
    """One sentence that names another daemon of this machine; empty when there is none."""
    found = next(iter(others(environ, home)), None)
    if found is None:
        return ""
    what = "Podman (experimental)" if found.kind == "podman" else "A rootless Docker"
    return f"{what} listens at {found.url}: use it with --docker-host {found.url}."


def check(url: str) -> None:
    """Raises DockerProblem unless somebody listens there, on this machine."""
    parts = urlsplit(url if "://" in url else f"tcp://{url}")
    if parts.scheme in ("unix", "http+unix"):
        _connect(socket_path(url), url)
    elif parts.scheme not in ("tcp", "http", "https") or not is_loopback(url):
        raise DockerProblem(
            f"Docker's daemon at {url} is on another machine; name its engines by their URLs."
        )


def socket_path(url: str) -> str:
    """Of a `unix://` address; without a path the usual one, as `docker` takes it."""
    parts = urlsplit(url)
    return (parts.netloc + parts.path) or USUAL_PATH


def is_loopback(url: str) -> bool:
    """Whether the address of a TCP daemon is this machine's own."""
    host = urlsplit(url if "://" in url else f"tcp://{url}").hostname or "localhost"
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _direct(url: str, source: str, environ: Mapping[str, str], home: Path) -> Endpoint:
    """An address by itself takes its TLS from the environment, as `docker` does."""
    kind = _kind(url, environ)
    return Endpoint(url, source, kind, tls_of_environment(environ, home) if kind == "tcp" else None)


def _of_context(name: str, source: str, folder: Path, environ: Mapping[str, str]) -> Endpoint:
    place = context_place(name)
    meta = read_meta(folder / "contexts" / "meta" / place / "meta.json")
    host = meta.docker if meta is not None else None
    if host is None:
        raise DockerProblem(
            f"Docker's context {name!r} is not there; see `docker context ls`, and choose one with"
            " `docker context use`."
        )
    kind = _kind(host.host, environ)
    material = folder / "contexts" / "tls" / place / "docker"
    tls = tls_in(material, is_checked=not host.skips_check)
    return Endpoint(host.host, source, kind, tls if kind == "tcp" and material.is_dir() else None)


def _kind(url: str, environ: Mapping[str, str]) -> EndpointKind:
    scheme = urlsplit(url).scheme if "://" in url else "tcp"
    if scheme not in _SCHEMES:
        raise DockerProblem(f"{url} is no address of a daemon; use unix://, tcp:// or ssh://.")
    if scheme == "ssh":
        return "ssh"
    if scheme not in ("unix", "http+unix"):
        return "tcp"
    path = socket_path(url)
    if "podman" in path:
        return "podman"
    runtime = environ.get("XDG_RUNTIME_DIR") or "/run/user"
    is_users = path.startswith((f"{runtime}/", "/run/user/")) or "/.docker/run/" in path
    return "rootless" if is_users else "local"


def _listens(path: str) -> bool:
    try:
        _connect(path, path)
    except DockerProblem:
        return False
    return True


def _connect(path: str, url: str) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as knock:
        knock.settimeout(CONNECT_LIMIT)
        try:
            knock.connect(path)
        except PermissionError as refusal:
            raise DockerProblem(
                f"This user may not ask Docker at {path}, so engines in containers are found on the"
                " usual ports only; add the user to that socket's group, or name them by URL."
            ) from refusal
        except TimeoutError as silence:
            raise DockerProblem(
                f"Docker at {url} lets nobody in; see `docker info`, or name engines in containers"
                " by their URLs."
            ) from silence
        except OSError as absence:
            raise DockerProblem(f"No Docker daemon listens at {url}.") from absence
