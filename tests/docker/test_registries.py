"""The offline registries themselves: what the real daemon makes of each fault."""

from __future__ import annotations

from collections.abc import Callable

import docker
import pytest
from docker import DockerClient

from burstview_engines.simulator.image.recipe import plain_root
from tests.docker.containers import output
from tests.docker.registry import Registry


def events(client: DockerClient, reference: str) -> list[dict[str, object]]:
    """All that a pull tells."""
    return list(client.api.pull(reference, stream=True, decode=True))


def test_a_pull_tells_its_layers(docker_client: DockerClient, registry: Registry) -> None:
    reference = registry.reference("ok/engine")
    told = events(docker_client, reference)
    assert sum(event.get("status") == "Pull complete" for event in told) == 3
    assert told[-1]["status"] == f"Status: Downloaded newer image for {reference}"
    assert docker_client.images.get(reference).tags == [reference]


def test_a_slow_pull_tells_how_far_it_is(docker_client: DockerClient, registry: Registry) -> None:
    told = events(docker_client, registry.reference("slow/engine"))
    downloading = [event for event in told if event.get("status") == "Downloading"]
    assert len(downloading) > 6


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("auth", "unauthorized"),
        ("limit", "toomanyrequests: You have reached your pull rate limit."),
        ("absent", "manifest unknown"),
    ],
)
def test_a_refused_pull_is_an_error_before_any_event(
    docker_client: DockerClient, registry: Registry, fault: str, words: str
) -> None:
    with pytest.raises(docker.errors.APIError, match=words):
        events(docker_client, registry.reference(f"{fault}/engine"))


def test_a_broken_layer_is_an_error_among_the_events(
    docker_client: DockerClient, registry: Registry
) -> None:
    told = events(docker_client, registry.reference("badsum/engine"))
    assert "filesystem layer verification failed for digest" in str(told[-1]["error"])


def test_a_published_image_runs(
    docker_client: DockerClient,
    registry: Registry,
    unique_name: Callable[[str], str],
) -> None:
    reference = registry.publish("ok/python", [plain_root()], {"Cmd": ["/usr/bin/python3", "-V"]})
    events(docker_client, reference)
    said = output(docker_client, reference, name=unique_name("published"))
    assert said.startswith("Python 3.")
