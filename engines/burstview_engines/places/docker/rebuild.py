"""Another container like one that is there: with what differs in a plan changed, and nothing lost.

A plan tells only part of what a container may have. So the new one is made from what the daemon
tells of the old one, and only what the plan changes is replaced. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import msgspec

from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.create import Raw, body_of, mount_of, port_bindings
from burstview_engines.places.docker.inspect import plan_of
from burstview_engines.places.docker.told import DeviceRequest, HostConfig, Image, Mounted

_IN_CONFIG = {
    "command": "Cmd",
    "entrypoint": "Entrypoint",
    "environment": "Env",
    "labels": "Labels",
    "stop_seconds": "StopTimeout",
}
_IN_HOST = {
    "runtime": "Runtime",
    "shm_bytes": "ShmSize",
    "ipc": "IpcMode",
    "network": "NetworkMode",
    "cap_drop": "CapDrop",
    "cap_add": "CapAdd",
    "security": "SecurityOpt",
    "pids_limit": "PidsLimit",
    "init": "Init",
    "log_options": "LogConfig",
    "restart": "RestartPolicy",
}
_USUAL_NETWORKS = ("", "default", "bridge")
_LONE_NETWORKS = ("host", "none")
_KEPT_OF_ENDPOINT = ("IPAMConfig", "Links", "Aliases", "DriverOpts")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What to ask the daemon for."""

    body: Raw
    more_networks: tuple[tuple[str, Raw], ...]
    """To be joined before the start: engines before 25 take one network at creation."""


def rebuilt(raw: Mapping[str, object], image: Image | None, plan: ContainerPlan) -> Rebuilt:
    """`raw` is `docker inspect` of the old container, `image` the image that it was made of."""
    old, asked = plan_of(raw, image), body_of(plan)
    changed = {name for name in plan.__struct_fields__ if getattr(old, name) != getattr(plan, name)}
    body = _own_config(raw, image)
    host = _dict(deepcopy(raw.get("HostConfig")))
    wanted = _dict(asked["HostConfig"])
    for name, key in _IN_CONFIG.items():
        if name in changed:
            _replace(body, key, asked.get(key))
    for name, key in _IN_HOST.items():
        if name in changed:
            _replace(host, key, wanted.get(key))
    body["Image"] = plan.image
    host["Ulimits"] = [_ulimit(_dict(entry)) for entry in _list(host.get("Ulimits"))] or None
    _mount(host, raw, old, plan)
    if "ports" in changed:
        _publish(body, host, old, plan)
    if changed & {"gpus", "gpu_way"}:
        host["DeviceRequests"] = [*_other_requests(host), *_list(wanted.get("DeviceRequests"))]
    body["HostConfig"] = host
    return _joined(body, host, raw, plan, "network" in changed)


def _own_config(raw: Mapping[str, object], image: Image | None) -> Raw:
    """Without what the image gave, so that another image gives its own, and without the host name
    that Docker made of the old id."""
    config = _dict(deepcopy(raw.get("Config")))
    given = image.raw_config if image is not None else {}
    if str(raw.get("Id", "")).startswith(str(config.get("Hostname") or "?")):
        config.pop("Hostname", None)
    has_own_entry = config.get("Entrypoint") != given.get("Entrypoint")
    for key, value in given.items():
        if key in ("Entrypoint", "Cmd") and has_own_entry:
            continue
        _subtract(config, key, value)
    if has_own_entry and not config.get("Entrypoint"):
        config["Entrypoint"] = [""]
    return {key: value for key, value in config.items() if value is not None}


def _subtract(config: Raw, key: str, given: object) -> None:
    own = config.get(key)
    if own == given:
        config.pop(key, None)
    elif isinstance(own, dict) and isinstance(given, dict):
        config[key] = {
            name: own[name] for name in own if name not in given or own[name] != given[name]
        }
    elif key == "Env" and isinstance(own, list) and isinstance(given, list):
        config[key] = [entry for entry in own if entry not in given]


def _replace(target: Raw, key: str, value: object) -> None:
    """Nothing asked for: the daemon's or the image's own."""
    if value is None:
        target.pop(key, None)
    else:
        target[key] = value


