"""Containers that anybody started, read, and replaced without losing anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import docker
import msgspec
import pytest
from docker import DockerClient

from burstview_engines.launch.spec import ContainerPlan, MountPlan, PortBinding
from burstview_engines.places.docker.create import Raw
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.lifecycle import Lifecycle
from burstview_engines.places.docker.look import look, plan_now, raw_of
from burstview_engines.places.docker.recreate import recreate
from tests.docker import images, own
from tests.docker.containers import wait_until
from tests.docker.private_daemon import PrivateDaemon

Names = Callable[[str], str]
CHANGING = {
    *("Id", "Created", "State", "GraphDriver", "RestartCount"),
    *("ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"),
    *("SandboxID", "SandboxKey", "EndpointID", "GlobalIPv6Address", "IPAddress", "MacAddress"),
    *("Gateway", "IPPrefixLen", "DNSNames"),
}
"""What no two containers have in common."""
BY_NAME = {"HostConfig.Mounts", "HostConfig.Binds"}
"""Anonymous volumes are asked for by name in the new one; what came of it is in `Mounts`."""


@pytest.fixture
def engine(docker_client: DockerClient) -> Iterator[DockerEngine]:
    held = own.engine()
    yield held
    held.close()


@pytest.fixture
def life(engine: DockerEngine) -> Lifecycle:
    return adopting(engine)


def adopting(engine: DockerEngine) -> Lifecycle:
    """Every container counts as adopted."""
    return Lifecycle(engine, own.Guard(own.ME, _Everything), patience=20)


class _Everything:
    def __contains__(self, _: object) -> bool:
        return True


@pytest.fixture(autouse=True)
def _needs_the_docker_command() -> None:
    if shutil.which("docker") is None:
        pytest.skip("there is no docker command")


@pytest.fixture(autouse=True)
def _no_volume_is_left(docker_client: DockerClient, unique_name: Names) -> Iterator[None]:
    """A volume that was anonymous is kept by `docker rm -v` once another container names it."""
    yield
    for name in own.names(docker_client):
        if name.startswith(unique_name("")):
            remove_with_volumes(docker_client, name)


def remove_with_volumes(client: DockerClient, name: str) -> None:
    container = client.containers.get(name)
    volumes = [mount["Name"] for mount in container.attrs["Mounts"] if mount["Type"] == "volume"]
    container.remove(force=True, v=True)
    for volume in volumes:
        with suppress(docker.errors.APIError):  # gone already
            client.volumes.get(volume).remove()


@pytest.fixture
def image(docker_client: DockerClient, plain_image: str, unique_name: Names) -> Iterator[str]:
    """One that gives its containers all that an image can give."""
    name = image_like(docker_client, plain_image, f"burstview/{unique_name('given')}")
    yield name
    docker_client.images.remove(name, force=True)


def image_like(client: DockerClient, plain: str, name: str, command: str = "[]") -> str:
    """Of the plain image, by another name and with defaults of its own."""
    program = "import signal; signal.signal(15, lambda *_: exit(0)); signal.pause()"
    entry = f'["/usr/bin/python3", "-c", "{program}"]'
    given = (
        *(f"ENTRYPOINT {entry}", f"CMD {command}", "ENV GIVEN=by-the-image", "WORKDIR /tmp"),
        *("EXPOSE 11434/tcp", "VOLUME /given", "LABEL given=by-the-image"),
    )
    made = client.containers.create(plain)
    try:
        made.commit(name, "latest", changes=list(given))
    finally:
        made.remove()
    return f"{name}:latest"


def comparable(raw: Raw) -> dict[str, object]:
    """Field by field, without what differs between any two containers."""
    fields = flattened(_cleaned(raw, str(raw["Id"])[:12]))
    return {name: value for name, value in fields.items() if name not in BY_NAME}


def _cleaned(value: object, short: str) -> object:
    if isinstance(value, dict):
        is_volume = value.get("Type") == "volume" and "Driver" in value
        gone = CHANGING | ({"Mode"} if is_volume else set())
        return {key: _cleaned(value[key], short) for key in value if key not in gone}
    if isinstance(value, list):
        return [_cleaned(entry, short) for entry in value if entry != short]
    return "own-id" if value == short else value


def flattened(raw: object, path: str = "") -> dict[str, object]:
    """By dotted name; empty is the same as absent."""
    if isinstance(raw, list):
        return {path: sorted(raw, key=str) or None}
    if not isinstance(raw, dict) or not raw:
        return {path: raw or None}
    return {
        name: value
        for key in raw
        for name, value in flattened(raw[key], f"{path}.{key}" if path else key).items()
    }


def test_nothing_is_lost(life: Lifecycle, image: str, unique_name: Names, tmp_path: Path) -> None:
    """All that a person can ask for at the command line is there again, field by field."""
    net, other, name = unique_name("net"), unique_name("more"), unique_name("rich")
    subnet = f"10.{os.getpid() % 200 + 20}.7"
    own.docker("network", "create", "--subnet", f"{subnet}.0/24", net)
    own.docker("network", "create", other)
    own.docker(
        *("run", "-d", "--name", name, "--network", net, "--network-alias", "llm"),
        *(
            "--ip",
            f"{subnet}.9",
            "-p",
            f"{own.free_port()}:11434",
            "-p",
            f"127.0.0.1:{own.free_port()}:9000",
        ),
        *("-p", f"{own.free_port()}:53/udp", "-v", f"{unique_name('vol')}:/root/.ollama"),
        *("-v", f"{tmp_path}:/models:ro", "--tmpfs", "/run/x:size=1m", "-v", "/anonymous"),
        *("--mount", "type=volume,target=/also", "-e", "OWN=1", "-e", "GIVEN=overridden"),
        *("-l", "mine=yes", "--ulimit", "nofile=999:999", "--cap-add", "SYS_NICE"),
        *("--cap-drop", "MKNOD", "--security-opt", "no-new-privileges", "--pids-limit", "99"),
        *("--memory", "256m", "--cpus", "1", "--cpuset-cpus", "0", "--shm-size", "32m"),
        *("--ipc", "private", "--init", "--restart", "on-failure:3", "--stop-timeout", "4"),
        *("--log-opt", "max-size=1m", "--user", "0:0", "--workdir", "/etc", "--hostname", "box"),
        *("--add-host", "here:127.0.0.1", "--dns", "127.0.0.1", "--device", "/dev/null:/dev/own"),
        *("--group-add", "7", "--read-only", "--stop-signal", "SIGTERM", "--oom-score-adj", "9"),
        *("--health-cmd", "true", "--health-interval", "1h", "--sysctl", "net.core.somaxconn=99"),
        image,
    )
    own.docker("network", "connect", "--alias", "second", other, name)
    old = raw_of(life.engine, name)
    plan = plan_now(life.engine, name)
    fresh = recreate(life, name, plan, 5)
    new = raw_of(life.engine, name)
    assert new["Id"] == fresh != old["Id"]
    assert comparable(new) == comparable(old)
    assert plan_now(life.engine, name) == plan
    assert not [kept for kept in _names(life) if kept.startswith(f"{name}-old")]


def _names(life: Lifecycle) -> list[str]:
    listed = msgspec.convert(life.engine.api.containers(all=True), list[dict[str, object]])
    return [
        str(name).lstrip("/")
        for entry in listed
        for name in msgspec.convert(entry["Names"], list[str])
    ]


def test_what_the_plan_tells(life: Lifecycle, image: str, unique_name: Names) -> None:
    """What the image gave is left out; a volume of the image's is there by its name."""
    name, port = unique_name("told"), own.free_port()
    own.docker(
        *("create", "--name", name, "-p", f"127.0.0.1:{port}:11434", "-p", "9000", "-e", "A=b=c"),
        *("--restart", "on-failure:3", "--ipc", "host", "--gpus", '"device=0,1"', "-l", "own=1"),
        *("--cap-drop", "ALL", image, "serve", "--x"),
    )
    plan = plan_now(life.engine, name)
    [volume] = plan.mounts
    assert plan == ContainerPlan(
        name=name,
        image=image,
        command=("serve", "--x"),
        environment={"A": "b=c"},
        ports=(
            PortBinding(container=11434, host=port),
            PortBinding(container=9000, host=None, ip="0.0.0.0"),
        ),
        mounts=(MountPlan(kind="volume", source=volume.source, target="/given"),),
        gpus=("0", "1"),
        gpu_way="device-request",
        ipc="host",
        labels={"own": "1"},
        cap_drop=("ALL",),
        security=("label=disable",),  # Docker's own addition where the host's ipc is shared
        restart="on-failure:3",
    )


