"""A container as the daemon tells it, read: how it is, and what it was created with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from burstview_engines.launch.spec import (
    ALL_GPUS,
    NO_GPU,
    ContainerPlan,
    GpuWay,
    MountPlan,
    PortBinding,
)
from burstview_engines.places.docker.create import CDI_GPU, COUNT
from burstview_engines.places.docker.told import (
    Bindings,
    Config,
    DeviceRequest,
    Health,
    Image,
    Mounted,
    Restart,
    State,
    Told,
)

USUAL_SHM = 64 << 20
"""Bytes that Docker gives without being asked."""
_PODMANS = ("container", "TERM", "HOME", "HOSTNAME")
"""Variables that Podman adds by itself."""
_USUAL_NETWORKS = ("", "default", "bridge")
_USUAL_RUNTIMES = ("", "runc", "crun", "oci", "io.containerd.runc.v2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a container is. Unknown is None."""

    id: str
    name: str
    image: str
    """As it was asked for."""
    image_id: str
    status: str
    """Docker's word: created, running, paused, restarting, removing, exited, dead."""
    exit_code: int | None
    """Of the last run; None while it runs and before the first."""
    oom_killed: bool
    restarts: int
    """By its restart policy."""
    started_wall: float | None
    finished_wall: float | None
    """Unix times."""
    error: str
    """The daemon's words when it could not be started."""
    health: str | None
    """None without a health check: starting, healthy, unhealthy."""
    ports: tuple[PortBinding, ...]
    """Published TCP ports, one for each; those asked for while it does not run."""
    labels: Mapping[str, str]
    is_on_host_network: bool
    removes_itself: bool
    """Started with `--rm`: gone as soon as it stops."""

    @property
    def is_running(self) -> bool:
        """It has processes."""
        return self.status in ("running", "paused", "restarting")


def seen_of(raw: Mapping[str, object]) -> Seen:
    """Of what `docker inspect` tells. Raises msgspec.ValidationError on anything else."""
    told = msgspec.convert(raw, Told)
    state, host = told.state, told.host_config
    return Seen(
        id=told.id,
        name=told.name.lstrip("/"),
        image=told.config.image,
        image_id=told.image,
        status=state.status,
        exit_code=state.exit_code if _has_ended(state) else None,
        oom_killed=state.oom_killed,
        restarts=told.restart_count,
        started_wall=_wall(state.started_at),
        finished_wall=_wall(state.finished_at),
        error=state.error,
        health=_health(state.health),
        ports=_published(told.network_settings.ports, host.port_bindings, state.running),
        labels=told.config.labels or {},
        is_on_host_network=host.network_mode == "host",
        removes_itself=host.auto_remove,
    )


def volumes_of(raw: Mapping[str, object]) -> tuple[str, ...]:
    """Names of all volumes that it mounts, anonymous ones too."""
    mounts = msgspec.convert(raw, Told).mounts or ()
    return tuple(mount.name for mount in mounts if mount.type == "volume")


def plan_of(raw: Mapping[str, object], image: Image | None) -> ContainerPlan:
    """What it was created with, as far as a plan can say it: what its `image` gave is left out;
    None: all counts as asked for."""
    told = msgspec.convert(raw, Told)
    config, host = told.config, told.host_config
    given = image.config if image is not None else Config()
    entrypoint, command = _words(config, given)
    gpus, way = _gpus(host.device_requests or [])
    return ContainerPlan(
        name=told.name.lstrip("/"),
        image=config.image,
        command=command,
        entrypoint=entrypoint,
        environment=_environment(config, given),
        ports=tuple(_bindings(host.port_bindings or {})),
        mounts=tuple(_mounts(told.mounts or ())),
        gpus=gpus,
        gpu_way=way,
        runtime=None if host.runtime in (None, *_USUAL_RUNTIMES) else host.runtime,
        shm_bytes=None if host.shm_size in (None, 0, USUAL_SHM) else host.shm_size,
        ipc=host.ipc_mode or None,
        network=None if host.network_mode in _USUAL_NETWORKS else host.network_mode,
        labels=_labels(config, given),
        cap_drop=tuple(host.cap_drop or ()),
        cap_add=tuple(host.cap_add or ()),
        security=tuple(host.security_opt or ()),
        pids_limit=host.pids_limit if host.pids_limit and host.pids_limit > 0 else None,
        init=bool(host.init),
        log_options=host.log_config.config or {},
        restart=_restart_words(host.restart_policy),
        stop_seconds=config.stop_timeout,
    )


