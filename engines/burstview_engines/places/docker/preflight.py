"""What would keep a container from starting, checked before anything is pulled or made.

Every call blocks; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from burstview_engines.control import Finding
from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker import gpu
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.look import image_of
from burstview_engines.places.docker.ports import (
    Taken,
    bind_problem,
    free_disk,
    no_port_near,
    taken_ports,
)

ROOM_TO_PULL = 20_000_000_000
"""Bytes that an engine's image takes at most, unpacked, as a rule (vLLM's takes about so much)."""
ROOM_TO_RUN = 2_000_000_000
"""Bytes below which logs and caches soon fill the disk."""
PORTS_TRIED = 200


def preflight(
    engine: DockerEngine,
    plan: ContainerPlan,
    profile: LaunchProfile | None = None,
    *,
    replaces: str | None = None,
) -> tuple[Finding, ...]:
    """Daemon, image, name, ports, GPU and disk. `replaces`: the id of the container whose name and
    ports become free. A daemon that cannot be asked is the only finding then."""
    try:
        return tuple(_findings(engine, plan, profile, replaces))
    except DockerFailed as failed:
        return (_absent(failed),)


def daemon_findings(engine: DockerEngine) -> tuple[Finding, ...]:
    """The daemon by itself, its GPUs and its disk."""
    try:
        found = [*_daemon(engine), gpu.overall(gpu.support(engine)), *_disk(engine, ROOM_TO_RUN)]
    except DockerFailed as failed:
        return (_absent(failed),)
    return tuple(found)


def free_name(engine: DockerEngine, wanted: str, promised: Collection[str | None] = ()) -> str:
    """`wanted`, or with a number from 2 on; none that is promised. Raises DockerFailed."""
    used = {*_names(engine), *promised}
    numbered = (f"{wanted}-{number}" for number in range(2, len(used) + 3))
    return next(name for name in (wanted, *numbered) if name not in used)


def free_port(engine: DockerEngine, preferred: int, promised: Collection[int | None] = ()) -> int:
    """The first from `preferred` on that no container has, running or not, that no program of this
    machine holds, where the daemon is here, and that is not promised. Raises DockerFailed when
    there is none near."""
    used = {*promised, *(taken.port for taken in taken_ports(engine))}
    for port in range(preferred, min(preferred + PORTS_TRIED, 65_536)):
        is_held = engine.endpoint.is_here and bind_problem("0.0.0.0", port) is not None
        if port not in used and not is_held:
            return port
    raise no_port_near(preferred)


def _findings(
    engine: DockerEngine,
    plan: ContainerPlan,
    profile: LaunchProfile | None,
    replaces: str | None,
) -> Iterator[Finding]:
    yield from _daemon(engine)
    image = image_of(engine, plan.image)
    if image is None:
        yield Finding("image", "note", f"{plan.image} is not here yet; it is pulled first.")
    else:
        size = f" ({decimal(image.size_bytes)})" if image.size_bytes else ""
        yield Finding("image", "ok", f"{plan.image} is here{size}.")
    yield _name(engine, plan.name, replaces)
    yield from _ports(engine, plan, replaces)
    found = gpu.finding(gpu.support(engine), plan, profile.cpu_image if profile else None)
    if found is not None:
        yield found
    yield from _disk(engine, ROOM_TO_RUN if image is not None else ROOM_TO_PULL)


def _absent(failed: DockerFailed) -> Finding:
    return Finding("daemon", "problem", failed.failure.sentence, failed.failure.step)


def _daemon(engine: DockerEngine) -> Iterator[Finding]:
    version = engine.version
    what = f"{'Podman' if version.is_podman else 'Docker'} {one_line(version.version, 40)}"
    yield Finding("daemon", "ok", f"{what} answers at {engine.endpoint.words}.")
    if version.is_podman:
        yield Finding(
            "daemon",
            "warning",
            "Podman in Docker's place is experimental: GPUs, events and health checks differ.",
            "Use a Docker Engine where it matters.",
        )


def _name(engine: DockerEngine, name: str, replaces: str | None) -> Finding:
    holder = _names(engine).get(name)
    if holder is None or holder == replaces:
        return Finding("name", "ok", f"The name {name} is free.")
    return Finding(
        "name",
        "problem",
        f"There is a container {name} already.",
        "Choose another name, or remove that container.",
    )


class _Named(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    names: list[str] | None = None


prepare(_Named)


def _names(engine: DockerEngine) -> dict[str, str]:
    """Name -> id, of all containers."""
    with explained(engine.endpoint.words):
        listed = msgspec.convert(engine.api.containers(all=True), list[_Named])
    return {name.lstrip("/"): one.id for one in listed for name in one.names or ()}


def _ports(engine: DockerEngine, plan: ContainerPlan, replaces: str | None) -> Iterator[Finding]:
    taken = [one for one in taken_ports(engine) if one.id != replaces]
    freed = {one.port for one in taken_ports(engine) if one.id == replaces and one.is_running}
    for port in plan.ports:
        if port.host is None:
            continue
        holders = [one for one in taken if one.port == port.host and one.meets(port.ip)]
        yield _port(engine, port.ip, port.host, holders, is_freed=port.host in freed)


def _port(
    engine: DockerEngine, ip: str, port: int, holders: list[Taken], *, is_freed: bool
) -> Finding:
    running = next((one for one in holders if one.is_running), None)
    if running is not None:
        return Finding(
            "port",
            "problem",
            f"The container {running.name} has port {port} already.",
            "Choose another port, or stop that container.",
        )
    reason = bind_problem(ip, port) if engine.endpoint.is_here and not is_freed else None
    if reason is not None:
        return Finding("port", "problem", f"Port {port} cannot be had: {reason}.", _OTHER_PORT)
    if holders:
        return Finding(
            "port",
            "note",
            f"Port {port} is free, but the stopped container {holders[0].name} wants it too.",
            "Only one of the two can run.",
        )
    return Finding("port", "ok", f"Port {port} is free.")


_OTHER_PORT = "Choose another port, or end that program (`ss -ltnp` shows it)."


def _disk(engine: DockerEngine, needed: int) -> Iterator[Finding]:
    """Of a daemon of this machine; elsewhere nothing is known."""
    free = free_disk(engine.info().docker_root_dir) if engine.endpoint.is_here else None
    if free is None:
        return
    words = f"Docker's disk has {decimal(free)} free"
    if free >= needed:
        yield Finding("disk", "ok", f"{words}.")
    else:
        step = "See `docker system df`; unused images go with `docker image prune`."
        yield Finding("disk", "warning", f"{words}, which may be too little.", step)
