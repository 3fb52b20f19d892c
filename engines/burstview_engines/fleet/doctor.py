"""What works on this machine, and how to mend what does not."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from burstview_engines.control import Finding
from burstview_engines.core.events import GpuSampled
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.launch.registry import LAUNCH

ROOM = 20e9
"""Bytes on the disk below which an engine's image will hardly fit (vLLM's unpacks to 20 GB)."""


async def examine(
    fleet: Fleet, gpus: GpuSampled | None, environ: Mapping[str, str] = os.environ
) -> tuple[Finding, ...]:
    """All checks, the sides' own first."""
    found: list[Finding] = []
    for side in fleet.sides.values():
        found += await side.examine()
    found += gpu_findings(gpus)
    found += command_findings(environ)
    found += port_findings(fleet)
    found += disk_findings(Path.home())
    found += engine_findings(fleet)
    return tuple(found)


def gpu_findings(sample: GpuSampled | None) -> Iterator[Finding]:
    """What NVML says."""
    problem = sample.problem if sample is not None else None
    gpus = sample.gpus if sample is not None else ()
    if not gpus:
        yield Finding(
            "nvml",
            "note",
            problem or "No NVIDIA GPU is here.",
            "Without one engines compute on the CPU; the demo needs none.",
        )
    for gpu in gpus:
        total = gpu.memory_total_bytes
        size = f", {total / 2**30:.0f} GiB" if total else ""
        yield Finding("nvml", "ok", f"GPU {gpu.index} is {gpu.name}{size}.")


def command_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Engines that can be started as local processes."""
    for profile in LAUNCH.values():
        command = profile.process[0]
        if command == "python3":
            continue
        place = shutil.which(command, path=environ.get("PATH"))
        if place is None:
            words = f"`{command}` is not on the PATH: {profile.label} runs in a container only."
            yield Finding("command", "note", words)
        else:
            yield Finding("command", "ok", f"{profile.label} can run as a local process: {place}.")


def port_findings(fleet: Fleet) -> Iterator[Finding]:
    """The engines' usual ports, and who has them."""
    known = {engine.url: engine.name for engine in fleet.hub.board if engine.url}
    for profile in LAUNCH.values():
        owner = known.get(f"http://127.0.0.1:{profile.port}")
        if owner is not None:
            yield Finding("port", "ok", f"Port {profile.port} is {owner}'s.")
        elif _is_taken(profile.port):
            yield Finding(
                "port",
                "warning",
                f"Port {profile.port}, {profile.label}'s usual one, is taken by another program.",
                "Another free port will be chosen.",
            )
        else:
            yield Finding("port", "ok", f"Port {profile.port} ({profile.label}) is free.")


def disk_findings(*folders: Path) -> Iterator[Finding]:
    """Free space where models and images go."""
    for folder in folders:
        try:
            free = shutil.disk_usage(folder).free
        except OSError as refusal:
            yield Finding("disk", "warning", f"{folder} cannot be looked at: {refusal.strerror}.")
            continue
        words = f"{free / 1e9:.0f} GB are free at {folder}."
        if free < ROOM:
            yield Finding("disk", "warning", words, "Images and models may not fit: free some.")
        else:
            yield Finding("disk", "ok", words)


def engine_findings(fleet: Fleet) -> Iterator[Finding]:
    """Those that are here."""
    engines = list(fleet.hub.board)
    if not engines:
        yield Finding("engines", "note", "No engine is here.", "`burstview up ENGINE` starts one.")
    for engine in engines:
        if engine.failure is not None:
            words = f"{engine.name} failed: {engine.failure.sentence}"
            yield Finding("engines", "warning", words, engine.failure.step)
        else:
            yield Finding("engines", "ok", f"{engine.name} ({engine.engine}) is {engine.status}.")


def worst(findings: Iterable[Finding]) -> str:
    """The gravest level among them."""
    order = ("ok", "note", "warning", "problem")
    return max((finding.level for finding in findings), key=order.index, default="ok")


def _is_taken(port: int) -> bool:
    with closing(socket.socket()) as knock:
        knock.settimeout(0.3)
        return knock.connect_ex(("127.0.0.1", port)) == 0
