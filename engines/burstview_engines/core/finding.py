"""What is said of what held a burst back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "client",
    "loading",
    "kv-memory",
    "queue",
    "gpu-arithmetic",
    "gpu-memory",
    "cpu",
    "host",
    "other-process",
    "unknown",
]
"""`queue`: requests waited for a slot; `host`: the GPU waited between steps; `cpu`: for one full
core, for its cores' limit, or there is no GPU at work at all."""


BRIEFLY: dict[Cause, str] = {
    "client": "the client",
    "loading": "loading the model",
    "kv-memory": "KV memory",
    "queue": "the queue",
    "gpu-arithmetic": "the GPU's arithmetic",
    "gpu-memory": "the GPU's memory",
    "cpu": "the CPU",
    "host": "the host between steps",
    "other-process": "another process",
}
"""Words after "held back by"."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The finding on one burst."""

    cause: Cause
    sentence: str
    """One sentence, with the figures it rests on."""
    disturbed_by: str | None = None
    """One phrase on another process that used the GPU meanwhile, whether or not it was the
    cause."""
