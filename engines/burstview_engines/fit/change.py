"""What a change of options costs in memory, as one phrase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.result import Fit
from burstview_engines.fit.settings import Settings
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.words import MIB, plural, signed, size, tokens
from burstview_engines.launch.spec import LaunchSpec

_SMALL = MIB
"""Bytes below which nothing is said to change."""
_SLOT_NAMES = {"vllm": "seat", "sglang": "seat", "ollama": "slot", "llamacpp": "slot"}
_TOLD = (
    ("gpu-memory-utilization", "{} of the card"),
    ("mem-fraction-static", "{} of the free memory"),
    ("kv-cache-type", "{} KV cache"),
    ("kv-cache-dtype", "{} KV cache"),
    ("cache-type-k", "{} keys"),
    ("cache-type-v", "{} values"),
    ("gpu-layers", "{} layers on the GPU"),
    ("tensor-parallel-size", "split over {} GPUs"),
    ("tp-size", "split over {} GPUs"),
)
"""Option -> what is said of its new value."""


def change_cost(
    old: LaunchSpec,
    new: LaunchSpec,
    shape: ModelShape | None,
    gpus: Sequence[GpuMemory],
    new_shape: ModelShape | None = None,
) -> str:
    """`4 slots: +13.1 GiB KV, reload`; empty where nothing changes.

    `gpus` are as they would be without this engine. `new_shape` where the model changes too.
    """
    if new == old:
        return ""
    same_model = new.model == old.model
    before = fit(old, shape, gpus)
    after = fit(new, shape if same_model and new_shape is None else new_shape, gpus)
    lead = ", ".join(_changes(old, new, before, after)) or "other options"
    cost = (*_costs(before, after, same_model=same_model), *_verdict(before, after))
    return f"{lead}: {', '.join((*cost, _way(new)))}"


def _changes(old: LaunchSpec, new: LaunchSpec, before: Fit, after: Fit) -> Iterator[str]:
    if new.model != old.model:
        yield new.model or "another model"
    if after.slots != before.slots and after.slots is not None:
        yield plural(after.slots, _SLOT_NAMES.get(new.engine, "slot"))
    if after.context_tokens != before.context_tokens and after.context_tokens is not None:
        yield f"{tokens(after.context_tokens)} of context"
    was, now = Settings(old), Settings(new)
    for name, words in _TOLD:
        if now.text(name) != was.text(name):
            yield words.format(now.text(name) or "default")
    if new.gpus != old.gpus:
        yield f"GPU {', '.join(new.gpus)}" if new.gpus else "no GPU"


def _costs(before: Fit, after: Fit, *, same_model: bool) -> Iterator[str]:
    yield _difference(before.kv_total_bytes, after.kv_total_bytes, "KV")
    if not same_model or before.weights_bytes != after.weights_bytes:
        yield _difference(before.weights_bytes, after.weights_bytes, "weights")
    buffers = _delta(before.overhead_bytes, after.overhead_bytes)
    if buffers is not None and abs(buffers) >= 64 * MIB:
        yield f"{signed(buffers)} buffers"


def _difference(old: int | None, new: int | None, noun: str) -> str:
    delta = _delta(old, new)
    if delta is None:
        return f"{noun} not known"
    return f"{signed(delta)} {noun}" if abs(delta) >= _SMALL else f"same {noun}"


def _delta(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old


def _verdict(before: Fit, after: Fit) -> Iterator[str]:
    if after.fits is False and before.fits is not False:
        if after.needed_bytes is not None and after.free_bytes is not None:
            yield f"would not fit ({size(after.needed_bytes)} of {size(after.free_bytes)} free)"
        else:
            yield "would not fit"
    elif after.fits and before.fits is False:
        yield "would fit"


def _way(spec: LaunchSpec) -> str:
    """A running Ollama too is started anew for a variable, and loads its model at once."""
    return "reload" if spec.engine == "ollama" else "restart"