def test_gpus_by_count_and_by_cdi(life: Lifecycle, image: str, unique_name: Names) -> None:
    """As `--gpus 2` and as a CDI device."""
    for gpus, way in ((("count=2",), "device-request"), (("0",), "cdi"), (("all",), "cdi")):
        plan = own.sleeper(
            image, unique_name(f"gpu-{gpus[0].replace('=', '-')}-{way}"), gpus=gpus, gpu_way=way
        )
        seen = plan_now(life.engine, life.create(plan))
        assert (seen.gpus, seen.gpu_way) == (gpus, way)


def test_only_what_the_plan_changes_is_changed(
    life: Lifecycle, image: str, unique_name: Names
) -> None:
    """A variable, a port and the command; the rest stays, volumes with their content too."""
    name, udp = unique_name("changed"), own.free_port()
    own.docker(
        *("run", "-d", "--name", name, "-p", f"{own.free_port()}:11434", "-p", f"{udp}:53/udp"),
        *("-v", f"{unique_name('vol')}:/root/.ollama:rw", "--memory", "256m", "-e", "A=1", image),
    )
    own.docker("exec", name, "/usr/bin/python3", "-c", "open('/given/kept', 'w').write('x')")
    before = plan_now(life.engine, name)
    port = own.free_port()
    plan = msgspec.structs.replace(
        before,
        environment=before.environment | {"OLLAMA_NUM_PARALLEL": "4"},
        ports=(PortBinding(container=11434, host=port),),
        command=("serve",),
        stop_seconds=2,
    )
    old = comparable(raw_of(life.engine, name))
    recreate(life, name, plan, 2)
    assert plan_now(life.engine, name) == plan
    new = comparable(raw_of(life.engine, name))
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert changed == {
        *("Args", "Config.Cmd", "Config.Env", "Config.StopTimeout"),
        *("HostConfig.PortBindings.11434/tcp", "NetworkSettings.Ports.11434/tcp"),
    }
    own.docker("exec", name, "/usr/bin/python3", "-c", "open('/given/kept').read()")


