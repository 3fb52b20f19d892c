"""Names and ports that nobody has on this machine."""

from __future__ import annotations

import socket
from collections.abc import Container
from contextlib import closing


def free_name(wanted: str, taken: Container[str | None]) -> str:
    """`x`, else `x-2` and so on."""
    if wanted not in taken:
        return wanted
    return next(name for n in range(2, 10_000) if (name := f"{wanted}-{n}") not in taken)


def is_free(port: int) -> bool:
    """Whether a program could listen on it just now."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(wanted: int, taken: Container[int]) -> int:
    """The usual one, else any. One that starts may not listen yet, but its port is `taken`."""
    if wanted not in taken and is_free(wanted):
        return wanted
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def port_of(url: str) -> int:
    """At the end of an engine's URL."""
    return int(url.rpartition(":")[2])