def _mount(host: Raw, raw: Mapping[str, object], old: ContainerPlan, plan: ContainerPlan) -> None:
    """Mounts that stay keep their words, such as propagation; anonymous volumes are named, so that
    the new container gets the same ones."""
    kept = {mount.target for mount in old.mounts if mount in plan.mounts}
    gone = {mount.target for mount in old.mounts} - kept
    binds = [bind for bind in _list(host.get("Binds")) if _target(str(bind)) not in gone]
    mounts = [
        entry for entry in map(_dict, _list(host.get("Mounts"))) if entry.get("Target") not in gone
    ]
    named = {mount.destination: mount.name for mount in _mounted(raw) if mount.type == "volume"}
    for entry in mounts:
        if entry.get("Type") == "volume" and not entry.get("Source"):
            entry["Source"] = named.get(str(entry.get("Target")), "")
    there = {_target(str(bind)) for bind in binds} | {str(entry.get("Target")) for entry in mounts}
    added = [mount_of(mount) for mount in plan.mounts if mount.target not in there]
    host["Binds"], host["Mounts"] = binds or None, [*mounts, *added] or None


def _ulimit(entry: Raw) -> Raw:
    """Podman tells `RLIMIT_NOFILE` of what it takes as `nofile`."""
    return entry | {"Name": str(entry.get("Name")).removeprefix("RLIMIT_").lower()}


def _target(bind: str) -> str:
    """Of `source:target[:options]`."""
    parts = bind.split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _mounted(raw: Mapping[str, object]) -> list[Mounted]:
    return msgspec.convert(raw.get("Mounts") or [], list[Mounted])


def _publish(body: Raw, host: Raw, old: ContainerPlan, plan: ContainerPlan) -> None:
    """Ports whose bindings stay keep their words, such as a range; UDP is left alone."""
    bindings = _dict(host.get("PortBindings"))
    for container in {port.container for port in (*old.ports, *plan.ports)}:
        before = [port for port in old.ports if port.container == container]
        after = [port for port in plan.ports if port.container == container]
        if before != after:
            bindings.pop(f"{container}/tcp", None)
            bindings |= port_bindings(after)
    host["PortBindings"] = bindings
    exposed = _dict(body.get("ExposedPorts"))
    body["ExposedPorts"] = exposed | {key: {} for key in bindings}


def _other_requests(host: Raw) -> Iterator[object]:
    for entry in _list(host.get("DeviceRequests")):
        if not msgspec.convert(entry, DeviceRequest).is_gpu:
            yield entry


def _joined(
    body: Raw, host: Raw, raw: Mapping[str, object], plan: ContainerPlan, has_moved: bool
) -> Rebuilt:
    """The networks of the old one, unless the plan puts it on the host's or on none."""
    mode = msgspec.convert(host, HostConfig).network_mode
    if mode.startswith("container:"):
        body.pop("Hostname", None)
        body.pop("ExposedPorts", None)
    if mode in _LONE_NETWORKS or mode.startswith("container:"):
        return Rebuilt(body, ())
    first = "bridge" if mode in _USUAL_NETWORKS else mode
    joined = dict(_endpoints(raw, first))
    if has_moved:
        before = plan_of(raw, None).network or "bridge"
        joined = {name: told for name, told in joined.items() if name not in (before, first)}
    own = joined.pop(first, {})
    if own and first != "bridge":
        body["NetworkingConfig"] = {"EndpointsConfig": {first: own}}
    return Rebuilt(body, tuple(joined.items()))


def _endpoints(raw: Mapping[str, object], first: str) -> Iterator[tuple[str, Raw]]:
    """What a person asked for, without what Docker filled in; a network may be named by its id."""
    short = str(raw.get("Id", ""))[:12]
    networks = _dict(_dict(raw.get("NetworkSettings")).get("Networks"))
    for name, told in networks.items():
        endpoint = _dict(told)
        kept = {key: endpoint[key] for key in _KEPT_OF_ENDPOINT if endpoint.get(key)}
        if "Aliases" in kept:
            kept["Aliases"] = [alias for alias in _list(kept["Aliases"]) if alias != short]
        is_by_id = first not in networks and str(endpoint.get("NetworkID")).startswith(first)
        yield first if is_by_id else name, kept


def _dict(value: object) -> Raw:
    return msgspec.convert(value or {}, Raw)


def _list(value: object) -> Sequence[object]:
    return msgspec.convert(value or [], list[object])
