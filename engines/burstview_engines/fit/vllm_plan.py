"""vLLM's memory: a share of each card, and whatever the weights leave of it is KV cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor

from burstview_engines.fit import kv
from burstview_engines.fit.gpus import GpuMemory, as_preset
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.words import MIB
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.simulator.memory import vllm_activation_bytes, vllm_limits
from burstview_engines.simulator.presets import Model

DEFAULT_SHARE = 0.92
"""`--gpu-memory-utilization` where it is not set (vLLM 0.33)."""
BESIDE_BYTES = 524 * MIB
"""What nvidia-smi shows above the share: CUDA's context (an H200 at 0.7: 101,164 MiB)."""
_STEP = 100
"""Shares are told in hundredths."""


@dataclass(frozen=True, slots=True)
class VllmPlan:
    """One GPU's part of a vLLM, of as many as the model is split over."""

    gpus: tuple[GpuMemory, ...]
    wanted_gpus: int
    share: float
    total: int
    """Of the smallest of the GPUs; all get the same."""
    free: int
    """Of the fullest."""
    slots: int
    context: int | None
    weights: int | None
    activations: int
    per_token: int | None

    @property
    def budget(self) -> int:
        """What `--gpu-memory-utilization` stands for."""
        return int(self.share * self.total)

    @property
    def needed(self) -> int:
        """What nvidia-smi will show."""
        return self.budget + BESIDE_BYTES

    @property
    def pool(self) -> int | None:
        """Bytes that are left for the KV cache; negative where not even the weights fit."""
        return None if self.weights is None else self.budget - self.weights - self.activations

    @property
    def kv_tokens(self) -> int | None:
        """What the start's log calls the GPU KV cache size; one block holds nothing."""
        if self.pool is None or not self.per_token:
            return None
        return max(0, self.pool // (kv.BLOCK * self.per_token) - 1) * kv.BLOCK

    @property
    def least(self) -> int | None:
        """A share's bytes in which one request of full context can live."""
        if self.weights is None or self.per_token is None or self.context is None:
            return None
        request = (kv.in_blocks(self.context) + kv.BLOCK) * self.per_token
        return self.weights + self.activations + request


def vllm_plan(
    spec: LaunchSpec, shape: ModelShape | None, gpus: Sequence[GpuMemory]
) -> VllmPlan | None:
    """None without a GPU."""
    settings = Settings(spec)
    wanted = max(1, settings.count("tensor-parallel-size") or 1)
    used = tuple(gpus[:wanted])
    if not used:
        return None
    limits = vllm_limits(as_preset(used[0]))
    slots = settings.count("max-num-seqs") or limits.seats
    batched = settings.count("max-num-batched-tokens") or limits.batched_tokens
    plan = VllmPlan(
        gpus=used,
        wanted_gpus=wanted,
        share=settings.number("gpu-memory-utilization") or DEFAULT_SHARE,
        total=min(gpu.total_bytes for gpu in used),
        free=min(gpu.free_bytes for gpu in used),
        slots=slots,
        context=_context(settings, shape),
        weights=_part(shape.stored_bytes if shape else None, wanted),
        activations=_activations(shape, slots, batched, wanted),
        per_token=_per_token(settings, shape, wanted),
    )
    return _with_context_that_fits(plan, settings, shape)


def seats_of(plan: VllmPlan, length: int | None) -> int | None:
    """Requests of that length that the KV cache holds, and that are let in."""
    if plan.kv_tokens is None or not length:
        return None
    return min(plan.slots, plan.kv_tokens // kv.in_blocks(length))


def largest_share(free: int, total: int) -> float:
    """The largest share, in hundredths, that the free memory of a card can give beside CUDA."""
    return max(0, floor((free - BESIDE_BYTES) / total * _STEP + 1e-9)) / _STEP


def smallest_share(plan: VllmPlan) -> float | None:
    """The smallest share, in hundredths, in which one request of full context can live."""
    if plan.least is None:
        return None
    return -floor(-plan.least / plan.total * _STEP + 1e-9) / _STEP


def _part(whole: int | None, gpus: int) -> int | None:
    return None if whole is None else -(-whole // gpus)


def _context(settings: Settings, shape: ModelShape | None) -> int | None:
    wanted = settings.count("max-model-len")
    if wanted is not None and wanted > 0:
        return wanted
    return shape.context_tokens if shape else None


def _with_context_that_fits(
    plan: VllmPlan, settings: Settings, shape: ModelShape | None
) -> VllmPlan:
    """`--max-model-len auto` takes what the memory holds."""
    if settings.text("max-model-len") not in ("auto", "-1") or plan.kv_tokens is None:
        return plan
    trained = shape.context_tokens if shape and shape.context_tokens else plan.kv_tokens
    return replace(plan, context=min(trained, plan.kv_tokens))


def _per_token(settings: Settings, shape: ModelShape | None, gpus: int) -> int | None:
    if shape is None:
        return None
    kind = settings.text("kv-cache-dtype") or "auto"
    whole = kv.bytes_per_token(shape, *(("bf16",) * 2 if kind == "auto" else (kind,) * 2))
    return None if whole is None else kv.per_gpu(shape, whole, gpus)


def _activations(shape: ModelShape | None, slots: int, batched: int, gpus: int) -> int:
    hidden = (shape.hidden if shape else None) or 4096
    ffn = (shape.ffn if shape else None) or 4 * hidden
    vocab = (shape.vocab if shape else None) or 152_000
    model = Model("", 0, 0, 0, 0, 0, -(-ffn // gpus), vocab, False, 0, "", "")
    return vllm_activation_bytes(model, slots, batched)