def test_what_the_plan_takes_away(life: Lifecycle, image: str, unique_name: Names) -> None:
    """The image's own comes back where the plan tells nothing."""
    name = unique_name("less")
    own.docker(
        *("run", "-d", "--name", name, "-p", f"{own.free_port()}:11434", "-e", "A=1"),
        *("-v", f"{unique_name('vol')}:/root/.ollama", "--restart", "always", "--init"),
        *("--entrypoint", "/usr/bin/python3", image, "-c", "import signal; signal.pause()"),
    )
    before = plan_now(life.engine, name)
    assert before.entrypoint == ("/usr/bin/python3",)
    keep = tuple(mount for mount in before.mounts if mount.target == "/given")
    plan = ContainerPlan(name=name, image=image, mounts=keep, ipc=before.ipc)
    recreate(life, name, plan, 1)
    assert plan_now(life.engine, name) == plan
    config = msgspec.convert(raw_of(life.engine, name)["Config"], Raw)
    assert "GIVEN=by-the-image" in msgspec.convert(config["Env"], list[str])


def test_another_image_gives_its_own(
    life: Lifecycle, docker_client: DockerClient, plain_image: str, unique_name: Names, image: str
) -> None:
    """Entrypoint and variables of the old image do not stick."""
    name, other = unique_name("moved"), f"burstview/{unique_name('newer')}"
    image_like(docker_client, plain_image, other, '["newer"]')
    own.docker("run", "-d", "--name", name, "-e", "A=1", image)
    plan = msgspec.structs.replace(plan_now(life.engine, name), image=f"{other}:latest")
    recreate(life, name, plan, 1)
    config = msgspec.convert(raw_of(life.engine, name)["Config"], Raw)
    remove_with_volumes(docker_client, name)
    docker_client.images.remove(other)
    assert config["Cmd"] == ["newer"]
    assert config["Image"] == f"{other}:latest"


def test_the_old_one_is_put_back(
    life: Lifecycle, docker_client: DockerClient, image: str, unique_name: Names
) -> None:
    """When the new one cannot be created it was never stopped; when that cannot start, it runs
    again under its name."""
    name = unique_name("back")
    own.docker("run", "-d", "--name", name, "-v", "/anonymous", image)
    before = look(life.engine, name)
    plan = plan_now(life.engine, name)
    with pytest.raises(DockerFailed) as absent:
        recreate(life, name, msgspec.structs.replace(plan, image="burstview/absent:1"), 1)
    assert absent.value.failure.kind == "image-missing"
    assert look(life.engine, name).started_wall == before.started_wall

    with own.listening() as port:
        taken = msgspec.structs.replace(plan, ports=(PortBinding(container=1, host=port),))
        with pytest.raises(DockerFailed, match=f"The old {name} is back") as failed:
            recreate(life, name, taken, 1)
    assert failed.value.failure.kind == "port-taken"
    after = look(life.engine, name)
    assert (after.id, after.status) == (before.id, "running")
    assert plan_now(life.engine, name) == plan
    for mount in plan.mounts:
        assert docker_client.volumes.get(mount.source).id == mount.source
    assert [kept for kept in own.names(docker_client) if kept.startswith(name)] == [name]


