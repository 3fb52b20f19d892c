"""What a backend is: an engine in a place."""

from __future__ import annotations

from typing import Literal

import msgspec

Engine = Literal["vllm", "ollama", "llamacpp", "sglang", "openai"]
"""The engine families; `openai` is any other OpenAI-compatible server."""

Place = Literal["embedded", "url", "container", "process", "recording"]
"""Where the engine runs."""


class Backend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One engine in one place, as it was recognised. Unknown is None."""

    key: str
    """Unique within a session; a run names its backend by it."""
    name: str
    """What the screen calls it."""
    engine: Engine
    place: Place
    url: str
    """The server's root, without `/v1` and without a trailing slash."""
    model: str | None = None
    models: tuple[str, ...] = ()
    """What the server lists."""
    simulated: bool = False
    version: str | None = None
    seats: int | None = None
    """How many requests the engine serves at once (max-num-seqs, slots, NUM_PARALLEL)."""
    context_tokens: int | None = None
    """Context of one request, in tokens."""
    kv_tokens: int | None = None
    """Capacity of the KV cache, in tokens."""
    quant: str | None = None
    gpu: str | None = None
    """The GPU's name; for a simulated backend, the simulated one."""
    hardware: str = ""
    """Backends of equal `hardware` share a machine or GPU: fired in turns by default."""
    thinks: bool | None = None
    """Whether the model can think, where the server tells."""
    loaded: bool | None = None
    """Whether the model is in memory, where the server tells."""
    on_gpu: float | None = None
    """Share of the loaded model's memory that is on GPUs, where the server tells (Ollama)."""

    @property
    def is_partly_on_cpu(self) -> bool:
        """The CPU computes a part of every token: slow, and easily taken for the engine's fault."""
        return self.on_gpu is not None and 0 < self.on_gpu < 1

    @property
    def seats_name(self) -> str:
        """What this engine calls its seats."""
        return {"vllm": "seqs", "ollama": "parallel", "sglang": "seqs"}.get(self.engine, "slots")
