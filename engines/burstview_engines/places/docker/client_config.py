"""The configuration of the `docker` command: contexts, and the certificates for daemons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burstview_engines.core.prepared import prepare


@dataclass(frozen=True, slots=True)
class Tls:
    """How a daemon proves itself and we prove ourselves; files that are missing are None."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    is_checked: bool = True
    """False: any certificate of the daemon will do, as the person chose."""


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    current_context: str = ""


class Host(msgspec.Struct, frozen=True):
    """Where a context's daemon is."""

    host: str = msgspec.field(name="Host")
    skips_check: bool = msgspec.field(name="SkipTLSVerify", default=False)


class Meta(msgspec.Struct, frozen=True, rename="pascal"):
    """What `docker context create` wrote."""

    endpoints: dict[str, Host]
    name: str = ""

    @property
    def docker(self) -> Host | None:
        """Its daemon; None where it has no address."""
        host = self.endpoints.get("docker")
        return host if host is not None and host.host else None


prepare(_Config, Meta)


def config_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where `docker` keeps its configuration."""
    return Path(environ.get("DOCKER_CONFIG") or home / ".docker")


def context_place(name: str) -> str:
    """Docker keeps each context in a folder named by the hash of its name."""
    return hashlib.sha256(name.encode()).hexdigest()


def tls_of_environment(environ: Mapping[str, str], home: Path) -> Tls | None:
    """Only DOCKER_TLS_VERIFY or DOCKER_TLS turn TLS on; a certificate path alone does not."""
    is_checked = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not is_checked and not environ.get("DOCKER_TLS"):
        return None
    return tls_in(
        Path(environ.get("DOCKER_CERT_PATH") or config_folder(environ, home)), is_checked=is_checked
    )


def tls_in(folder: Path, *, is_checked: bool) -> Tls:
    """The files that are in that folder, by their usual names."""
    ca, certificate, key = (
        path if path.is_file() else None
        for path in (folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    )
    return Tls(ca, certificate, key, is_checked)


def current_context(path: Path) -> str:
    """Empty when the file is missing or unreadable: `docker` then takes its default too."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Config).current_context
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def read_meta(path: Path) -> Meta | None:
    """None when it is missing or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Meta)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
