"""What a stand-in is asked to do beyond its engine's own options: BURSTVIEW_STANDIN_*."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from burstview_engines.simulator import presets

PREFIX = "BURSTVIEW_STANDIN_"

VLLM_FAILURES = (
    "no-gpu",
    "unknown-model",
    "gated-model",
    "disk-full",
    "gpu-memory-taken",
    "cuda-out-of-memory",
    "kv-cache-too-small",
    "port-taken",
)
OLLAMA_FAILURES = (
    "no-gpu",
    "port-taken",
    "cuda-out-of-memory",
    "disk-full",
    "unknown-model",
    "runner-died",
    "load-timeout",
)
LLAMACPP_FAILURES = ("no-gpu", "port-taken", "unknown-model", "cuda-out-of-memory")
FAILURES = {"vllm": VLLM_FAILURES, "ollama": OLLAMA_FAILURES, "llamacpp": LLAMACPP_FAILURES}


class DemandError(Exception):
    """A variable that cannot be followed; the text is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """None and False mean: not asked for."""

    start_seconds: float = 1.0
    """From the first line to ready; of Ollama also each load of a model."""
    fail: str | None = None
    stall_download: float = 0.0
    """Seconds without a byte in the middle of a download; may be infinite."""
    crash_after: float | None = None
    """Seconds after it was ready."""
    crash_on_request: int | None = None
    """The number of the request that generates and kills the engine."""
    ignore_term: bool = False
    allocate_mb: int = 0
    """Memory taken once it is ready, in MB of 2**20 bytes."""
    gpu: str = "L4"
    model: str | None = None
    """The preset to compute with, whatever the model is called."""
    on_gpu: float = 1.0
    """Ollama: share of a loaded model that lies on the GPU."""
    host_factor: float = 1.0


def demands(engine: str, environment: Mapping[str, str]) -> Demands:
    """Raises DemandError for a value that makes no sense, or a variable that nobody reads, and
    SpecError for a GPU or model that is not simulated."""
    asked = {
        name.removeprefix(PREFIX): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }
    read = _Reader(asked)
    found = Demands(
        start_seconds=read.number("START_SECONDS", 1.0),
        fail=read.failure(engine),
        stall_download=read.number("STALL_DOWNLOAD", 0.0),
        crash_after=read.optional("CRASH_AFTER"),
        crash_on_request=read.count("CRASH_ON_REQUEST"),
        ignore_term=read.number("IGNORE_TERM", 0.0) > 0,
        allocate_mb=read.count("ALLOCATE_MB") or 0,
        gpu=asked.pop("GPU", "L4"),
        model=asked.pop("MODEL", None),
        on_gpu=min(1.0, read.number("ON_GPU", 1.0)),
        host_factor=read.number("HOST_FACTOR", 1.0),
    )
    presets.gpu(found.gpu)
    if found.model is not None:
        presets.model(found.model)
    if asked:
        raise DemandError(f"Nothing is known of {', '.join(PREFIX + name for name in asked)}.")
    return found


class _Reader:
    """Takes what it reads out of the mapping, so that the rest is unknown."""

    def __init__(self, asked: dict[str, str]) -> None:
        self._asked = asked

    def number(self, name: str, default: float) -> float:
        value = self.optional(name)
        return default if value is None else value

    def optional(self, name: str) -> float | None:
        text = self._asked.pop(name, None)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not value >= 0:
            raise DemandError(f"{PREFIX}{name} takes a number of at least 0, not {text!r}.")
        return value

    def count(self, name: str) -> int | None:
        value = self.optional(name)
        if value is not None and not value.is_integer():
            raise DemandError(f"{PREFIX}{name} takes a whole number.")
        return None if value is None else int(value)

    def failure(self, engine: str) -> str | None:
        kind = self._asked.pop("FAIL", None)
        if kind is not None and kind not in FAILURES[engine]:
            known = ", ".join(FAILURES[engine])
            raise DemandError(f"{PREFIX}FAIL takes one of {known} here, not {kind!r}.")
        return kind
