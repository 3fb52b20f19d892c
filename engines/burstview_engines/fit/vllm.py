"""vLLM's memory in numbers and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.fit.gpus import GpuMemory, why_none
from burstview_engines.fit.result import Fit, bar, gpu_words, shape_notes, unknown_model
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.vllm_plan import (
    BESIDE_BYTES,
    VllmPlan,
    largest_share,
    seats_of,
    smallest_share,
    vllm_plan,
)
from burstview_engines.fit.words import plural, size, tokens
from burstview_engines.launch.spec import LaunchSpec

_ON_CPU = "vLLM then needs an image or a build for the CPU, and takes main memory."


def vllm_fit(
    spec: LaunchSpec, shape: ModelShape | None, gpus: Sequence[GpuMemory], typical: int | None
) -> Fit:
    """See Fit. vLLM starts wholly on the GPUs or not at all."""
    plan = vllm_plan(spec, shape, gpus)
    if plan is None:
        said = f"{why_none(spec.gpus)}: {_ON_CPU}"
        return Fit(engine="vllm", sentence=said, notes=shape_notes(shape) if shape else ())
    fits, sentence = _judged(plan, shape, spec.model)
    count = len(plan.gpus)
    pool = None if plan.pool is None else max(0, plan.pool) * count
    weights = None if plan.weights is None else plan.weights * count
    overhead = (plan.activations + BESIDE_BYTES) * count
    per_token = None if plan.per_token is None else plan.per_token * count
    known = per_token is not None and plan.context is not None
    return Fit(
        engine="vllm",
        gpus=tuple(gpu.index for gpu in plan.gpus),
        weights_bytes=weights,
        kv_bytes_per_token=per_token,
        kv_bytes_per_request=per_token * plan.context if known and plan.context and per_token
        else None,
        kv_total_bytes=pool,
        overhead_bytes=overhead,
        needed_bytes=plan.needed * count,
        free_bytes=sum(gpu.free_bytes for gpu in plan.gpus),
        context_tokens=plan.context,
        slots=plan.slots,
        seats=seats_of(plan, plan.context),
        typical_seats=seats_of(plan, typical),
        fits=fits,
        partly_on_cpu=False,
        sentence=sentence,
        notes=_notes(plan, shape),
        parts=bar(plan.gpus, weights, pool, overhead),
    )  # fmt: skip


def _judged(plan: VllmPlan, shape: ModelShape | None, model: str | None) -> tuple[bool | None, str]:
    if len(plan.gpus) < plan.wanted_gpus:
        return False, (
            f"Does not fit: tensor-parallel-size {plan.wanted_gpus} needs as many GPUs, and"
            f" {plural(len(plan.gpus), 'GPU')} can be used."
        )
    if plan.needed > plan.free:
        return False, _too_greedy(plan)
    if shape is None:
        return None, unknown_model(model)
    if plan.pool is not None and plan.pool <= 0:
        return False, _no_room(plan)
    if plan.kv_tokens is None or plan.context is None:
        return None, f"Not known: how much KV cache {shape.name} needs for a token."
    if plan.kv_tokens < plan.context:
        said = _too_long(plan)
        return (None, f"Perhaps not: {said}") if shape.has_window else (False, said)
    return True, _fitting(plan)


def _fitting(plan: VllmPlan) -> str:
    held = seats_of(plan, plan.context)
    short = held is not None and held < plan.slots
    more = ", more where they are shorter" if short else ""
    return (
        f"Fits on {gpu_words(plan.gpus)}: takes {size(plan.needed)} of {size(plan.free)} free"
        f"{' on each' if len(plan.gpus) > 1 else ''};"
        f" {plural(held or 0, 'request')} at once of {tokens(plan.context or 0)} each{more}."
    )


def _too_greedy(plan: VllmPlan) -> str:
    share = largest_share(plan.free, plan.total)
    said = (
        f"Does not fit: {plan.share:g} of all of {gpu_words(plan.gpus)} is {size(plan.budget)},"
        f" and {size(plan.free)} are free"
    )
    smallest = smallest_share(plan)
    if share < 0.01 or (smallest is not None and share < smallest):
        return f"{said}; make room on the GPU: even the least it can live with is more."
    return f"{said}; set gpu-memory-utilization to {share:g}."


def _no_room(plan: VllmPlan) -> str:
    return (
        f"Does not fit: weights and buffers of {size((plan.weights or 0) + plan.activations)} leave"
        f" no KV cache within {plan.share:g} of the GPU; {_remedy(plan)}."
    )


def _too_long(plan: VllmPlan) -> str:
    most = (plan.kv_tokens or 0) // 256 * 256 or plan.kv_tokens or 0
    shorter = f"set max-model-len to {most} or " if most >= 256 else ""
    return (
        f"Does not fit: the KV cache holds {tokens(plan.kv_tokens or 0)}, one request of"
        f" {tokens(plan.context or 0)} needs more; {shorter}{_remedy(plan)}."
    )


def _remedy(plan: VllmPlan) -> str:
    smallest = smallest_share(plan)
    if smallest is not None and plan.share < smallest <= largest_share(plan.free, plan.total):
        return f"set gpu-memory-utilization to {smallest:g} or more"
    return "choose a smaller or quantised model, or more GPUs"


def _notes(plan: VllmPlan, shape: ModelShape | None) -> tuple[str, ...]:
    notes = list(shape_notes(shape)) if shape else []
    notes.append(
        f"vLLM takes {plan.share:g} of the whole card at the start, whatever the model needs;"
        f" CUDA's context of {size(BESIDE_BYTES)} comes on top."
    )
    if plan.kv_tokens is not None and plan.kv_tokens > 0:
        notes.append(f"The KV cache would hold {tokens(plan.kv_tokens)}.")
    if len(plan.gpus) > 1:
        notes.append("Buffers for talk between the GPUs are not counted.")
    return tuple(notes)
