"""A plan as the line that a person would type; it can be copied, and shows no secret."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from burstview_engines.launch.mask import masked, masked_words
from burstview_engines.launch.spec import ContainerPlan, MountPlan, PortBinding, ProcessPlan

FOLDED = ("io.burstview.spec", "io.burstview.session")
"""Labels that are left out: the first is long and can be read back from the rest, the second is
of a session that a pasted line has not."""

GIB = 1 << 30


def run_line(plan: ContainerPlan) -> str:
    """`docker run -d …`, the same as what is created."""
    return shlex.join(run_words(plan))


def run_words(plan: ContainerPlan) -> tuple[str, ...]:
    """The words of the line. Docker's `--entrypoint` takes one; the others become arguments."""
    first = plan.entrypoint[1:] if plan.entrypoint else ()
    command = masked_words((*first, *plan.command))
    return ("docker", "run", "-d", *_flags(plan), plan.image, *command)


def process_line(plan: ProcessPlan) -> str:
    """`NAME=VALUE … command …`."""
    settings = [
        f"{name}={shlex.quote(masked(name, value))}" for name, value in plan.environment.items()
    ]
    return " ".join([*settings, shlex.join(masked_words(plan.argv))])


def _flags(plan: ContainerPlan) -> Iterator[str]:
    yield from ("--name", plan.name)
    yield from _devices(plan)
    for port in plan.ports:
        yield from ("-p", _port(port))
    for mount in plan.mounts:
        yield from _mount(mount)
    for name, value in plan.environment.items():
        yield from ("-e", f"{name}={masked(name, value)}")
    yield from _isolation(plan)
    yield from _life(plan)
    for name, value in plan.labels.items():
        if name not in FOLDED:
            yield from ("--label", f"{name}={masked(name, value)}")
    if plan.entrypoint:
        yield from ("--entrypoint", plan.entrypoint[0])


def _devices(plan: ContainerPlan) -> Iterator[str]:
    if plan.runtime:
        yield from ("--runtime", plan.runtime)
    if not plan.gpus or plan.gpu_way == "none":
        return
    if plan.gpu_way == "cdi":
        for gpu in plan.gpus:
            yield from ("--device", f"nvidia.com/gpu={gpu}")
    elif plan.gpus == ("all",):
        yield from ("--gpus", "all")
    else:
        yield from ("--gpus", _field(f"device={','.join(plan.gpus)}"))


def _port(port: PortBinding) -> str:
    ip = f"[{port.ip}]" if ":" in port.ip else port.ip
    host = "" if port.host is None else str(port.host)
    return f"{ip}:{host}:{port.container}" if ip else f"{host}:{port.container}".lstrip(":")


def _mount(mount: MountPlan) -> Iterator[str]:
    """`-v` would make a missing folder of this machine; `--mount` refuses."""
    if mount.kind == "volume" and mount.source:
        yield from ("-v", f"{mount.source}:{mount.target}{':ro' if mount.read_only else ''}")
        return
    fields = [f"type={mount.kind}", f"source={mount.source}", f"target={mount.target}"]
    fields += ["readonly"] if mount.read_only else []
    yield from ("--mount", ",".join(_field(field) for field in fields if field != "source="))


def _field(text: str) -> str:
    """One field of a line of comma-separated ones."""
    if "," not in text and '"' not in text:
        return text
    return '"{}"'.format(text.replace('"', '""'))


def _isolation(plan: ContainerPlan) -> Iterator[str]:
    if plan.ipc:
        yield from ("--ipc", plan.ipc)
    if plan.shm_bytes:
        yield from ("--shm-size", _size(plan.shm_bytes))
    if plan.network:
        yield from ("--network", plan.network)
    for capability in plan.cap_drop:
        yield from ("--cap-drop", capability)
    for capability in plan.cap_add:
        yield from ("--cap-add", capability)
    for option in plan.security:
        yield from ("--security-opt", option)


def _life(plan: ContainerPlan) -> Iterator[str]:
    if plan.pids_limit:
        yield from ("--pids-limit", str(plan.pids_limit))
    if plan.init:
        yield "--init"
    if plan.log_options:
        yield from ("--log-driver", "json-file")
    for name, value in plan.log_options.items():
        yield from ("--log-opt", f"{name}={value}")
    if plan.restart:
        yield from ("--restart", plan.restart)
    if plan.stop_seconds is not None:
        yield from ("--stop-timeout", str(plan.stop_seconds))


def _size(count: int) -> str:
    return f"{count // GIB}g" if count % GIB == 0 else str(count)
