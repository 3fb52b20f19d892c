"""What happens to a real daemon's containers, told as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker import APIClient, DockerClient
from docker.models.containers import Container

from burstview_engines.places.docker.events import DaemonGoneError, EventWatch
from tests.docker import log_programs
from tests.docker.following import CLOSE_LIMIT
from tests.docker.images import plain
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.watching import PYTHON, Seen, cut_line, like, until


@contextmanager
def watching(make_api: Callable[[], APIClient], *, poll: float = 60.0) -> Iterator[Seen]:
    """Begun with the first list; closed at the end, which must not take long."""
    seen = Seen()
    watch = EventWatch(
        make_api,
        on_list=seen.listed,
        on_event=seen.happened,
        on_gone=seen.went,
        on_back=seen.came_back,
        poll=poll,
    )
    watch.start()
    until(lambda: seen.told)
    yield seen
    began = time.monotonic()
    watch.close()
    assert watch.join(5.0)
    assert time.monotonic() - began < CLOSE_LIMIT


@pytest.fixture
def silent(
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Callable[[str], str],
    test_labels: dict[str, str],
) -> Container:
    """Not started; says nothing."""
    return docker_client.containers.create(
        plain_image,
        [*PYTHON, log_programs.SILENT],
        name=unique_name("silent"),
        labels=test_labels,
        init=True,
    )


def test_a_container_s_life_is_told_in_order(
    docker_client: DockerClient, silent: Container
) -> None:
    with watching(like(docker_client)) as seen:
        name = str(silent.name)
        silent.start()
        silent.pause()
        silent.unpause()
        silent.restart(timeout=5)
        silent.kill()
        silent.rename(f"{name}-renamed")
        silent.remove()
        until(lambda: "destroy" in seen.actions_of(f"{name}-renamed"))
        told = [action for action in seen.actions_of(name) if action != "kill"]
    assert told == ["start", "pause", "unpause", "die", "stop", "start", "restart", "die"]
    assert seen.actions_of(f"{name}-renamed") == ["rename", "destroy"]


def test_the_list_holds_what_does_not_run_too(
    docker_client: DockerClient, silent: Container
) -> None:
    with watching(like(docker_client)) as seen:
        listed = {container["Id"]: container for container in seen.lists[0]}
    assert listed[silent.id]["State"] == "created"
    assert listed[silent.id]["Names"] == [f"/{silent.name}"]


def test_a_flood_of_execs_is_not_told(docker_client: DockerClient, silent: Container) -> None:
    silent.start()
    with watching(like(docker_client)) as seen:
        for _ in range(10):
            silent.exec_run([*PYTHON, "print('checked')"])
        silent.stop(timeout=5)
        until(lambda: "stop" in seen.actions_of(str(silent.name)))
        assert seen.actions_of(str(silent.name)) == ["kill", "die", "stop"]


def test_health_is_told_but_not_its_checks(
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Callable[[str], str],
    test_labels: dict[str, str],
) -> None:
    check = {"test": ["CMD", *PYTHON, "print('fine')"], "interval": 10**9, "timeout": 5 * 10**9}
    name = unique_name("healthy")
    with watching(like(docker_client)) as seen:
        docker_client.containers.run(
            plain_image,
            [*PYTHON, log_programs.SILENT],
            name=name,
            labels=test_labels,
            init=True,
            healthcheck=check,
            detach=True,
        )
        until(lambda: "health_status: healthy" in seen.actions_of(name))
        assert seen.actions_of(name) == ["create", "start", "health_status: healthy"]


def test_a_poll_lists_again_while_nothing_happens(docker_client: DockerClient) -> None:
    with watching(like(docker_client), poll=0.05) as seen:
        until(lambda: len(seen.lists) >= 4)
    assert not seen.errors


def test_a_break_is_told_and_everything_is_listed_again(
    docker_client: DockerClient, silent: Container, tmp_path: Path
) -> None:
    with cut_line(docker_client, tmp_path) as line, watching(line.api) as seen:
        line.is_refusing = True
        line.cut()
        until(lambda: seen.errors)
        silent.start()
        line.is_refusing = False
        until(lambda: len(seen.lists) == 2)
        silent.stop(timeout=5)
        until(lambda: "stop" in seen.actions_of(str(silent.name)))
    assert [told for told in seen.told if " " not in told] == ["list", "gone", "back", "list"]
    assert isinstance(seen.errors[0], DaemonGoneError)
    states = {container["Id"]: container["State"] for container in seen.lists[1]}
    assert states[silent.id] == "running"


def test_a_daemon_that_is_not_there_is_told_at_once(
    docker_client: DockerClient, tmp_path: Path
) -> None:
    with cut_line(docker_client, tmp_path) as line:
        line.is_refusing = True
        with watching(line.api) as seen:
            assert seen.told == ["gone"]


def test_a_daemon_is_stopped_and_started_twice(private_daemon: PrivateDaemon) -> None:
    client = private_daemon.client()
    container = client.containers.create(
        plain(client), [*PYTHON, log_programs.SILENT], name="silent", init=True
    )
    with watching(like(client)) as seen:
        for stops in (1, 2):
            container.start()
            until(lambda n=stops: seen.actions_of("silent").count("start") == n)
            private_daemon.stop()
            until(lambda n=stops: seen.told.count("gone") == n)
            private_daemon.start()
            until(lambda n=stops: len(seen.lists) == n + 1)
    client.close()
    assert [told for told in seen.told if " " not in told] == [
        "list",
        *["gone", "back", "list"] * 2,
    ]
    assert [container["State"] for container in seen.lists[-1]] == ["exited"]


def test_closing_again_and_again_hurts_nobody(docker_client: DockerClient) -> None:
    watch = EventWatch(
        like(docker_client),
        on_list=lambda _: None,
        on_event=lambda *_: None,
        on_gone=lambda _: None,
        on_back=lambda: None,
    )
    watch.start()
    watch.close()
    watch.close()
    assert watch.join(5.0)
