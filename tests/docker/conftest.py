"""A real Docker Engine for the tests: skipped without one, failed with REQUIRE_DOCKER=1."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import count
from pathlib import Path

import docker
import pytest
from docker import DockerClient
from docker.models.containers import Container

from burstview_engines.places.docker.endpoint import DockerProblem, check, resolve
from tests.docker import belongings, images, log_programs
from tests.docker.following import Create, create_logging
from tests.docker.images import StandinImages
from tests.docker.ollama_registry import OllamaRegistry
from tests.docker.ollama_registry import ollama_registry as serve_ollama_registry
from tests.docker.private_daemon import NoDaemonError, PrivateDaemon
from tests.docker.private_daemon import private_daemon as run_private_daemon
from tests.docker.registry import Registry
from tests.docker.registry import registry as serve_registry

_NUMBERS = count(1)


LEFT_OPEN = r"ignore:.*socket\.socket.*family=1:pytest.PytestUnraisableExceptionWarning"
"""docker-py leaves the sockets of streams that have ended to the garbage collector."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only for the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(LEFT_OPEN))


@pytest.fixture(autouse=True)
def collected_sockets() -> Iterator[None]:
    """Such a socket is found in the test that left it, and not in one that knows no Docker."""
    yield
    gc.collect()


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
        url = resolve(os.environ, Path.home()).url
        check(url)
        client = DockerClient(base_url=url, timeout=30)
    except (DockerProblem, docker.errors.DockerException) as absence:
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
    """The embedded engines as images, each made when it is first asked for: `.vllm`, `.ollama`,
    `.llamacpp` are references."""
    return StandinImages(docker_client)


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


@pytest.fixture
def create(
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Callable[[str], str],
    test_labels: dict[str, str],
) -> Create:
    """`create(program, lines=…, rate=…, end=…)`: a container that prints, not started."""

    names = (unique_name(f"log-{number}") for number in count(1))

    def make(program: str = log_programs.COUNT, **more: object) -> Container:
        name = next(names)
        return create_logging(docker_client, plain_image, name, test_labels, program, more)

    return make


@pytest.fixture(scope="session")
def registry(docker_client: DockerClient) -> Iterator[Registry]:
    """A Docker registry on loopback; see `tests.docker.registry` for its faults. What was pulled
    from it is removed at the end."""
    with serve_registry() as held:
        yield held
        for image in docker_client.api.images():  # not one by one: others remove theirs meanwhile
            for tag in image["RepoTags"] or ():
                if tag.startswith(f"{held.host}/"):
                    with contextlib.suppress(docker.errors.APIError):
                        docker_client.images.remove(tag, force=True)


@pytest.fixture(scope="session")
def ollama_registry(docker_client: DockerClient) -> Iterator[OllamaRegistry]:
    """A registry of models for Ollama, reachable from this machine and from bridged containers:
    `ollama_registry.name("tiny:1", for_containers=True)`, pulled with `insecure`."""
    with serve_ollama_registry(_gateway(docker_client)) as held:
        yield held


@pytest.fixture(scope="session")
def session_daemon() -> Iterator[PrivateDaemon]:
    """The one private daemon of this worker; tests take `private_daemon`."""
    with contextlib.ExitStack() as stack:
        try:
            daemon = stack.enter_context(run_private_daemon())
        except NoDaemonError as absence:
            refuse(str(absence))
            raise
        yield daemon


@pytest.fixture
def private_daemon(session_daemon: PrivateDaemon) -> Iterator[PrivateDaemon]:
    """A daemon that may be stopped and started: running, and empty but for images. It takes
    `--gpus` and `--runtime nvidia`, though there is no GPU. Its ports are reached by `relay`."""
    if not session_daemon.is_running:
        session_daemon.start()
    yield session_daemon
    session_daemon.drop_relays()
    if not session_daemon.is_running:
        session_daemon.start()
    client = session_daemon.client()
    belongings.remove_all(client, lambda name, labels: name not in ("bridge", "host", "none"))
    client.close()


@pytest.fixture
def private_client(private_daemon: PrivateDaemon) -> Iterator[DockerClient]:
    """Of the private daemon, with `ollama/ollama` and `vllm/vllm-openai`, in truth stand-ins. The
    test lives on that daemon's machine, so to speak: ports are its own, and all are free."""
    client = private_daemon.client()
    images.readme_images(client)
    with private_daemon.inside():
        yield client
    client.close()


def _gateway(client: DockerClient) -> str | None:
    """This machine's address on the default bridge."""
    configs = client.networks.get("bridge").attrs["IPAM"]["Config"] or []
    if not configs:
        return None
    return str(configs[0].get("Gateway") or ip_network(configs[0]["Subnet"])[1])
