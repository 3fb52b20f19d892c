"""What works on this machine, and how to mend what does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from burstview_engines.control import Finding
from burstview_engines.core.events import GpuSampled
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.opening import LEFT_OUT
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.models.hub_cache import hf_cache_folder
from burstview_engines.models.local import free_disk
from burstview_engines.models.ollama_folder import ollama_folder
from burstview_engines.places.docker.ports import bind_problem

ROOM = 20e9
"""Bytes on a disk below which a larger model will hardly fit (8B in 16 bits has 16 GB)."""


async def examine(
    fleet: Fleet, gpus: GpuSampled | None, environ: Mapping[str, str] = os.environ
) -> tuple[Finding, ...]:
    """All checks, the sides' own first."""
    found = [*absence_findings(fleet)]
    for side in fleet.sides.values():
        found += await side.examine()
    found += gpu_findings(gpus)
    found += command_findings(environ)
    found += port_findings(fleet)
    home = Path(environ.get("HOME") or Path.home())
    hub, ollama = hf_cache_folder(environ, home), ollama_folder(environ, home)
    found += disk_findings({"Hugging Face models": hub, "a local Ollama's models": ollama})
    found += engine_findings(fleet)
    return tuple(found)


def absence_findings(fleet: Fleet) -> Iterator[Finding]:
    """Why there is no Docker to be asked at all."""
    if "container" in fleet.sides:
        return
    if fleet.where == LEFT_OUT:
        yield Finding("daemon", "note", fleet.where)
    else:
        yield Finding("daemon", "problem", fleet.where)


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
        elif reason := bind_problem("127.0.0.1", profile.port):
            yield Finding(
                "port",
                "warning",
                f"Port {profile.port}, {profile.label}'s usual one, cannot be had: {reason}.",
                f"{profile.label} will be given the next free one, unless you name another.",
            )
        else:
            yield Finding("port", "ok", f"Port {profile.port} ({profile.label}) is free.")


def disk_findings(folders: Mapping[str, Path]) -> Iterator[Finding]:
    """Free space where models go, by what is kept there."""
    for what, folder in folders.items():
        free = free_disk(folder)
        if free is None:
            yield Finding("disk", "warning", f"{folder}, for {what}, cannot be looked at.")
            continue
        words = f"{free / 1e9:.0f} GB are free for {what} ({folder})."
        if free < ROOM:
            step = "Models may not fit: free some, or choose another disk's folder."
            yield Finding("disk", "warning", words, step)
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
        elif engine.status == "running":
            words = f"{engine.name} ({engine.engine}) runs, but its HTTP does not answer."
            yield Finding("engines", "warning", words, f"See `burstview logs {engine.name}`.")
        else:
            yield Finding("engines", "ok", f"{engine.name} ({engine.engine}) is {engine.status}.")
