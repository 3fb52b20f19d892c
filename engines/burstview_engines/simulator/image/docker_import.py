"""Hands a root file system to a Docker daemon as an image; nothing is downloaded."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from burstview_engines.simulator.image.interpreter import ImageError
from burstview_engines.simulator.image.recipe import (
    Recipe,
    engine_changes,
    engine_root,
    plain_changes,
    plain_root,
)

if TYPE_CHECKING:
    from docker import DockerClient

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""The kernel's words and Docker's."""


def make_image(
    client: DockerClient, recipe: Recipe, reference: str, labels: Mapping[str, str] | None = None
) -> None:
    """One engine's image under that name. Raises ImageError."""
    _check_architecture(client)
    _import(client, engine_root(recipe), reference, engine_changes(recipe, labels or {}))


def make_plain_image(
    client: DockerClient, reference: str, labels: Mapping[str, str] | None = None
) -> None:
    """An image with Python alone. Raises ImageError."""
    _check_architecture(client)
    _import(client, plain_root(), reference, plain_changes(labels or {}))


def _import(client: DockerClient, root: bytes, reference: str, changes: Sequence[str]) -> None:
    import docker

    repository, _, tag = reference.rpartition(":")
    if not repository or "/" in tag:
        repository, tag = reference, "latest"
    try:
        client.api.import_image_from_data(
            root, repository=repository, tag=tag, changes=list(changes)
        )
    except docker.errors.APIError as refusal:
        raise ImageError(f"Docker does not take {reference}: {refusal.explanation}.") from refusal


def _check_architecture(client: DockerClient) -> None:
    here = ARCHITECTURES.get(platform.machine(), platform.machine())
    there = str(client.version().get("Arch", here))
    if here != there:
        raise ImageError(
            f"The image is made of this machine's {here} Python, and Docker runs {there}; "
            "build it with `docker build -f engines/Dockerfile .` instead."
        )
