"""Whose process is on a GPU: the engine's that runs in the same container or process tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.core.loopback import is_loopback
from burstview_engines.core.managed import ManagedEngine

PROGRAMS = {
    "ollama": ("ollama",),
    "llamacpp": ("llama-server",),
    "vllm": ("vllm",),
    "sglang": ("sglang",),
}
"""Names in the commands of the processes that hold a GPU, by engine (traces: Ollama's runner is
`/bin/ollama/lib/ollama/llama-server`, vLLM's `VLLM::EngineCore`)."""
_SHORT_ID = 12
"""Digits of a container id that tell it from others; some cgroups cut it there."""


def owner_of(process: GpuProcess, engines: Iterable[ManagedEngine]) -> ManagedEngine | None:
    """The engine that this process belongs to; None when it is none that we know."""
    return next((engine for engine in engines if _owns(engine, process)), None)


def backend_of(
    process: GpuProcess, engines: Iterable[ManagedEngine], backends: Sequence[Backend]
) -> str | None:
    """The key of the backend that this process serves: its engine's, or that of the only one on
    this machine whose program's name it bears, where somebody else started it."""
    owner = owner_of(process, engines)
    if owner is not None:
        return owner.key
    told = (process.command or "").casefold()
    named = [
        backend
        for backend in backends
        if backend.place == "url" and runs_here(backend) and _bears_name(told, backend.engine)
    ]
    return named[0].key if len(named) == 1 else None


def runs_here(backend: Backend) -> bool:
    """Whether this machine's GPUs and cores may be the ones that serve it."""
    return backend.place in ("process", "embedded") or is_loopback(backend.url)


def program_of(command: str) -> str:
    """The program's name in a command line: `llama-server`, `train.py`, `VLLM::EngineCore`."""
    words = command.split()
    if not words:
        return command
    name = PurePosixPath(words[0]).name or words[0]
    if not name.startswith("python"):
        return name
    for before, word in pairwise(words):
        if before == "-m" or (not word.startswith("-") and before != "-c"):
            return PurePosixPath(word).name
    return name


def _bears_name(command: str, engine: Engine) -> bool:
    """Ollama's runner is a llama-server too."""
    if engine == "llamacpp" and "ollama" in command:
        return False
    return any(name in command for name in PROGRAMS.get(engine, ()))


def _owns(engine: ManagedEngine, process: GpuProcess) -> bool:
    if not engine.id:
        return False
    if engine.place == "process":
        family = (process.pid, *process.ancestors)
        return process.container is None and engine.id.isdigit() and int(engine.id) in family
    container = process.container or ""
    return len(container) >= _SHORT_ID and (
        engine.id.startswith(container) or container.startswith(engine.id)
    )
