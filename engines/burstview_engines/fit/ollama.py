"""What Ollama tells its llama-server: slots, context and batch by its own rules."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.fit import kv
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.slot_plan import CONTEXT_BYTES, SlotPlan
from burstview_engines.fit.words import GIB, MIB, tokens
from burstview_engines.launch.spec import LaunchSpec

ONE_SLOT = frozenset(
    {
        "mllama", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "qwen3next", "lfm2", "lfm2moe",
        "nemotronh", "nemotronhmoe", "nemotronhomni",
    }
)  # fmt: skip
"""Architectures that Ollama 0.33 serves one request at a time, whatever is set (sched.go)."""
_TIERS = ((47 * GIB, 262_144), (23 * GIB, 32_768), (0, 4096))
"""Memory of all GPUs -> OLLAMA_CONTEXT_LENGTH where it is not set (routes.go)."""
_BATCHES = ((32_768, 2048, 2 * GIB, 60), (4096, 1024, 768 * MIB, 75))
"""Cells above which -> batch, if so many bytes more and this percentage of the free memory allow
it (sched.go); else 512."""
_SINGLE = 80
"""Percent of a GPU's free memory up to which the model is put on that one alone."""


def default_context(gpus: Sequence[GpuMemory]) -> int:
    """Before it is capped at what the model was trained for."""
    memory = sum(gpu.total_bytes for gpu in gpus)
    return next(context for least, context in _TIERS if memory >= least)


def ollama_plan(spec: LaunchSpec, shape: ModelShape | None, gpus: Sequence[GpuMemory]) -> SlotPlan:
    """How the model will be loaded; a request with options of its own may change it."""
    settings = Settings(spec)
    notes: list[str] = []
    slots = _slots(settings, shape, notes)
    context = _context(settings, shape, gpus, notes)
    kind = settings.text("kv-cache-type") or "f16"
    predicted = _predicted(shape, context, slots)
    return SlotPlan(
        engine="ollama",
        gpus=_placed(gpus, predicted, is_spread=settings.is_on("sched-spread")),
        slots=slots,
        context=context,
        is_shared=False,
        micro_batch=_batch((context or 0) * slots, predicted, gpus),
        kind_k=kind,
        kind_v=kind,
        notes=tuple(notes),
    )


def _slots(settings: Settings, shape: ModelShape | None, notes: list[str]) -> int:
    slots = max(1, settings.count("num-parallel") or 1)
    plain = shape.architecture.lower().replace("_", "").replace("-", "") if shape else ""
    if slots > 1 and plain in ONE_SLOT:
        notes.append(f"Ollama serves {shape.architecture if shape else plain} one at a time.")
        return 1
    return slots


def _context(
    settings: Settings, shape: ModelShape | None, gpus: Sequence[GpuMemory], notes: list[str]
) -> int | None:
    trained = shape.context_tokens if shape else None
    wanted = settings.count("context-length")
    if not wanted:
        wanted = default_context(gpus)
        least = wanted if trained is None else min(wanted, trained)
        notes.append(
            f"Without context-length Ollama takes {tokens(least)} for every slot on"
            f" {'GPUs' if gpus else 'a machine'} of this size."
        )
    elif trained is not None and wanted > trained:
        notes.append(f"Ollama cuts the context to the {tokens(trained)} it was trained for.")
    return wanted if trained is None else min(wanted, trained)


def _predicted(shape: ModelShape | None, context: int | None, slots: int) -> int | None:
    """Ollama's own forecast: the file, and the cache in 16 bits."""
    if shape is None or shape.stored_bytes is None or context is None:
        return None
    per_token = kv.bytes_per_token(shape)
    return None if per_token is None else shape.stored_bytes + per_token * context * slots


def _placed(
    gpus: Sequence[GpuMemory], predicted: int | None, *, is_spread: bool
) -> tuple[GpuMemory, ...]:
    if len(gpus) < 2 or is_spread or predicted is None:
        return tuple(gpus)
    freest = max(gpus, key=lambda gpu: gpu.free_bytes)
    return (freest,) if predicted <= freest.free_bytes * _SINGLE // 100 else tuple(gpus)


def _batch(cells: int, predicted: int | None, gpus: Sequence[GpuMemory]) -> int:
    free = sum(max(0, gpu.free_bytes - CONTEXT_BYTES) for gpu in gpus)
    for least, batch, surcharge, percent in _BATCHES:
        if cells > least and (
            not free or predicted is None or _fits(predicted, free, surcharge, percent)
        ):
            return batch
    return 512


def _fits(predicted: int, free: int, surcharge: int, percent: int) -> bool:
    return predicted <= free * percent // 100 and predicted + surcharge <= free * _SINGLE // 100
