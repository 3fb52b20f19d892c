"""Images of the tests: made once for all workers and sessions of one state of the source."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import docker
from docker import DockerClient

import burstview_engines
from burstview_engines.simulator.engine_spec import SimulatedEngine
from burstview_engines.simulator.image.docker_import import make_image, make_plain_image
from burstview_engines.simulator.image.packages import NEEDED, OWN
from burstview_engines.simulator.image.recipe import RECIPES

LABEL = "io.burstview.test-image"
STALE = 3600.0
"""Seconds after which an image of another state of the source is removed."""


class StandinImages:
    """References of the embedded engines' images; each is made when it is first asked for."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    @cached_property
    def vllm(self) -> str:
        """Behaves like `vllm/vllm-openai`."""
        return standin(self._client, "vllm")

    @cached_property
    def ollama(self) -> str:
        """Behaves like `ollama/ollama`."""
        return standin(self._client, "ollama")

    @cached_property
    def llamacpp(self) -> str:
        """Behaves like `ghcr.io/ggml-org/llama.cpp:server`."""
        return standin(self._client, "llamacpp")


def plain(client: DockerClient) -> str:
    """Python alone, `/usr/bin/python3`; the reference."""
    reference = f"burstview/test-plain:{_interpreter()}"
    _once(client, reference, lambda: make_plain_image(client, reference, {LABEL: "plain"}))
    return reference


def standin(client: DockerClient, engine: SimulatedEngine) -> str:
    """One of them, made unless this daemon has it; the reference."""
    reference = f"burstview/test-{engine}:{_source()}"
    labels = {LABEL: engine}
    _once(client, reference, lambda: make_image(client, RECIPES[engine], reference, labels))
    return reference


def readme_images(client: DockerClient) -> None:
    """The stand-ins under the names that the engines' READMEs use, for a daemon of the tests' own:
    nobody else can take them for the real ones."""
    _named(client, "ollama", "ollama/ollama:latest")
    _named(client, "vllm", "vllm/vllm-openai:latest")


def _named(client: DockerClient, engine: SimulatedEngine, name: str) -> None:
    """Another test may have given that name to an image of its own."""
    here = client.images.list(name=name, filters={"label": "io.burstview.simulated=true"})
    if not here:
        make_image(client, RECIPES[engine], name)


def _once(client: DockerClient, reference: str, make: Callable[[], None]) -> None:
    """Make it unless the daemon has it; one at a time, whoever asks."""
    with _lock():
        if not client.images.list(name=reference):
            make()
            _forget_stale(client, reference)


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / "burstview-test-images.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_stale(client: DockerClient, kept: str) -> None:
    """Images of earlier states of the source that no container needs."""
    name = kept.rpartition(":")[0]
    named = client.images.list(name=name, filters={"label": LABEL})
    nameless = client.images.list(filters={"label": LABEL, "dangling": True})
    for image in (*named, *nameless):
        age = (
            time.time()
            - datetime.fromisoformat(image.attrs["Created"][:19]).replace(tzinfo=UTC).timestamp()
        )
        if kept not in image.tags and age > STALE:
            with contextlib.suppress(docker.errors.APIError):
                client.images.remove(str(image.id))


def _interpreter() -> str:
    """A tag that changes with the interpreter."""
    words = (sys.version, sys.prefix, platform.machine())
    return hashlib.sha256(repr(words).encode()).hexdigest()[:12]


def _source() -> str:
    """A tag that changes with our source, the interpreter and the packages."""
    told = hashlib.sha256(repr((_interpreter(), *map(version, NEEDED))).encode())
    root = Path(burstview_engines.__file__).parent
    for path in sorted(file for part in OWN for file in (root / part).glob("**/*.py")):
        told.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return told.hexdigest()[:12]
