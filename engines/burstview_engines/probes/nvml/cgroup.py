"""Which container a process runs in, from the text of its /proc/PID/cgroup. Pure."""

from __future__ import annotations

import re

IDS = re.compile(
    r"(?:^|/)"
    r"(?:docker-|libpod-|cri-containerd-|crio-|containerd-|nerdctl-)?"
    r"([0-9a-f]{64})"
    r"(?:\.scope)?(?=/|$)"
)
"""64 hex digits as one part of a path, bare or as systemd names a scope after them. A monitor
process of Podman, `libpod-conmon-…`, is none: it runs beside the container."""
COLON_ID = re.compile(r":cri-containerd:([0-9a-f]{64})$")
"""containerd without systemd's slices: `…slice:cri-containerd:ID`."""


def container_of(cgroup: str) -> str | None:
    """The whole id; the outermost where containers are nested, for that is the one which the
    engine of this machine knows. None for a process outside all containers."""
    for line in cgroup.splitlines():
        path = line.split(":", 2)[-1]
        found = IDS.search(path) or COLON_ID.search(path)
        if found is not None:
            return found[1]
    return None
