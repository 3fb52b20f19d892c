"""A `docker run` line, read as Docker's command reads it."""

from __future__ import annotations

import csv
import shlex

from burstview_engines.launch.spec import ContainerPlan, MountPlan, PortBinding

SWITCHES = ("-d", "--init")


def parsed(line: str) -> ContainerPlan:
    """The plan that the line asks for. Every flag must be known."""
    words = shlex.split(line)
    assert words[:2] == ["docker", "run"]
    flags: list[tuple[str, str]] = []
    at = 2
    while words[at].startswith("-"):
        name, sign, inline = words[at].partition("=")
        is_switch = name in SWITCHES
        flags.append((name, "" if is_switch else inline if sign else words[at + 1]))
        at += 1 if is_switch or sign else 2
    return _plan(flags, words[at], tuple(words[at + 1 :]))


def _plan(flags: list[tuple[str, str]], image: str, command: tuple[str, ...]) -> ContainerPlan:
    def one(name: str) -> str | None:
        return next((value for flag, value in flags if flag == name), None)

    def every(*names: str) -> list[str]:
        return [value for flag, value in flags if flag in names]

    gpus, way = (), "none"
    if asked := one("--gpus"):
        field = next(csv.reader([asked]))[0]
        gpus, way = tuple(field.removeprefix("device=").split(",")), "device-request"
    elif devices := every("--device"):
        gpus, way = tuple(d.removeprefix("nvidia.com/gpu=") for d in devices), "cdi"
    entrypoint = one("--entrypoint")
    pids, stop = one("--pids-limit"), one("--stop-timeout")
    return ContainerPlan(
        name=one("--name") or "",
        image=image,
        command=command,
        entrypoint=(entrypoint,) if entrypoint else None,
        environment=dict(v.split("=", 1) for v in every("-e", "--env")),
        ports=tuple(_port(value) for value in every("-p")),
        mounts=tuple(_mounts(flags)),
        gpus=gpus,
        gpu_way=way,  # type: ignore[arg-type]
        runtime=one("--runtime"),
        shm_bytes=_size(one("--shm-size")),
        ipc=one("--ipc"),
        network=one("--network"),
        labels=dict(v.split("=", 1) for v in every("--label")),
        cap_drop=tuple(every("--cap-drop")),
        cap_add=tuple(every("--cap-add")),
        security=tuple(every("--security-opt")),
        pids_limit=int(pids) if pids else None,
        init="--init" in {flag for flag, _ in flags},
        log_options=dict(v.split("=", 1) for v in every("--log-opt")),
        restart=one("--restart"),
        stop_seconds=int(stop) if stop else None,
    )


def _port(text: str) -> PortBinding:
    rest, _, inside = text.rpartition(":")
    ip, _, host = rest.rpartition(":")
    return PortBinding(
        container=int(inside), host=int(host) if host else None, ip=ip.strip("[]") or "0.0.0.0"
    )


def _mounts(flags: list[tuple[str, str]]) -> list[MountPlan]:
    found = []
    for flag, value in flags:
        if flag == "-v":
            source, target, *mode = value.split(":")
            kind = "bind" if source.startswith("/") else "volume"
            found.append(_mount(kind, source, target, mode == ["ro"]))
        elif flag == "--mount":
            fields = dict((*f.split("=", 1), "")[:2] for f in next(csv.reader([value])))
            found.append(
                _mount(fields["type"], fields["source"], fields["target"], "readonly" in fields)
            )
    return found


def _mount(kind: str, source: str, target: str, read_only: bool) -> MountPlan:
    return MountPlan(
        kind=kind,  # type: ignore[arg-type]
        source=source,
        target=target,
        read_only=read_only,
    )


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text[:-1]) << 30 if text.endswith("g") else int(text)
