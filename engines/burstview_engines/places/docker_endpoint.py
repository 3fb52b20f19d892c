"""Which Docker daemon the person's `docker` command means, and whether it can be asked."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

USUAL = "unix:///var/run/docker.sock"
CONNECT_LIMIT = 1.0
"""Seconds that a daemon's socket may take to let a client in."""


class DockerProblem(Exception):  # noqa: N818  to have no Docker is no error
    """Why Docker cannot be asked, in one sentence; `is_told`: it is worth a notice."""

    def __init__(self, sentence: str, *, is_told: bool = True) -> None:
        super().__init__(sentence)
        self.is_told = is_told


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    current_context: str = ""


class _Endpoint(msgspec.Struct, frozen=True, rename="pascal"):
    host: str


class _Meta(msgspec.Struct, frozen=True, rename="pascal"):
    endpoints: dict[str, _Endpoint]


def endpoint(environ: Mapping[str, str], home: Path) -> str:
    """DOCKER_HOST, else the current context's endpoint, else the usual socket.

    docker-py itself takes the usual socket when the current context is missing, which may be
    another daemon than the person means; here that raises DockerProblem.
    """
    host = environ.get("DOCKER_HOST", "").strip()
    if host:
        return host
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    name = environ.get("DOCKER_CONTEXT") or _current_context(folder / "config.json")
    return _host_of(name, folder) if name not in ("", "default") else USUAL


def check(url: str) -> None:
    """Raises DockerProblem unless somebody listens there, on this machine."""
    parts = urlsplit(url if "://" in url else f"tcp://{url}")
    if parts.scheme in ("unix", "http+unix"):
        _connect((parts.netloc + parts.path) or "/var/run/docker.sock", url)
    elif parts.scheme not in ("tcp", "http", "https") or not _is_here(parts.hostname or ""):
        raise DockerProblem(
            f"Docker's daemon at {url} is on another machine; name its engines by their URLs.",
            is_told=False,
        )


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
            raise DockerProblem(f"No Docker daemon listens at {url}.", is_told=False) from absence


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _current_context(path: Path) -> str:
    """Empty when the file is missing or unreadable: `docker` then takes its default too."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Config).current_context
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _host_of(name: str, folder: Path) -> str:
    """Docker keeps each context in a folder named by the hash of its name."""
    place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    try:
        return msgspec.json.decode(place.read_bytes(), type=_Meta).endpoints["docker"].host
    except (OSError, KeyError, msgspec.DecodeError, UnicodeDecodeError) as absence:
        raise DockerProblem(
            f"Docker's current context {name!r} is not there; choose one with `docker context use`."
        ) from absence
