"""The memory of llama.cpp's server, alone or inside Ollama: a context reserved for every slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.core.backend import Engine
from burstview_engines.fit import kv
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.words import MIB

CONTEXT_BYTES = 591 * MIB
"""CUDA's own, for each GPU that is used: 5,708 MiB in all less 5,117 that the log names (H200,
CUDA 13). Older cards and drivers take less."""
MARGIN_BYTES = 1024 * MIB
"""What `--fit` leaves free on each GPU: with less, layers stay on the CPU."""


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What a llama-server is told, and what it takes."""

    engine: Engine
    gpus: tuple[GpuMemory, ...]
    """On which the model is laid; empty: the CPU computes all."""
    slots: int
    context: int | None
    """Of one slot."""
    is_shared: bool
    """One context for all slots together (unified KV cache)."""
    micro_batch: int
    kind_k: str
    kind_v: str
    gpu_layers: int | None = None
    """Of the model's layers and its head, where fewer than all were asked for."""
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int | None:
        """Tokens that the KV cache holds."""
        if self.context is None:
            return None
        return kv.padded(self.context) * (1 if self.is_shared else self.slots)


@dataclass(frozen=True, slots=True)
class SlotBytes:
    """What a plan comes to on the GPUs if all layers that were asked for are there."""

    weights: int
    cache: int
    compute: int
    """On each GPU."""
    gpus: int

    @property
    def device(self) -> int:
        """What llama.cpp compares with the free memory."""
        return self.weights + self.cache + self.compute * self.gpus

    @property
    def overhead(self) -> int:
        """Compute buffers and CUDA's own."""
        return (self.compute + CONTEXT_BYTES) * self.gpus

    @property
    def needed(self) -> int:
        """What nvidia-smi will show."""
        return self.weights + self.cache + self.overhead


def slot_bytes(plan: SlotPlan, shape: ModelShape) -> SlotBytes | None:
    """None where the model's bytes or its KV cache are not known."""
    per_token = kv.bytes_per_token(shape, plan.kind_k, plan.kind_v)
    weights = shape.gpu_bytes if plan.gpus else shape.stored_bytes
    if per_token is None or weights is None or plan.cells is None:
        return None
    cache = plan.cells * per_token
    if plan.gpu_layers is not None:
        weights, cache = (
            _share(weights, plan.gpu_layers, shape.layers + 1),
            _share(cache, plan.gpu_layers, shape.layers),
        )
    return SlotBytes(weights, cache, compute_bytes(plan, shape), max(1, len(plan.gpus)))


def compute_bytes(plan: SlotPlan, shape: ModelShape) -> int:
    """Buffers of one micro-batch with flash attention: three rows of the feed-forward's width and
    four of the model's in 32 bits, and a 16-bit mask over a slot's context.

    Right to the MiB on three loads of a 0.6B model (30, 60 and 264 MiB); larger models take less.
    """
    hidden = shape.hidden or 4096
    ffn = shape.ffn or 3 * hidden
    context = plan.context or 0
    return plan.micro_batch * (4 * (3 * ffn + 4 * hidden) + 2 * kv.padded(context))


def room(gpus: Sequence[GpuMemory]) -> int:
    """Bytes that llama.cpp lets itself use."""
    return sum(max(0, gpu.free_bytes - CONTEXT_BYTES - MARGIN_BYTES) for gpu in gpus)


def layers_that_fit(plan: SlotPlan, shape: ModelShape, taken: SlotBytes) -> int:
    """About how many of the layers and the head get on the GPUs, each with its cache."""
    most = shape.layers + 1
    each = (taken.weights + taken.cache) / most
    left = room(plan.gpus) - taken.compute * taken.gpus
    return max(0, min(most, int(left / each))) if each > 0 else most


def context_that_fits(plan: SlotPlan, shape: ModelShape, taken: SlotBytes) -> int:
    """The most tokens for each slot with all layers on the GPUs; 0 where not even weights fit."""
    per_token = kv.bytes_per_token(shape, plan.kind_k, plan.kind_v) or 1
    per_context = per_token * (1 if plan.is_shared else plan.slots)
    left = room(plan.gpus) - taken.weights - taken.compute * taken.gpus
    return max(0, left // per_context // 256 * 256)


def seats_of(plan: SlotPlan, length: int | None) -> int | None:
    """Requests of that length at once: a slot each; slots that share a context may not all."""
    if not length or plan.context is None:
        return None
    if not plan.is_shared:
        return plan.slots if length <= plan.context else 0
    return min(plan.slots, kv.padded(plan.context) // length)


def _share(whole: int, part: int, of: int) -> int:
    return round(whole * min(part, of) / max(1, of))