def test_a_stopped_one_stays_stopped_when_it_is_put_back(
    life: Lifecycle, image: str, unique_name: Names
) -> None:
    name = unique_name("stopped")
    own.docker("create", "--name", name, image)
    plan = plan_now(life.engine, name)
    with own.listening() as port:
        taken = msgspec.structs.replace(plan, ports=(PortBinding(container=1, host=port),))
        with pytest.raises(DockerFailed, match="is back"):
            recreate(life, name, taken, 1)
    assert look(life.engine, name).status == "created"
    recreate(life, name, plan, 1)
    assert look(life.engine, name).is_running


def test_one_that_removes_itself(
    life: Lifecycle, docker_client: DockerClient, image: str, unique_name: Names
) -> None:
    """Started with --rm: gone when it stops, so it is made anew when the other cannot start."""
    name = unique_name("rm")
    own.docker("run", "-d", "--rm", "--name", name, "-v", "/anonymous", "-e", "A=1", image)
    own.docker("exec", name, "/usr/bin/python3", "-c", "open('/anonymous/kept', 'w').write('x')")
    plan = plan_now(life.engine, name)
    with own.listening() as port:
        taken = msgspec.structs.replace(plan, ports=(PortBinding(container=1, host=port),))
        with pytest.raises(DockerFailed, match="is back"):
            recreate(life, name, taken, 1)
    assert plan_now(life.engine, name) == plan
    assert look(life.engine, name).removes_itself
    recreate(life, name, msgspec.structs.replace(plan, environment={"A": "2"}), 1)
    own.docker("exec", name, "/usr/bin/python3", "-c", "open('/anonymous/kept').read()")
    wait_until(lambda: own.names(docker_client) & {name} == {name}, "the new one")
    assert plan_now(life.engine, name).environment == {"A": "2"}


def test_an_image_without_a_name_is_meant_by_its_id(
    life: Lifecycle, docker_client: DockerClient, image: str, unique_name: Names
) -> None:
    """Another image has the name now, or none."""
    name = unique_name("untagged")
    own.docker("run", "-d", "--name", name, image)
    before = look(life.engine, name)
    docker_client.images.remove(image, noprune=True, force=True)
    recreate(life, name, plan_now(life.engine, name), 1)
    after = look(life.engine, name)
    remove_with_volumes(docker_client, name)
    docker_client.images.get(before.image_id).tag(image.partition(":")[0])
    assert (after.image_id, after.is_running) == (before.image_id, True)


README = {
    "ollama": (
        *("run", "-d", "--gpus=all", "-v", "ollama:/root/.ollama", "-p", "11434:11434"),
        *("--name", "ollama", "ollama/ollama"),
    ),
    "vllm_container": (
        *("run", "-d", "--runtime", "nvidia", "--gpus", "all", "--name", "vllm_container"),
        *("-v", "/tmp:/root/.cache/huggingface", "--env", "HUGGING_FACE_HUB_TOKEN=hf_x"),
        *("-p", "8000:8000", "--ipc=host", "vllm/vllm-openai:latest"),
        *("--model", "mistralai/Mistral-7B-v0.1"),
    ),
}
"""The lines of the engines' own pages, in the background and with a token that is none."""


@pytest.mark.parametrize("name", README)
def test_the_readmes_own_lines(private_daemon: PrivateDaemon, name: str) -> None:
    """With their GPUs, on a daemon that accepts them."""
    client = private_daemon.client()
    plain = images.plain(client)
    image_like(client, plain, "ollama/ollama", '["serve"]')
    image_like(client, plain, "vllm/vllm-openai")
    client.close()
    done = private_daemon.run("docker", *README[name])
    assert done.returncode == 0, done.stderr
    held = own.engine_at(private_daemon.url)
    life = adopting(held)
    plan, old = plan_now(held, name), comparable(raw_of(held, name))
    assert (plan.gpus, plan.gpu_way) == (("all",), "device-request")
    assert plan.runtime == ("nvidia" if name == "vllm_container" else None)
    recreate(life, name, plan, 1)
    assert comparable(raw_of(held, name)) == old

    fewer = msgspec.structs.replace(
        plan, gpus=("0",), environment=plan.environment | {"OLLAMA_NUM_PARALLEL": "4"}
    )
    recreate(life, name, fewer, 1)
    assert plan_now(held, name) == fewer
    assert look(held, name).is_running
    held.close()
