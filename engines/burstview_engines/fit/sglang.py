"""SGLang's memory, as far as its options tell it."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.fit import kv
from burstview_engines.fit.gpus import GpuMemory, why_none
from burstview_engines.fit.result import Fit, bar, gpu_words, shape_notes, unknown_model
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.words import plural, size
from burstview_engines.launch.spec import LaunchSpec

_UNVERIFIED = "SGLang's memory is read from its source; no start of it was measured here."


def sglang_fit(
    spec: LaunchSpec, shape: ModelShape | None, gpus: Sequence[GpuMemory], typical: int | None
) -> Fit:
    """Weights and cache share `--mem-fraction-static` of what is free at its start; without it
    SGLang chooses by rules that are not known here, and so is the cache."""
    settings = Settings(spec)
    wanted = max(1, settings.count("tp-size") or 1)
    used = tuple(gpus[:wanted])
    context = settings.count("context-length") or (shape.context_tokens if shape else None)
    slots = settings.count("max-running-requests")
    fraction = settings.number("mem-fraction-static")
    free = sum(gpu.free_bytes for gpu in used)
    weights = shape.stored_bytes if shape else None
    pool = None if fraction is None or weights is None else int(fraction * free) - weights
    per_token = _per_token(settings, shape, wanted)
    fits, sentence = _judged(spec, used, wanted, shape, weights, pool, fraction)
    overhead = None if fraction is None else free - int(fraction * free)
    shown = None if pool is None else max(0, pool)
    return Fit(
        engine="sglang",
        gpus=tuple(gpu.index for gpu in used),
        weights_bytes=weights,
        kv_bytes_per_token=per_token,
        kv_bytes_per_request=None if per_token is None or context is None else per_token * context,
        kv_total_bytes=shown,
        overhead_bytes=overhead,
        needed_bytes=free if fraction is not None else None,
        free_bytes=free if used else None,
        context_tokens=context,
        slots=slots,
        seats=_seats(shown, per_token, context, slots),
        typical_seats=_seats(shown, per_token, typical, slots),
        fits=fits,
        partly_on_cpu=False if used else None,
        sentence=sentence,
        notes=(*(shape_notes(shape) if shape else ()), _UNVERIFIED),
        parts=bar(used, weights, shown, overhead),
    )


def _per_token(settings: Settings, shape: ModelShape | None, gpus: int) -> int | None:
    if shape is None:
        return None
    kind = settings.text("kv-cache-dtype") or "auto"
    kinds = ("bf16", "bf16") if kind == "auto" else (kind, kind)
    whole = kv.bytes_per_token(shape, *kinds)
    return None if whole is None else kv.per_gpu(shape, whole, gpus) * gpus


def _seats(
    pool: int | None, per_token: int | None, length: int | None, slots: int | None
) -> int | None:
    if pool is None or not per_token or not length:
        return None
    held = pool // per_token // length
    return held if slots is None else min(slots, held)


def _judged(
    spec: LaunchSpec,
    used: Sequence[GpuMemory],
    wanted: int,
    shape: ModelShape | None,
    weights: int | None,
    pool: int | None,
    fraction: float | None,
) -> tuple[bool | None, str]:
    if not used:
        return None, f"{why_none(spec.gpus)}: SGLang then needs a build for the CPU."
    if len(used) < wanted:
        have = plural(len(used), "GPU")
        return False, f"Does not fit: tp-size {wanted} needs as many GPUs, and {have} can be used."
    if shape is None:
        return None, unknown_model(spec.model)
    free = sum(gpu.free_bytes for gpu in used)
    if weights is None:
        return None, f"Not known: how large the weights of {shape.name} are."
    if weights >= free:
        return False, f"Does not fit: weights of {size(weights)}, {size(free)} free."
    if pool is None:
        return None, (
            f"The weights of {size(weights)} fit in {size(free)}; how much KV cache SGLang takes is"
            " not known without mem-fraction-static."
        )
    if pool <= 0:
        return False, (
            f"Does not fit: {fraction:g} of {size(free)} is less than the weights of"
            f" {size(weights)}; set mem-fraction-static higher."
        )
    held = f" for a KV cache of {size(pool)}"
    return True, f"Fits on {gpu_words(used)}: {fraction:g} of {size(free)} free leaves room{held}."
