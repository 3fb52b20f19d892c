"""What a llama.cpp server makes of its flags: slots, context, layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.slot_plan import SlotPlan, context_that_fits, room, slot_bytes
from burstview_engines.fit.words import tokens
from burstview_engines.launch.spec import LaunchSpec

AUTO_SLOTS = 4
"""`-np -1`, the default: four slots that share one context (server.cpp)."""
LEAST_CONTEXT = 4096
"""`--fit-ctx`: a context of its own choice is never made shorter than this."""
MICRO_BATCH = 512


def llamacpp_plan(
    spec: LaunchSpec, shape: ModelShape | None, gpus: Sequence[GpuMemory]
) -> SlotPlan:
    """How the model will be loaded; all visible GPUs share the layers."""
    settings = Settings(spec)
    wanted = settings.count("parallel") or 0
    slots, is_shared = (wanted, False) if wanted > 0 else (AUTO_SLOTS, True)
    layers = settings.count("gpu-layers")
    on_gpu = None if layers is None or layers < 0 else layers
    if shape is not None and on_gpu is not None and on_gpu > shape.layers:
        on_gpu = None
    plan = SlotPlan(
        engine="llamacpp",
        gpus=() if on_gpu == 0 else tuple(gpus),
        slots=slots,
        context=_context(settings, shape, 1 if is_shared else slots),
        is_shared=is_shared,
        micro_batch=settings.count("ubatch-size") or MICRO_BATCH,
        kind_k=settings.text("cache-type-k") or "f16",
        kind_v=settings.text("cache-type-v") or "f16",
        gpu_layers=on_gpu,
    )
    is_free = not settings.count("context")
    return _made_to_fit(plan, shape) if is_free and shape is not None and plan.gpus else plan


def _context(settings: Settings, shape: ModelShape | None, parts: int) -> int | None:
    """Of one slot; `-c` is the total, and nothing or 0 is the trained one for each."""
    total = settings.count("context")
    if total:
        return total // parts
    return shape.context_tokens if shape else None


def _made_to_fit(plan: SlotPlan, shape: ModelShape) -> SlotPlan:
    """Where the context was left to it, llama.cpp shortens it before it moves layers."""
    taken = slot_bytes(plan, shape)
    if taken is None or plan.context is None or taken.device <= room(plan.gpus):
        return plan
    most = max(min(LEAST_CONTEXT, plan.context), context_that_fits(plan, shape, taken))
    context = min(plan.context, most)
    note = f"llama.cpp shortens the context to about {tokens(context)}, so that it fits."
    return replace(plan, context=context, notes=(*plan.notes, note))