def _words(config: Config, given: Config) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """(entrypoint, command). With an entrypoint of its own a container gets no command of its
    image, so then all of it was asked for."""
    command = tuple(config.cmd or ())
    if config.entry_words != given.entry_words:
        return config.entry_words, command
    return None, () if command == tuple(given.cmd or ()) else command


def _environment(config: Config, given: Config) -> dict[str, str]:
    of_image = set(given.env or ())
    own = [entry.partition("=") for entry in config.env or () if entry not in of_image]
    added = _PODMANS if "container=podman" in (config.env or ()) else ()
    return {name: value for name, sign, value in own if sign and name not in added}


def _health(health: Health | None) -> str | None:
    """Podman tells an empty one where there is no check."""
    return health.status if health is not None and health.status not in ("", "none") else None


def _labels(config: Config, given: Config) -> dict[str, str]:
    of_image = (given.labels or {}).items()
    return {
        name: value
        for name, value in (config.labels or {}).items()
        if (name, value) not in of_image
    }


def _bindings(bindings: Bindings) -> Iterator[PortBinding]:
    """The TCP ones; a range of host ports counts as any free one."""
    for told, entries in bindings.items():
        container, _, kind = told.partition("/")
        if kind in ("", "tcp") and container.isdecimal():
            for entry in entries or ():
                host = int(entry.port) if entry.port.isdecimal() else 0
                yield PortBinding(
                    container=int(container), host=host or None, ip=entry.ip or "0.0.0.0"
                )


def _published(
    now: Bindings | None, asked: Bindings | None, is_running: bool
) -> tuple[PortBinding, ...]:
    """Docker lists `0.0.0.0` and `::` apart: one of each container and host port is enough."""
    found: dict[tuple[int, int | None], PortBinding] = {}
    for port in _bindings((now if is_running else asked) or {}):
        found.setdefault((port.container, port.host), port)
    return tuple(found.values())


def _mounts(mounts: Sequence[Mounted]) -> Iterator[MountPlan]:
    """Anonymous volumes too: they hold data that must not be lost."""
    for mount in sorted(mounts, key=lambda one: one.destination):
        if mount.type == "volume":
            yield _mount("volume", mount.name, mount)
        elif mount.type == "bind":
            yield _mount("bind", mount.source, mount)


def _mount(kind: Literal["volume", "bind"], source: str, mount: Mounted) -> MountPlan:
    return MountPlan(
        kind=kind, source=source, target=mount.destination, read_only=not mount.is_writable
    )


def _gpus(requests: Sequence[DeviceRequest]) -> tuple[tuple[str, ...], GpuWay]:
    wish = next((request for request in requests if request.is_gpu), None)
    if wish is None:
        return NO_GPU, "none"
    if wish.driver == "cdi":
        return tuple(one.removeprefix(CDI_GPU) for one in wish.ids or ()), "cdi"
    if wish.ids:
        return tuple(wish.ids), "device-request"
    return ALL_GPUS if wish.count < 0 else (f"{COUNT}{wish.count}",), "device-request"


def _restart_words(policy: Restart) -> str | None:
    if policy.name in ("", "no"):
        return None
    times = policy.maximum_retry_count
    return f"{policy.name}:{times}" if times else policy.name


def _has_ended(state: State) -> bool:
    """Between two runs of a restart policy Docker calls it running too."""
    is_running = state.running and state.status != "restarting"
    return not is_running and bool(_wall(state.started_at) or state.error)


def _wall(stamp: str) -> float | None:
    """Unix time; the year 1 means never."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment.timestamp() if moment.year > 1 else None
