"""What is known of an engine's memory before it is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.core.backend import Engine
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.shape import ModelShape

WEIGHTS, KV, OVERHEAD, OTHERS, FREE = (
    "weights",
    "KV cache",
    "graphs and buffers",
    "other programs",
    "free",
)
"""Parts of a memory bar, in their order."""

Part = tuple[str, int]
"""What, and how many bytes; a negative number of free bytes is what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Bytes are of all used GPUs together. Unknown is None."""

    engine: Engine
    gpus: tuple[int, ...] = ()
    """Indices of the GPUs that it will use."""
    weights_bytes: int | None = None
    kv_bytes_per_token: int | None = None
    kv_bytes_per_request: int | None = None
    """Of a request that fills the context."""
    kv_total_bytes: int | None = None
    """What is reserved at the start, whatever is asked of it later."""
    overhead_bytes: int | None = None
    """CUDA's own, graphs, buffers."""
    needed_bytes: int | None = None
    """All of these; of vLLM its share of the card."""
    free_bytes: int | None = None
    """On the used GPUs now; None without any."""
    context_tokens: int | None = None
    """Of one request."""
    slots: int | None = None
    """Requests that are let in at once."""
    seats: int | None = None
    """Requests of full context that the memory holds at once, never more than `slots`."""
    typical_seats: int | None = None
    """The same of requests of the length that was asked about."""
    fits: bool | None = None
    """Wholly on the GPUs; None where it cannot be told."""
    partly_on_cpu: bool | None = None
    """llama.cpp and Ollama start anyway and let the CPU compute the rest, slowly."""
    sentence: str = ""
    """What it comes to, with the next step."""
    notes: tuple[str, ...] = ()
    """What was assumed."""
    parts: tuple[Part, ...] = ()
    """For a memory bar over the used GPUs."""


def bar(
    gpus: Sequence[GpuMemory],
    weights: int | None,
    kv: int | None,
    overhead: int | None,
) -> tuple[Part, ...]:
    """Parts that add up to what programs can have of the GPUs; empty while a number is missing."""
    if not gpus or weights is None or kv is None or overhead is None:
        return ()
    used = sum(gpu.used_bytes for gpu in gpus)
    free = sum(gpu.usable_bytes for gpu in gpus) - used - weights - kv - overhead
    others = ((OTHERS, used),) if used else ()
    return ((WEIGHTS, weights), (KV, kv), (OVERHEAD, overhead), *others, (FREE, free))


def gpu_words(gpus: Sequence[GpuMemory]) -> str:
    """`GPU 0`, `GPUs 0, 1`."""
    numbers = ", ".join(str(gpu.index) for gpu in gpus)
    return f"GPU {numbers}" if len(gpus) == 1 else f"GPUs {numbers}"


def unknown_model(model: str | None) -> str:
    """Said in place of a guess."""
    named = f"{model}'s" if model else "The model's"
    return (
        f"{named} layers and heads are not known here, so nobody can say whether it fits:"
        " its config.json or GGUF file would tell once it is on this machine."
    )


def shape_notes(shape: ModelShape) -> tuple[str, ...]:
    """Where the numbers come from."""
    weights = "" if shape.is_measured else "; weights are reckoned from bits per weight"
    window = ("Some layers keep only the last tokens: the KV cache may be smaller.",)
    known = f"{shape.name} {shape.quant or ''}".strip()
    return (
        f"{known}: {shape.source}{weights}.",
        *(window if shape.has_window else ()),
        *shape.doubts,
    )
