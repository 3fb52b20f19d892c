"""Containers made, started, ended and removed on a real daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from burstview_engines.launch.spec import MountPlan, PortBinding
from burstview_engines.places.docker.create import body_of
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.lifecycle import Lifecycle
from burstview_engines.places.docker.look import look, plan_now, written_bytes
from burstview_engines.places.docker.ownership import ENGINE, MANAGED, OWNER
from burstview_engines.source import SessionError
from tests.docker import own
from tests.docker.containers import wait_ready, wait_until

Names = Callable[[str], str]


@pytest.fixture
def engine(docker_client: DockerClient) -> Iterator[DockerEngine]:
    held = own.engine()
    yield held
    held.close()


@pytest.fixture
def life(engine: DockerEngine) -> Lifecycle:
    return own.life(engine)


def kind_of(failed: pytest.ExceptionInfo[DockerFailed]) -> str:
    return failed.value.failure.kind


def test_a_whole_life(life: Lifecycle, plain_image: str, unique_name: Names) -> None:
    """Created, running and asked over loopback, stopped, started again, killed, removed."""
    name, port = unique_name("life"), own.free_port()
    plan = own.sleeper(
        plain_image,
        name,
        command=own.SERVE,
        ports=(PortBinding(container=8000, host=port),),
        cap_drop=("ALL",),
        security=("no-new-privileges:true",),
        log_options={"max-size": "1m", "max-file": "2"},
        pids_limit=64,
        ipc="private",
        shm_bytes=1 << 24,
        stop_seconds=3,
    )
    container = life.launch(plan)
    seen = look(life.engine, name)
    assert (seen.id, seen.status, seen.exit_code) == (container, "running", None)
    assert seen.ports == (PortBinding(container=8000, host=port),)
    assert seen.started_wall == pytest.approx(time.time(), abs=30)
    wait_ready(f"http://127.0.0.1:{port}")
    assert plan_now(life.engine, name) == plan

    life.stop(container, 5)
    seen = look(life.engine, name)
    assert (seen.status, seen.exit_code, seen.is_running) == ("exited", 143, False)
    assert seen.ports == (PortBinding(container=8000, host=port),)
    life.stop(container, 5)  # already

    life.start(container)
    life.start(container)  # already
    life.restart(container, 1)
    assert look(life.engine, name).is_running

    life.kill(container)
    wait_until(lambda: not look(life.engine, name).is_running, "the end")
    assert look(life.engine, name).exit_code == 137
    life.kill(container)  # already

    assert life.remove(container) == ()
    with pytest.raises(DockerFailed) as gone:
        look(life.engine, name)
    assert kind_of(gone) == "container-missing"


def test_one_that_cannot_start_leaves_its_name_free(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """A port taken by another program, by another container, and a bad command."""
    name = unique_name("failing")
    with own.listening() as port:
        plan = own.sleeper(plain_image, name, ports=(PortBinding(container=1, host=port),))
        with pytest.raises(DockerFailed, match="Another program listens") as taken:
            life.launch(plan)
    assert kind_of(taken) == "port-taken"
    other, port = unique_name("other"), own.free_port()
    ports = (PortBinding(container=1, host=port),)
    life.launch(own.sleeper(plain_image, other, ports=ports))
    with pytest.raises(DockerFailed, match="Another container has that port") as theirs:
        life.launch(own.sleeper(plain_image, name, ports=ports))
    assert kind_of(theirs) == "port-taken-by-container"
    with pytest.raises(DockerFailed, match="no program /nope") as absent:
        life.launch(own.sleeper(plain_image, name, command=("/nope",), init=False))
    assert kind_of(absent) == "command-missing"
    assert name not in own.names(docker_client)
    assert other in own.names(docker_client)


def test_an_init_hides_a_missing_program(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    """The start succeeds, and the init ends with 127 and a line in the log."""
    container = life.launch(own.sleeper(plain_image, unique_name("init"), command=("/nope",)))
    wait_until(lambda: look(life.engine, container).status == "exited", "the end")
    assert look(life.engine, container).exit_code == 127
    assert b"exec /nope failed" in life.engine.api.logs(container)


def test_a_failed_start_of_a_stopped_one_removes_nothing(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    name = unique_name("kept")
    with own.listening() as port:
        plan = own.sleeper(plain_image, name, ports=(PortBinding(container=1, host=port),))
        container = life.create(plan)
        with pytest.raises(DockerFailed):
            life.start(container)
        seen = look(life.engine, name)
    assert (seen.status, seen.exit_code) == ("created", 128)
    assert "address already in use" in seen.error


def test_a_taken_name(life: Lifecycle, plain_image: str, unique_name: Names) -> None:
    plan = own.sleeper(plain_image, unique_name("twice"))
    first = life.create(plan)
    with pytest.raises(DockerFailed) as taken:
        life.launch(plan)
    assert kind_of(taken) == "name-taken"
    assert look(life.engine, plan.name).id == first


def test_a_folder_that_is_missing_is_not_made(
    life: Lifecycle, plain_image: str, unique_name: Names, tmp_path: Path
) -> None:
    """Docker would make it, as root, were it asked in the usual way."""
    absent = tmp_path / "absent"
    mount = MountPlan(kind="bind", source=str(absent), target="/models", read_only=True)
    with pytest.raises(DockerFailed, match=f"The folder {absent}") as missing:
        life.launch(own.sleeper(plain_image, unique_name("mount"), mounts=(mount,)))
    assert kind_of(missing) == "mount-missing"
    assert not absent.exists()


def test_volumes_are_made_with_labels_and_kept(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """They outlive the container; deleted only when asked, ours, and used by nobody else."""
    volume = unique_name("models")
    mounts = (MountPlan(kind="volume", source=volume, target="/models"),)
    labels = own.OURS | {ENGINE: "ollama", "other": "x"}
    plan = own.sleeper(plain_image, unique_name("one"), mounts=mounts, labels=labels)
    other = own.sleeper(plain_image, unique_name("two"), mounts=mounts)
    one, two = life.launch(plan), life.launch(other)
    assert docker_client.volumes.get(volume).attrs["Labels"] == own.OURS | {ENGINE: "ollama"}

    with pytest.raises(DockerFailed, match=f"also used by {other.name}") as in_use:
        life.remove(one, force=True, volumes=True)
    assert kind_of(in_use) == "volume-in-use"
    assert look(life.engine, one).is_running

    life.remove(two, force=True)
    assert life.remove(one, force=True, volumes=True) == (volume,)
    assert life.volumes.labels(volume) is None


def test_a_volume_that_is_not_ours_is_never_deleted(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    volume = unique_name("ollama")
    docker_client.volumes.create(volume)
    mounts = (MountPlan(kind="volume", source=volume, target="/models"),)
    one = life.create(own.sleeper(plain_image, unique_name("one"), mounts=mounts))
    with pytest.raises(SessionError, match=f"docker volume rm {volume}"):
        life.remove(one, volumes=True)
    with pytest.raises(SessionError, match="not made by burstview"):
        life.volumes.delete(volume)
    assert life.remove(one) == ()
    assert life.volumes.labels(volume) == {}


def test_a_running_one_is_removed_by_force_only(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    container = life.launch(own.sleeper(plain_image, unique_name("running")))
    with pytest.raises(DockerFailed, match="Stop it first") as running:
        life.remove(container)
    assert kind_of(running) == "container-running"
    assert life.remove(container, force=True) == ()


@pytest.mark.parametrize("labels", [{}, own.THEIRS])
def test_what_is_not_ours_is_left_alone(
    life: Lifecycle,
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Names,
    labels: dict[str, str],
) -> None:
    """Every change is refused, and nothing changed."""
    name = unique_name("alien")
    docker_client.containers.create(plain_image, list(own.SLEEP), name=name, labels=labels).start()
    for change in (
        lambda: life.start(name),
        lambda: life.stop(name, 1),
        lambda: life.kill(name),
        lambda: life.restart(name, 1),
        lambda: life.remove(name, force=True),
    ):
        with pytest.raises(SessionError, match="adopt it before you change it"):
            change()
    seen = look(life.engine, name)
    assert (seen.status, seen.restarts) == ("running", 0)


def test_a_read_only_session_changes_nothing(
    life: Lifecycle, engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    container = life.create(own.sleeper(plain_image, unique_name("mine")))
    watching = own.life(engine, read_only=True)
    for change in (
        lambda: watching.create(own.sleeper(plain_image, unique_name("new"))),
        lambda: watching.start(container),
        lambda: watching.remove(container),
    ):
        with pytest.raises(SessionError, match="read-only"):
            change()
    assert look(engine, container).status == "created"


def test_an_adopted_one_may_be_changed(
    engine: DockerEngine, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """By its id alone: its labels stay as they are."""
    foreign = docker_client.containers.create(
        plain_image, list(own.SLEEP), name=unique_name("foreign"), init=True
    )
    adopting = Lifecycle(engine, own.Guard(own.ME, lambda: {foreign.id}))
    adopting.start(str(foreign.id))
    adopting.stop(str(foreign.id), 3)
    assert look(engine, str(foreign.id)).exit_code == 143
    assert adopting.remove(str(foreign.id)) == ()


def test_a_container_that_a_silent_daemon_made_after_all(
    life: Lifecycle, plain_image: str, unique_name: Names, tmp_path: Path
) -> None:
    """No second one is made, and no error told."""
    plan = own.sleeper(plain_image, unique_name("late"))
    with own.SlowDaemon(tmp_path, b"/containers/create") as url:
        hasty = own.engine_at(url, timeout=2)
        container = own.life(hasty).create(plan)
        hasty.close()
    assert look(life.engine, plan.name).id == container


def test_a_silent_daemon_that_made_nothing(
    life: Lifecycle, plain_image: str, unique_name: Names, tmp_path: Path
) -> None:
    """Another container of that name is not taken for ours."""
    plan = own.sleeper(plain_image, unique_name("late"))
    life.launch(plan)
    with own.SlowDaemon(tmp_path, b"/containers/create") as url:
        hasty = own.engine_at(url, timeout=1)
        with pytest.raises(DockerFailed, match="did not answer in time") as slow:
            own.life(hasty, patience=1).create(plan)
        hasty.close()
    assert kind_of(slow) == "daemon-slow"


def test_a_stop_that_a_silent_daemon_did_after_all(
    life: Lifecycle, plain_image: str, unique_name: Names, tmp_path: Path
) -> None:
    container = life.launch(own.sleeper(plain_image, unique_name("late")))
    with own.SlowDaemon(tmp_path, b"/stop") as url:
        hasty = own.engine_at(url, timeout=1)
        own.life(hasty).stop(container, 1)
        hasty.close()
    assert not look(life.engine, container).is_running


def test_a_container_without_an_init_is_ended_by_force(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    """The daemon waits for the seconds that it was told, not for its own ten."""
    container = life.launch(own.sleeper(plain_image, unique_name("deaf"), init=False))
    began = time.monotonic()
    life.stop(container, 1)
    assert 0.9 < time.monotonic() - began < 8
    assert look(life.engine, container).exit_code == 137


def test_one_between_two_runs_is_ended_too(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    """A crash loop under a restart policy: there may be no process to kill."""
    crash = ("/usr/bin/python3", "-c", "raise SystemExit(3)")
    plan = own.sleeper(plain_image, unique_name("loop"), command=crash, restart="always")
    container = life.launch(plan)
    wait_until(lambda: look(life.engine, container).restarts > 1, "a second restart")
    life.kill(container)
    wait_until(lambda: look(life.engine, container).status == "exited", "the end")
    assert look(life.engine, container).restarts > 1


def test_one_that_took_too_much_memory(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """The machine's memory, not the GPU's: the kernel ended it."""
    grow = ["/usr/bin/python3", "-c", "held = [bytearray(b'x' * 1_000_000) for _ in range(500)]"]
    name = unique_name("big")
    docker_client.containers.create(
        plain_image, grow, name=name, mem_limit="32m", memswap_limit="32m"
    ).start()
    wait_until(lambda: look(life.engine, name).status == "exited", "the end")
    seen = look(life.engine, name)
    assert (seen.exit_code, seen.oom_killed) == (137, True)


def test_an_images_own_check(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """Told where there is one."""
    name = unique_name("checked")
    check = {"test": ["CMD", "/usr/bin/python3", "-c", ""], "interval": 10**8}
    container = docker_client.containers.create(
        plain_image, list(own.SLEEP), name=name, healthcheck=check
    )
    assert look(life.engine, name).health in (None, "starting")
    container.start()
    wait_until(lambda: look(life.engine, name).health == "healthy", "health")
    other = life.launch(own.sleeper(plain_image, unique_name("unchecked")))
    assert look(life.engine, other).health is None


def test_what_a_container_wrote_into_itself_is_counted(
    life: Lifecycle, plain_image: str, unique_name: Names
) -> None:
    write = ("/usr/bin/python3", "-c", "open('/big', 'wb').write(bytes(3_000_000))")
    container = life.launch(own.sleeper(plain_image, unique_name("writer"), command=write))
    wait_until(lambda: look(life.engine, container).status == "exited", "the end")
    assert written_bytes(life.engine, container) in range(3_000_000, 3_100_000)
    assert written_bytes(life.engine, "0" * 64) is None


def test_nothing_is_asked_for_that_the_plan_does_not_tell() -> None:
    """All else is the daemon's and the image's."""
    plan = own.sleeper("image", "name", init=False)
    assert body_of(plan) == {
        "Image": "image",
        "Cmd": list(own.SLEEP),
        "Labels": {MANAGED: "true", OWNER: own.ME},
        "HostConfig": {},
    }
