"""A container plan as the body of Docker's create request. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.launch.spec import ALL_GPUS, ContainerPlan, MountPlan, PortBinding

Raw = dict[str, object]
"""JSON as the daemon takes and gives it."""
CDI_GPU = "nvidia.com/gpu="
COUNT = "count="
"""A plan's GPUs may be `("count=2",)`: any two, as `--gpus 2` asks."""


def body_of(plan: ContainerPlan) -> Raw:
    """What is not in the plan is left to the daemon and the image; an empty entrypoint takes the
    image's away."""
    body: Raw = {"Image": plan.image, "HostConfig": _host_config(plan)}
    if plan.command:
        body["Cmd"] = list(plan.command)
    if plan.entrypoint is not None:
        body["Entrypoint"] = list(plan.entrypoint) or [""]
    if plan.environment:
        body["Env"] = [f"{name}={value}" for name, value in plan.environment.items()]
    if plan.labels:
        body["Labels"] = dict(plan.labels)
    if plan.ports:
        body["ExposedPorts"] = {f"{port.container}/tcp": {} for port in plan.ports}
    if plan.stop_seconds is not None:
        body["StopTimeout"] = plan.stop_seconds
    return body


def _host_config(plan: ContainerPlan) -> Raw:
    """Never host folders by `Binds`: Docker makes those that are missing, as root."""
    told: Raw = {
        "PortBindings": port_bindings(plan.ports),
        "Mounts": [mount_of(mount) for mount in plan.mounts],
        "DeviceRequests": device_requests(plan),
        "Runtime": plan.runtime,
        "ShmSize": plan.shm_bytes,
        "IpcMode": plan.ipc,
        "NetworkMode": plan.network,
        "CapDrop": list(plan.cap_drop),
        "CapAdd": list(plan.cap_add),
        "SecurityOpt": list(plan.security),
        "PidsLimit": plan.pids_limit,
        "Init": plan.init or None,
        "LogConfig": log_config(plan),
        "RestartPolicy": restart_policy(plan.restart),
    }
    return {key: value for key, value in told.items() if value not in (None, [], {})}


def port_bindings(ports: Sequence[PortBinding]) -> Raw:
    """By container port; an empty host port asks for any free one."""
    found: dict[str, list[Raw]] = {}
    for port in ports:
        entry: Raw = {"HostIp": port.ip, "HostPort": "" if port.host is None else str(port.host)}
        found.setdefault(f"{port.container}/tcp", []).append(entry)
    return dict(found)


def mount_of(mount: MountPlan) -> Raw:
    """A missing host folder is refused by the daemon, never made."""
    return {
        "Type": mount.kind,
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }


def device_requests(plan: ContainerPlan) -> list[Raw]:
    """Of the plan's GPUs; Docker takes a count or ids, never both."""
    if not plan.gpus or plan.gpu_way == "none":
        return []
    if plan.gpu_way == "cdi":
        ids = [gpu if "=" in gpu else CDI_GPU + gpu for gpu in plan.gpus]
        return [{"Driver": "cdi", "DeviceIDs": ids}]
    chosen: Raw = {"DeviceIDs": list(plan.gpus)}
    if plan.gpus == ALL_GPUS:
        chosen = {"Count": -1}
    elif plan.gpus[0].startswith(COUNT):
        chosen = {"Count": int(plan.gpus[0].removeprefix(COUNT))}
    return [{"Driver": "", "Capabilities": [["gpu"]], **chosen}]


def log_config(plan: ContainerPlan) -> Raw | None:
    """None: the daemon's own."""
    if not plan.log_options:
        return None
    return {"Type": "json-file", "Config": dict(plan.log_options)}


def restart_policy(words: str | None) -> Raw | None:
    """Of `always`, `unless-stopped`, `on-failure:3`."""
    if words is None:
        return None
    name, _, times = words.partition(":")
    return {"Name": name, "MaximumRetryCount": int(times or 0)}
