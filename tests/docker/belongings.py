"""What tests leave in a Docker daemon, found again by name or label and removed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from functools import partial

import docker
from docker import DockerClient
from docker.models.containers import Container
from docker.models.networks import Network
from docker.models.volumes import Volume

LABEL = "io.burstview.test"

_TOKEN = re.compile(r"bvt-(\d+)-\w+")

Belonging = Container | Volume | Network


def token(worker: str) -> str:
    """Part of every name that this worker of this session hands out; its label's value too."""
    return f"bvt-{os.getpid()}-{worker}"


def remove_all(client: DockerClient, is_ours: Callable[[str, Mapping[str, str]], bool]) -> None:
    """Containers first, then networks and volumes, whose name and labels `is_ours` accepts."""
    for container in client.containers.list(all=True, ignore_removed=True):
        if is_ours(container.name or "", container.labels):
            _remove(partial(container.remove, force=True, v=True))
    for network in client.networks.list():
        if is_ours(network.name or "", network.attrs.get("Labels") or {}):
            _remove(network.remove)
    for volume in client.volumes.list():
        if is_ours(volume.name or "", volume.attrs.get("Labels") or {}):
            _remove(volume.remove)


def remove_of(client: DockerClient, part: str) -> None:
    """All whose name or test label holds that part."""
    remove_all(client, lambda name, labels: part in name or part in labels.get(LABEL, ""))


def remove_orphans(client: DockerClient) -> None:
    """What sessions left that ended without cleaning up: their process is gone."""
    remove_all(client, lambda name, labels: _is_orphan(name) or _is_orphan(labels.get(LABEL, "")))


def _is_orphan(name: str) -> bool:
    found = _TOKEN.search(name)
    if found is None:
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _remove(act: Callable[[], object]) -> None:
    """Somebody else may have been faster."""
    with contextlib.suppress(docker.errors.NotFound, docker.errors.APIError):
        act()
