"""What would keep a container from starting, on a real daemon and on what others tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from docker import DockerClient

from burstview_engines.control import Finding
from burstview_engines.launch.spec import ContainerPlan, PortBinding
from burstview_engines.places.docker import gpu
from burstview_engines.places.docker.endpoint import Endpoint
from burstview_engines.places.docker.engine_port import Device, DockerEngine, Info, Runtime
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.gpu import GpuSupport
from burstview_engines.places.docker.ports import bind_problem, free_disk, taken_ports
from burstview_engines.places.docker.preflight import (
    daemon_findings,
    free_name,
    free_port,
    preflight,
)
from tests.docker import own
from tests.docker.private_daemon import PrivateDaemon

Names = Callable[[str], str]


@pytest.fixture
def engine(docker_client: DockerClient) -> Iterator[DockerEngine]:
    held = own.engine()
    yield held
    held.close()


def level(findings: tuple[Finding, ...], name: str) -> str:
    """Of the only finding of that name."""
    [found] = [one for one in findings if one.name == name]
    return found.level


def words(findings: tuple[Finding, ...], name: str) -> str:
    [found] = [one for one in findings if one.name == name]
    return f"{found.sentence} {found.step}".strip()


def on_port(image: str, name: str, port: int, ip: str = "127.0.0.1") -> ContainerPlan:
    return own.sleeper(image, name, ports=(PortBinding(container=1, host=port, ip=ip),))


def test_nothing_in_the_way(engine: DockerEngine, plain_image: str, unique_name: Names) -> None:
    found = preflight(engine, on_port(plain_image, unique_name("fine"), own.free_port()))
    assert {one.name: one.level for one in found if one.name != "disk"} == {
        "daemon": "ok",
        "image": "ok",
        "name": "ok",
        "port": "ok",
    }
    assert engine.endpoint.words in words(found, "daemon")
    assert "MB)" in words(found, "image")
    assert "free" in words(found, "disk")


def test_no_daemon() -> None:
    """Then nothing else is told."""
    nowhere = DockerEngine(Endpoint("unix:///nowhere.sock", "context lab", "local"))
    plan = ContainerPlan(name="x", image="y")
    for found in (preflight(nowhere, plan), daemon_findings(nowhere)):
        [only] = found
        assert (only.name, only.level) == ("daemon", "problem")
        assert only.sentence == ("No Docker daemon answers at unix:///nowhere.sock (context lab).")


def test_an_image_that_is_not_here(engine: DockerEngine, unique_name: Names) -> None:
    found = preflight(engine, own.sleeper("burstview/absent:1", unique_name("new")))
    assert (level(found, "image"), level(found, "name")) == ("note", "ok")
    assert "pulled first" in words(found, "image")


def test_a_name_that_is_taken(
    engine: DockerEngine, docker_client: DockerClient, plain_image: str, unique_name: Names
) -> None:
    """By a stopped one too; not by the one that is to be replaced."""
    name = unique_name("taken")
    holder = docker_client.containers.create(plain_image, name=name)
    plan = own.sleeper(plain_image, name)
    assert level(preflight(engine, plan), "name") == "problem"
    assert level(preflight(engine, plan, replaces=holder.id), "name") == "ok"
    assert free_name(engine, name) == f"{name}-2"
    docker_client.containers.create(plain_image, name=f"{name}-2")
    assert free_name(engine, name) == f"{name}-3"
    assert free_name(engine, unique_name("other")) == unique_name("other")


def test_a_port_that_another_program_holds(
    engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    with own.listening() as port:
        found = preflight(engine, on_port(plain_image, unique_name("port"), port))
        assert free_port(engine, port) != port
    assert level(found, "port") == "problem"
    assert "another program listens on it" in words(found, "port")
    assert free_port(engine, port) == port


def test_a_port_that_another_container_holds(
    engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    """A running one is told by its name, a stopped one noted; the one to be replaced is neither."""
    port, holder = own.free_port(), unique_name("holder")
    life = own.life(engine)
    container = life.launch(on_port(plain_image, holder, port))
    plan = on_port(plain_image, unique_name("second"), port)
    found = preflight(engine, plan)
    assert level(found, "port") == "problem"
    assert f"The container {holder} has port {port}" in words(found, "port")
    assert level(preflight(engine, plan, replaces=container), "port") == "ok"
    everywhere = on_port(plain_image, unique_name("second"), port, "0.0.0.0")
    assert level(preflight(engine, everywhere), "port") == "problem"

    life.kill(container)
    stopped = preflight(engine, plan)
    assert level(stopped, "port") == "note"
    assert f"stopped container {holder} wants it too" in words(stopped, "port")
    assert port in {taken.port for taken in taken_ports(engine) if taken.name == holder}
    assert free_port(engine, port) != port


def test_no_port_is_found_where_all_are_taken(engine: DockerEngine) -> None:
    with pytest.raises(DockerFailed, match="No port from 65536 on"):
        free_port(engine, 65_536)


def test_ports_of_this_machine() -> None:
    """A port below 1024 is the daemon's to open; an address that is elsewhere cannot be had."""
    assert bind_problem("127.0.0.1", own.free_port()) is None
    assert bind_problem("192.0.2.1", 9) == "this machine does not have that address"
    with own.listening() as port:
        assert bind_problem("0.0.0.0", port) == "another program listens on it"


