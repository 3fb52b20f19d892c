"""The memory of Ollama and llama.cpp in numbers and one sentence."""

from __future__ import annotations

from burstview_engines.fit import kv
from burstview_engines.fit.result import Fit, bar, gpu_words, shape_notes, unknown_model
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.slot_plan import (
    SlotBytes,
    SlotPlan,
    context_that_fits,
    layers_that_fit,
    room,
    seats_of,
    slot_bytes,
)
from burstview_engines.fit.words import plural, size, tokens

NAMES = {"ollama": "Ollama", "llamacpp": "llama.cpp"}
_CONTEXT_OPTION = {"ollama": "context-length", "llamacpp": "context"}
_SLOTS_OPTION = {"ollama": "num-parallel", "llamacpp": "parallel"}


def slot_fit(
    plan: SlotPlan, shape: ModelShape | None, model: str | None, typical: int | None
) -> Fit:
    """See Fit. What does not fit on the GPUs starts all the same, partly on the CPU."""
    free = sum(gpu.free_bytes for gpu in plan.gpus) if plan.gpus else None
    indices = tuple(gpu.index for gpu in plan.gpus)
    taken = None if shape is None else slot_bytes(plan, shape)
    if shape is None or taken is None:
        return _unknown(plan, shape, model, free, indices)
    per_token = kv.bytes_per_token(shape, plan.kind_k, plan.kind_v) or 0
    is_on_gpu = bool(plan.gpus)
    partly = is_on_gpu and (plan.gpu_layers is not None or taken.device > room(plan.gpus))
    doubtful = partly and shape.has_window
    return Fit(
        engine=plan.engine,
        gpus=indices,
        weights_bytes=taken.weights,
        kv_bytes_per_token=per_token,
        kv_bytes_per_request=per_token * kv.padded(plan.context or 0),
        kv_total_bytes=taken.cache,
        overhead_bytes=taken.overhead if is_on_gpu else taken.compute,
        needed_bytes=taken.needed if is_on_gpu else taken.device,
        free_bytes=free,
        context_tokens=plan.context,
        slots=plan.slots,
        seats=seats_of(plan, plan.context),
        typical_seats=seats_of(plan, typical),
        fits=None if doubtful or not is_on_gpu else not partly,
        partly_on_cpu=None if doubtful else partly or not is_on_gpu,
        sentence=_sentence(plan, shape, taken, partly=partly),
        notes=(*shape_notes(shape), *plan.notes, *_assumed(plan)),
        parts=bar(plan.gpus, taken.weights, taken.cache, taken.overhead),
    )


def _unknown(
    plan: SlotPlan,
    shape: ModelShape | None,
    model: str | None,
    free: int | None,
    indices: tuple[int, ...],
) -> Fit:
    lacking = f"Not known: how much KV cache {model or 'the model'} needs for a token."
    return Fit(
        engine=plan.engine,
        gpus=indices,
        weights_bytes=shape.gpu_bytes if shape else None,
        free_bytes=free,
        context_tokens=plan.context,
        slots=plan.slots,
        sentence=unknown_model(model) if shape is None else lacking,
        notes=(*(shape_notes(shape) if shape else ()), *plan.notes),
    )


def _sentence(plan: SlotPlan, shape: ModelShape, taken: SlotBytes, *, partly: bool) -> str:
    if not plan.gpus:
        return (
            "No GPU is used: the CPU computes all of it, slowly, and it takes about"
            f" {size(taken.device)} of main memory."
        )
    if plan.gpu_layers is not None:
        return (
            f"{plan.gpu_layers} of {shape.layers + 1} layers are asked for on the GPU: the CPU"
            " computes the rest, slowly; set gpu-layers to auto."
        )
    if partly:
        return _too_large(plan, shape, taken)
    free = sum(gpu.free_bytes for gpu in plan.gpus)
    return (
        f"Fits on {gpu_words(plan.gpus)}: takes {size(taken.needed)} of {size(free)} free;"
        f" {_at_once(plan)}."
    )


def _at_once(plan: SlotPlan) -> str:
    if plan.is_shared:
        return f"{plural(plan.slots, 'slot')} that share {tokens(plan.context or 0)}"
    return f"{plural(plan.slots, 'request')} at once of {tokens(plan.context or 0)} each"


def _too_large(plan: SlotPlan, shape: ModelShape, taken: SlotBytes) -> str:
    layers, most = layers_that_fit(plan, shape, taken), shape.layers + 1
    free = sum(gpu.free_bytes for gpu in plan.gpus)
    perhaps = "Perhaps only" if shape.has_window else "Only"
    said = (
        f"{perhaps} about {layers} of {most} layers fit on {gpu_words(plan.gpus)}"
        f" ({size(taken.needed)} needed, {size(free)} free): the CPU computes the rest, slowly"
    )
    return f"{said}; {_remedy(plan, shape, taken)}."


def _remedy(plan: SlotPlan, shape: ModelShape, taken: SlotBytes) -> str:
    context = context_that_fits(plan, shape, taken)
    if context >= 1024:
        return f"set {_CONTEXT_OPTION[plan.engine]} to {context} or less"
    if plan.slots > 1 and context * plan.slots >= 1024:
        return f"set {_SLOTS_OPTION[plan.engine]} to fewer"
    return "choose a smaller model, or make room on the GPU"


def _assumed(plan: SlotPlan) -> tuple[str, ...]:
    if not plan.gpus:
        return ()
    return (
        f"{NAMES[plan.engine]} reserves the KV cache of all slots when it loads the model;"
        " it keeps 1 GiB of the GPU free and leaves layers on the CPU rather than fail.",
    )
