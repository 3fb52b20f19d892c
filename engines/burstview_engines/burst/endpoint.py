"""Where the timed requests go, and whether our own transport can take them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from burstview_engines.burst.wire import Transport


class EndpointError(Exception):
    """A URL that no request can be sent to; the text is one sentence with the next step."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's root, taken apart."""

    scheme: str
    host: str
    """Without brackets."""
    port: int
    prefix: str
    """Path in front of every API path, without a trailing slash; mostly empty."""

    @property
    def authority(self) -> str:
        """The `Host` header: host and port, an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def endpoint(url: str) -> Endpoint:
    """The endpoint of an `http` or `https` URL; raises EndpointError on any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EndpointError(
            f"{url} is not a URL ({error}); give one like http://host:8000"
        ) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EndpointError(f"{url} is not an http URL; give one like http://host:8000")
    usual = 443 if parts.scheme == "https" else 80
    return Endpoint(parts.scheme, parts.hostname, port or usual, parts.path.rstrip("/"))


def route(url: str, environ: Mapping[str, str]) -> tuple[Transport, str | None]:
    """The transport for a URL and the proxy it goes through, None for a direct connection.

    Loopback never goes through a proxy, whatever the environment says.
    """
    target = endpoint(url)
    proxy = None if _is_direct(target, environ) else _proxy(target.scheme, environ)
    if proxy is None and target.scheme == "http":
        return "own", None
    return "httpx-aiohttp", proxy


def is_loopback(host: str) -> bool:
    """Whether the host's name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(scheme: str, environ: Mapping[str, str]) -> str | None:
    for name in (f"{scheme}_proxy", "all_proxy"):
        proxy = environ.get(name) or environ.get(name.upper())
        if proxy:
            return proxy if "://" in proxy else f"http://{proxy}"
    return None


def _is_direct(target: Endpoint, environ: Mapping[str, str]) -> bool:
    if is_loopback(target.host):
        return True
    listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip().lower() for name in listed.split(",") if name.strip()]
    return any(_covers(name, target) for name in names)


def _covers(name: str, target: Endpoint) -> bool:
    """`*`, a host, a host with port, or a domain (with or without a leading dot)."""
    if name in ("*", target.host, target.authority):
        return True
    domain, _, port = name.rpartition(":") if ":" in name else (name, "", "")
    if port and port != str(target.port):
        return False
    return target.host.endswith("." + domain.lstrip("."))
