"""A real Docker Engine for the tests: skipped without one, failed with REQUIRE_DOCKER=1."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count

import docker
import pytest
from docker import DockerClient

from tests.docker import belongings, images
from tests.docker.images import StandinImages

_NUMBERS = count(1)


def refuse(reason: str) -> None:
    """Skip the test, or fail it where a Docker Engine is required."""
    if os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def session_token(worker_id: str) -> str:
    """Part of every name of this worker; the value of the label io.burstview.test."""
    return belongings.token(worker_id)


@pytest.fixture(scope="session")
def docker_client(session_token: str) -> Iterator[DockerClient]:
    """A client of the real daemon; what the tests left is removed at the end."""
    try:
        client = docker.from_env(timeout=30)
    except docker.errors.DockerException as absence:
        refuse(f"no Docker Engine answers: {absence}")
        raise
    belongings.remove_orphans(client)
    yield client
    belongings.remove_of(client, session_token)
    client.close()


@pytest.fixture(scope="session")
def plain_image(docker_client: DockerClient) -> str:
    """An image with `/usr/bin/python3` and nothing else, to run small programs in."""
    return images.plain(docker_client)


@pytest.fixture(scope="session")
def standin_images(docker_client: DockerClient) -> StandinImages:
    """The embedded engines as images: `.vllm`, `.ollama`, `.llamacpp`."""
    return images.standins(docker_client)


@pytest.fixture
def unique_name(docker_client: DockerClient, session_token: str) -> Iterator[Callable[[str], str]]:
    """`unique_name("ollama")` for containers, volumes and networks, or as a part of their names;
    everything that holds such a name is removed after the test."""
    prefix = f"{session_token}-{next(_NUMBERS)}"
    yield lambda stem: f"{prefix}-{stem}"
    belongings.remove_of(docker_client, f"{prefix}-")


@pytest.fixture
def test_labels(session_token: str) -> dict[str, str]:
    """For what a test creates itself: removed at the session's end at the latest."""
    return {belongings.LABEL: session_token}
