"""Engines that are, or may be, started and stopped from here: what is known of each."""

from __future__ import annotations

from typing import Literal

import msgspec

from burstview_engines.core.backend import Engine

Owner = Literal["ours", "adopted", "theirs", "foreign"]
"""`ours`: started by this user; `theirs`: by another user of burstview; `foreign`: without our
label; `adopted`: foreign or theirs, taken over by choice. Only ours and adopted are changed."""

ManagedPlace = Literal["container", "process"]

Status = Literal[
    "pulling", "starting", "ready", "running", "stopping", "stopped", "paused", "failed", "unknown"
]
"""`running`: its container or process runs, but its HTTP does not answer (any more); `unknown`:
the daemon cannot be asked."""

LaunchPhase = Literal[
    "checking",
    "pulling image",
    "creating",
    "booting",
    "downloading weights",
    "download stalled",
    "loading weights",
    "compiling",
    "profiling memory",
    "capturing CUDA graphs",
    "warming up",
    "opening HTTP",
    "ready",
]
"""In the order in which they come; engines leave out what they do not do."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an engine did not start, or died."""

    kind: str
    """Stable name, such as `cuda-out-of-memory`; docs/json.md lists them."""
    sentence: str
    """One plain sentence."""
    step: str
    """What to do next, one sentence."""
    detail: str = ""
    """The words of the engine or the daemon that tell it."""


class EngineFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an engine's log tells about itself; unknown is None."""

    version: str | None = None
    seats: int | None = None
    """Requests served at once."""
    context_tokens: int | None = None
    """Of one request."""
    kv_tokens: int | None = None
    kv_bytes: int | None = None
    weights_bytes: int | None = None
    max_concurrency: float | None = None
    """Requests of full context that the KV cache holds at once (vLLM says so)."""
    gpu_layers: tuple[int, int] | None = None
    """(on the GPU, of all): fewer than all means that the CPU computes the rest."""
    has_gpu: bool | None = None
    load_seconds: float | None = None


class ManagedEngine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One engine in a container or a local process. Unknown is None."""

    key: str
    """Also its backend's key: `container:NAME` or `process:NAME`."""
    name: str
    engine: Engine
    place: ManagedPlace
    owner: Owner
    status: Status
    id: str | None = None
    """Container id, or pid as text; None before there is one."""
    who: str | None = None
    """The user who started it, where a label tells."""
    url: str | None = None
    """Where it is asked from here; None while no port is known."""
    lan: bool = False
    """Reachable from other machines."""
    image: str | None = None
    model: str | None = None
    gpus: tuple[str, ...] | None = None
    options: dict[str, str] = {}
    """As it was started, by option name; defaults are left out."""
    phase: LaunchPhase | None = None
    """While it starts."""
    phase_since: float | None = None
    """Session seconds."""
    started_at: float | None = None
    """Session seconds at which this start was asked for or seen; may be negative."""
    fraction: float | None = None
    """Of the phase, 0 to 1, where something tells."""
    words: str = ""
    """What goes on now, one line: `3 of 7 layers, 1.2 of 4.0 GB`."""
    expected_seconds: float | None = None
    """How long the last start of the same spec took on this machine."""
    is_first_start: bool = False
    """No earlier start of this spec is known."""
    failure: Failure | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    facts: EngineFacts = EngineFacts()
    drift: tuple[str, ...] = ()
    """How it differs from what was asked for last, one phrase each."""
    on_gpu: float | None = None
    """Share of the loaded model's memory that is on GPUs (Ollama's /api/ps); below 1 is slow."""
    simulated: bool = False

    @property
    def may_change(self) -> bool:
        """Whether start, stop, restart and removal are allowed."""
        return self.owner in ("ours", "adopted")


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Resources of one container or process, counted as `docker stats` does. Unknown is None."""

    cpu_percent: float | None = None
    """100 is one core."""
    memory_bytes: int | None = None
    """Without the page cache that can be given back."""
    memory_limit_bytes: int | None = None
    network_in_bytes: int | None = None
    network_out_bytes: int | None = None
    block_read_bytes: int | None = None
    block_written_bytes: int | None = None
    pids: int | None = None


class StoredModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model in an Ollama's store."""

    name: str
    size_bytes: int | None = None
    quant: str | None = None
    parameters: str | None = None
    loaded: bool = False
    on_gpu: float | None = None
    """Share of its memory that is on GPUs, if loaded."""
    expires_wall: float | None = None
    """Unix time at which it will be unloaded; None: never, or not loaded."""
