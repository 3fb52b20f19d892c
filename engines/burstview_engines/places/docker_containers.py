"""A daemon's list of containers, read: which are engines, and where they can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from burstview_engines.backends.profile import Profile
from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.backend import Engine
from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line

EVERYWHERE = ("", "0.0.0.0", "::")
_PORT_OPTION = re.compile(r"--port[= ](\d{1,5})\b")


class Port(msgspec.Struct, frozen=True, rename="pascal"):
    """One of a container's ports; one that is not published has no public port."""

    private_port: int
    public_port: int | None = None
    type: str = "tcp"
    ip: str = msgspec.field(default="", name="IP")


class _HostConfig(msgspec.Struct, frozen=True, rename="pascal"):
    network_mode: str = ""


class Listed(msgspec.Struct, frozen=True, rename="pascal"):
    """A running container as `/containers/json` lists it; Podman sends null for empty lists."""

    image: str = ""
    command: str | list[str] | None = None
    names: list[str] | None = None
    ports: list[Port] | None = None
    host_config: _HostConfig = _HostConfig()


prepare(Listed)


@dataclass(frozen=True, slots=True)
class EngineContainer:
    """A container that holds an engine, or may."""

    name: str
    urls: tuple[str, ...]
    """Where it may be asked, from this machine; empty when nothing is published."""
    port: int | None
    """Its engine's, inside the container; None unless image or command tell the engine."""

    @property
    def is_mute(self) -> bool:
        """An engine that nobody outside can ask."""
        return self.port is not None and not self.urls


def engines(listed: Sequence[Listed]) -> tuple[EngineContainer, ...]:
    """Those whose image or command is a known engine's, or that publish an engine's port."""
    found = []
    for container in listed:
        profile = _profile(container)
        urls = tuple(dict.fromkeys(_urls(container, profile)))
        if profile is not None or urls:
            name = one_line((container.names or ["?"])[0].lstrip("/"), 40)
            found.append(EngineContainer(name, urls, profile.port if profile else None))
    return tuple(found)


def unpublished(mute: Sequence[EngineContainer]) -> str:
    """One sentence on engines that nobody outside can ask."""
    names = " and ".join(container.name for container in mute)
    subject = f"containers {names} publish" if len(mute) > 1 else f"container {names} publishes"
    steps = ", ".join(
        f"{container.name if len(mute) > 1 else 'it'} with -p 127.0.0.1:{container.port}:"
        f"{container.port}"
        for container in mute
    )
    return f"The {subject} no port; start {steps}."


def known_engine(container: Listed) -> Engine | None:
    """Told by its image or command."""
    profile = _profile(container)
    return profile.engine if profile is not None else None


def _profile(container: Listed) -> Profile | None:
    """By the image's last two path parts, whatever the registry; else by the command."""
    name = "/".join(container.image.partition("@")[0].split("/")[-2:])
    image = name if ":" in name else f"{name}:latest"
    command = container.command or ""
    words = command if isinstance(command, str) else " ".join(command)
    for profile in PROFILES.values():
        if any(fnmatchcase(image, pattern) for pattern in profile.images):
            return profile
    return next((p for p in PROFILES.values() if any(c in words for c in p.commands)), None)


def _urls(container: Listed, profile: Profile | None) -> Iterator[str]:
    """The engine's own port if it is published, else of a known engine all that are."""
    if container.host_config.network_mode == "host":
        yield from _host_urls(container, profile)
        return
    usual = {p.port for p in PROFILES.values()} if profile is None else {profile.port}
    published = [p for p in container.ports or () if p.public_port and p.type == "tcp"]
    own = [port for port in published if port.private_port in usual]
    for port in own or (published if profile else ()):
        yield f"http://{_host(port.ip)}:{port.public_port}"


def _host_urls(container: Listed, profile: Profile | None) -> Iterator[str]:
    """On the host's network a container publishes nothing: its command or its engine tells."""
    if profile is not None:
        words = container.command or ""
        named = _PORT_OPTION.search(words if isinstance(words, str) else " ".join(words))
        yield f"http://127.0.0.1:{named[1] if named else profile.port}"


def _host(ip: str) -> str:
    if ip in EVERYWHERE:
        return "127.0.0.1"
    return f"[{ip}]" if ":" in ip else ip
