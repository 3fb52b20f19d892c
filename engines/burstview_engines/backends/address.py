"""A server's URL taken apart: its root, its host, and whether that is this machine."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import psutil

from burstview_engines.backends.failure import BackendError
from burstview_engines.core.loopback import is_loopback

_ENDINGS = ("/v1/chat/completions", "/v1/completions", "/v1/models", "/v1")
RESOLVE_LIMIT = 2.0
"""Seconds to wait for a name server."""


def root_of(url: str) -> str:
    """The server's root, path prefix kept, without `/v1`. Raises BackendError."""
    text = url.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise BackendError(f"{url!r} is no URL: {fault}; give one like {_EXAMPLE}.") from fault
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise BackendError(f"{url!r} is no server's URL; give one like {_EXAMPLE}.")
    prefix = parts.path.rstrip("/")
    ending = next((ending for ending in _ENDINGS if prefix.endswith(ending)), "")
    return f"{parts.scheme}://{parts.netloc}{prefix.removesuffix(ending)}"


async def hardware_of(url: str) -> str:
    """`host:localhost` for every name and address of this machine, else `host:` and the address.

    Two servers of one host may still have a GPU each: then they are only fired in turns needlessly.
    """
    if is_loopback(url):
        return "host:localhost"
    host = urlsplit(url).hostname or ""
    try:
        async with asyncio.timeout(RESOLVE_LIMIT):
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, TimeoutError):
        return f"host:{host}"
    addresses = sorted({str(entry[4][0]) for entry in found})
    if not addresses:
        return f"host:{host}"
    is_here = any(is_loopback(f"//{_bracketed(address)}") for address in addresses)
    return "host:localhost" if is_here or _own().intersection(addresses) else f"host:{addresses[0]}"


def _own() -> set[str]:
    """This machine's addresses."""
    families = (socket.AF_INET, socket.AF_INET6)
    return {
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in families
    }


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


_EXAMPLE = "http://127.0.0.1:8000"