def test_a_disk_that_cannot_be_seen() -> None:
    assert free_disk("/absent") is None
    assert free_disk("") is None
    assert (free_disk("/") or 0) > 0


def test_gpus_on_a_daemon_that_has_none(
    engine: DockerEngine, plain_image: str, unique_name: Names
) -> None:
    """A warning, because the daemon may have more than it tells; all of none is none."""
    known = gpu.support(engine)
    assert not known.is_known
    plan = own.sleeper(plain_image, unique_name("gpu"), gpus=("all",), gpu_way="device-request")
    found = preflight(engine, plan)
    assert level(found, "gpu") == "warning"
    assert "nvidia-ctk runtime configure" in words(found, "gpu")
    assert gpu.way(engine, ("all",)) == "none"
    assert gpu.way(engine, ("0",)) == "device-request"
    assert gpu.way(engine, ()) == "none"
    assert level(daemon_findings(engine), "gpu") == "note"
    asked = own.sleeper(plain_image, unique_name("gpu"), runtime="nvidia")
    assert level(preflight(engine, asked), "gpu") == "problem"


def test_gpus_on_a_daemon_with_nvidias_runtime(private_daemon: PrivateDaemon) -> None:
    held = own.engine_at(private_daemon.url)
    assert gpu.support(held).has_runtime
    assert gpu.way(held, ("all",)) == "device-request"
    plan = ContainerPlan(name="xx", image="y", gpus=("all",), gpu_way="device-request")
    assert level(preflight(held, plan), "gpu") == "ok"
    assert level(daemon_findings(held), "gpu") == "ok"
    held.close()


def told(**fields: object) -> Info:
    return Info(**fields)  # type: ignore[arg-type]


def test_gpus_by_cdi() -> None:
    """As engines from 28 on tell of them."""
    devices = [Device("cdi", "nvidia.com/gpu=0"), Device("cdi", "nvidia.com/gpu=all")]
    devices.append(Device("cdi", "vendor.com/nic=0"))
    known = gpu.support_of(told(discovered_devices=devices), False, False)
    assert known == GpuSupport(False, False, ("0", "all"), False)
    assert gpu.way_of(known, ("all",)) == "cdi"
    plan = ContainerPlan(name="x", image="y", gpus=("0",), gpu_way="cdi")
    found = gpu.finding(known, plan)
    assert found is not None
    assert found.level == "ok"
    missing = gpu.finding(known, ContainerPlan(name="x", image="y", gpus=("7",), gpu_way="cdi"))
    assert missing is not None
    assert (missing.level, "a GPU 7 by CDI" in missing.sentence) == ("problem", True)
    assert "0, all" in gpu.overall(known).sentence


@pytest.mark.parametrize(
    ("known", "gpus", "way"),
    [
        (GpuSupport(True, None, (), False), ("all",), "device-request"),
        (GpuSupport(True, None, ("0",), False), ("0",), "device-request"),
        (GpuSupport(False, True, (), False), ("all",), "device-request"),
        (GpuSupport(False, None, (), False), ("all",), "none"),
        (GpuSupport(False, None, (), False), ("GPU-1",), "device-request"),
        (GpuSupport(True, True, ("0",), False), (), "none"),
    ],
)
def test_how_gpus_are_asked_for(known: GpuSupport, gpus: tuple[str, ...], way: str) -> None:
    assert gpu.way_of(known, gpus) == way


def test_podman_may_forget_the_gpus() -> None:
    known = gpu.support_of(told(runtimes={"nvidia": Runtime()}), None, True)
    plan = ContainerPlan(name="x", image="y", gpus=("all",), gpu_way="device-request")
    found = gpu.finding(known, plan)
    assert found is not None
    assert (found.level, found.sentence.startswith("Podman may start")) == ("warning", True)


def test_a_container_without_gpus_is_not_asked_for_them() -> None:
    known = GpuSupport(False, False, (), False)
    assert gpu.finding(known, ContainerPlan(name="x", image="y")) is None
