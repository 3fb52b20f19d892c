"""Both engines on one GPU, planned together: one memory bar, one context, one order of starts.

Ollama first, and its model loaded and held, then vLLM. Three facts decide it: vLLM measures the
free memory while it starts and dies of a neighbour that changes it; Ollama puts layers on the CPU
in silence where it finds too little; and only of a loaded Ollama is its size really known. The
other order would need vLLM to leave room for a guess, and a model that is loaded later (or anew,
after five minutes without a request) would meet whatever is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from burstview_engines.core.backend import Engine
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.result import FREE, KV, OTHERS, WEIGHTS, Fit, Part
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.vllm_plan import DEFAULT_SHARE, largest_share
from burstview_engines.fit.words import GIB, size, tokens
from burstview_engines.launch.spec import LaunchSpec

RESERVE_BYTES = GIB
"""Left free for what neither engine tells: peaks of vLLM's first burst, a display."""
CONTEXT = 4096
"""Of both, where neither side has one set: the workshop's."""
REASON = (
    "Ollama first: vLLM measures the free memory while it starts and dies when a neighbour changes"
    " it, so Ollama's model is loaded and held before."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPlan:
    """Two starts that leave each other room."""

    vllm: LaunchSpec
    """With the context and the share of the card that were worked out."""
    ollama: LaunchSpec
    """With the same context, its model held for ever."""
    vllm_fit: Fit
    """Beside the loaded Ollama."""
    ollama_fit: Fit
    context_tokens: int
    """Of both."""
    utilisation: float | None
    """vLLM's share of the whole card; None where there is no room for it."""
    fits: bool | None
    order: tuple[Engine, ...] = ("ollama", "vllm")
    """One after the other: the second when the first has loaded its model."""
    sentence: str
    """What it comes to; where it does not fit, what to change."""
    notes: tuple[str, ...]
    parts: tuple[Part, ...]
    """One memory bar for both."""


def plan_pair(
    vllm: LaunchSpec,
    ollama: LaunchSpec,
    shapes: Mapping[Engine, ModelShape | None],
    gpu: GpuMemory,
    reserve: int = RESERVE_BYTES,
) -> PairPlan:
    """Both on that GPU, of which `used_bytes` are others'. `shapes` by engine, as each loads it."""
    context = _context(vllm, ollama, shapes)
    sides = _sides(vllm, ollama, shapes, gpu, reserve, context)
    advice = "" if sides.fits is not False else _advice(vllm, ollama, shapes, gpu, reserve, sides)
    return PairPlan(
        vllm=sides.vllm,
        ollama=sides.ollama,
        vllm_fit=sides.vllm_fit,
        ollama_fit=sides.ollama_fit,
        context_tokens=context,
        utilisation=sides.share,
        fits=sides.fits,
        sentence=_sentence(sides, advice),
        notes=_notes(sides.ollama_fit, sides.vllm_fit, reserve),
        parts=_parts(gpu, sides.ollama_fit, sides.vllm_fit),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    context: int
    ollama: LaunchSpec
    vllm: LaunchSpec
    ollama_fit: Fit
    vllm_fit: Fit
    share: float | None

    @property
    def fits(self) -> bool | None:
        one, other = self.ollama_fit.fits, self.vllm_fit.fits if self.share else False
        if one is False or other is False:
            return False
        return None if one is None or other is None else True


def _sides(
    vllm: LaunchSpec,
    ollama: LaunchSpec,
    shapes: Mapping[Engine, ModelShape | None],
    gpu: GpuMemory,
    reserve: int,
    context: int,
) -> _Sides:
    slots = _on(_with(ollama, {"context-length": str(context), "keep-alive": "-1"}), gpu)
    first = fit(slots, shapes.get("ollama"), [gpu])
    left = replace(gpu, used_bytes=gpu.used_bytes + (first.needed_bytes or 0))
    paged = _on(_with(vllm, {"max-model-len": str(context)}), gpu)
    share = _share(paged, left, reserve)
    if share is not None:
        paged = _with(paged, {"gpu-memory-utilization": f"{share:g}"})
    return _Sides(context, slots, paged, first, fit(paged, shapes.get("vllm"), [left]), share)


def _context(
    vllm: LaunchSpec, ollama: LaunchSpec, shapes: Mapping[Engine, ModelShape | None]
) -> int:
    """The smaller of what was chosen, at most what both were trained for."""
    chosen = (Settings(vllm).count("max-model-len"), Settings(ollama).count("context-length"))
    wanted = min((count for count in chosen if count and count > 0), default=CONTEXT)
    trained = (shape.context_tokens for shape in shapes.values() if shape)
    return min([wanted, *(count for count in trained if count)])


def _with(spec: LaunchSpec, options: dict[str, str]) -> LaunchSpec:
    return msgspec.structs.replace(spec, options=spec.options | options)


def _on(spec: LaunchSpec, gpu: GpuMemory) -> LaunchSpec:
    return msgspec.structs.replace(spec, gpus=(str(gpu.index),))


def _share(vllm: LaunchSpec, left: GpuMemory, reserve: int) -> float | None:
    """All that is left, at most what was chosen or vLLM would take by itself."""
    wanted = Settings(vllm).number("gpu-memory-utilization") or DEFAULT_SHARE
    share = min(wanted, largest_share(left.free_bytes - reserve, left.total_bytes))
    return round(share, 2) if share >= 0.01 else None


def _advice(
    vllm: LaunchSpec,
    ollama: LaunchSpec,
    shapes: Mapping[Engine, ModelShape | None],
    gpu: GpuMemory,
    reserve: int,
    failed: _Sides,
) -> str:
    """The first of these that was tried and makes it fit: more for vLLM, a shorter context, one
    slot."""

    def fits(v: LaunchSpec, o: LaunchSpec, context: int) -> bool:
        return _sides(v, o, shapes, gpu, reserve, context).fits is True

    asked, widest = Settings(vllm).number("gpu-memory-utilization"), _without_share(vllm)
    if asked is not None and fits(widest, ollama, failed.context):
        return "let vLLM have more of the card: leave gpu-memory-utilization to the plan"
    for context in (c for c in _CONTEXTS if c < failed.context):
        if fits(widest, ollama, context):
            return f"set the context of both to {context}"
    one = _with(ollama, {"num-parallel": "1"})
    if (failed.ollama_fit.slots or 1) > 1 and fits(widest, one, failed.context):
        return "set num-parallel to 1"
    return "choose a smaller or quantised model, or a GPU for each"


_CONTEXTS = (32_768, 16_384, 8192, 4096, 2048, 1024)
"""Tried in this order."""


def _without_share(spec: LaunchSpec) -> LaunchSpec:
    kept = {k: v for k, v in spec.options.items() if k != "gpu-memory-utilization"}
    return msgspec.structs.replace(spec, options=kept)


def _sentence(sides: _Sides, advice: str) -> str:
    ollama, vllm = sides.ollama_fit, sides.vllm_fit
    takes = size(ollama.needed_bytes or 0)
    if ollama.fits is False:
        return (
            f"The pair does not fit: Ollama alone needs {takes}, {size(ollama.free_bytes or 0)} are"
            f" free; {advice}."
        )
    if ollama.fits is None:
        return f"Not known whether the pair fits. Ollama: {ollama.sentence}"
    if sides.fits is False:
        return f"The pair does not fit: Ollama takes {takes}, too little is left to vLLM; {advice}."
    if vllm.fits is None:
        return f"Not known whether the pair fits. vLLM: {vllm.sentence}"
    return (
        f"The pair fits with {tokens(sides.context)} of context each: Ollama takes {takes}, vLLM"
        f" {sides.share:g} of the card ({size(vllm.needed_bytes or 0)})."
    )


def _notes(ollama: Fit, vllm: Fit, reserve: int) -> tuple[str, ...]:
    kept = f"{size(reserve)} of the GPU are left free."
    held = "Ollama's model is held (keep-alive -1): loaded anew, it would find what vLLM has left."
    both = dict.fromkeys((*ollama.notes, *vllm.notes))
    return (REASON, held, kept, *both)


_NAMES = ("Ollama's", "vLLM's")


def _parts(gpu: GpuMemory, ollama: Fit, vllm: Fit) -> tuple[Part, ...]:
    """Ollama's, vLLM's, others', free; empty while a number is missing."""
    sides = []
    for name, side in zip(_NAMES, (ollama, vllm), strict=True):
        known = (side.weights_bytes, side.kv_total_bytes, side.overhead_bytes)
        if None in known:
            return ()
        nouns = (WEIGHTS, KV, "buffers")
        sides += [(f"{name} {noun}", part or 0) for noun, part in zip(nouns, known, strict=True)]
    others = ((OTHERS, gpu.used_bytes),) if gpu.used_bytes else ()
    taken = sum(part for _, part in (*sides, *others))
    return (*sides, *others, (FREE, gpu.usable_bytes - taken))
