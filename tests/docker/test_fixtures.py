"""The fixtures themselves, on the real daemon."""

from __future__ import annotations

from collections.abc import Callable

from docker import DockerClient

from tests.docker import belongings
from tests.docker.containers import output


def test_the_plain_image_runs_small_programs(
    docker_client: DockerClient, plain_image: str, unique_name: Callable[[str], str]
) -> None:
    program = "import asyncio, json, ssl, sys; print(json.dumps(sys.prefix), sys.executable)"
    name = unique_name("program")
    said = output(docker_client, plain_image, "/usr/bin/python3", "-c", program, name=name)
    assert said == '"/usr" /usr/bin/python3\n'


def test_what_a_test_names_is_removed_again(
    docker_client: DockerClient, plain_image: str, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("left")
    container = docker_client.containers.create(plain_image, name=f"burstview-{name}")
    docker_client.volumes.create(f"burstview-{name}-models")
    docker_client.networks.create(name)
    container.start()

    belongings.remove_of(docker_client, name)

    assert name not in {
        c.name for c in docker_client.containers.list(all=True, ignore_removed=True)
    }
    assert not [v for v in docker_client.volumes.list() if name in (v.name or "")]
    assert not docker_client.networks.list(names=[name])


def test_what_a_dead_session_left_is_an_orphan(
    docker_client: DockerClient, plain_image: str
) -> None:
    dead = "bvt-4194305-gw0"
    docker_client.containers.create(plain_image, labels={belongings.LABEL: dead})

    belongings.remove_orphans(docker_client)

    assert not docker_client.containers.list(
        all=True, filters={"label": f"{belongings.LABEL}={dead}"}
    )
