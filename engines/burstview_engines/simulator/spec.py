"""What to simulate: an engine with its options on a GPU, checked, and the model built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burstview_engines.simulator import presets
from burstview_engines.simulator.calibration import (
    LLAMACPP,
    OLLAMA,
    SLOT_SHARE,
    VLLM,
    VLLM_SHARE,
    PagedCosts,
    SlotCosts,
)
from burstview_engines.simulator.cost import gpu_cost
from burstview_engines.simulator.engine_spec import EngineSpec, SimulatedEngine, demo
from burstview_engines.simulator.memory import (
    SLOT_OVERHEAD_BYTES,
    ollama_context,
    vllm_activation_bytes,
    vllm_limits,
)
from burstview_engines.simulator.paged import BLOCK_TOKENS, PagedLimits, PagedModel
from burstview_engines.simulator.presets import Gpu, Model, Quant, SpecError
from burstview_engines.simulator.slots import SlotLimits, SlotsModel

__all__ = [
    "Capacity",
    "EngineSpec",
    "Parts",
    "SimulatedEngine",
    "SpecError",
    "build",
    "capacity",
    "demo",
    "extrapolated",
    "parts",
]

TRACED_GPU = "H200"
"""The one GPU whose traces the constants were fitted to."""
LLAMACPP_CONTEXT = 4096
MIN_CONTEXT = 64
MAX_SEATS = 4096
LEAST_BLOCKS = 1 + MIN_CONTEXT // BLOCK_TOKENS
"""Of a vLLM that serves anything: the null block and the shortest context."""

VLLM_QUANTS = ("bf16", "fp8", "awq4")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the engine would report after it started."""

    seats: int
    """Requests served at once."""
    context_tokens: int
    """Of one request."""
    kv_tokens: int
    """All tokens the KV cache holds."""
    kv_blocks: int | None
    """vLLM's, the null block included; None for slots."""
    weight_bytes: int
    kv_bytes: int
    used_bytes: int
    """Of the GPU's memory, everything included."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The presets that a spec names."""

    gpu: Gpu
    model: Model
    quant: Quant

    @property
    def weight_bytes(self) -> int:
        """Weights in the GPU's memory."""
        return int(self.quant.stored_bytes(self.model))


def parts(spec: EngineSpec) -> Parts:
    """Look the names up; raises SpecError for an unknown one or a format the engine lacks."""
    default = "bf16" if spec.engine == "vllm" else "q4_k_m"
    quant = presets.quant(spec.quant or default)
    if spec.engine == "vllm" and quant.name not in VLLM_QUANTS:
        known = ", ".join(VLLM_QUANTS)
        raise SpecError(f"vLLM is simulated with {known}, not with {quant.label}; choose one.")
    if spec.engine != "vllm" and quant.name in ("fp8", "awq4"):
        raise SpecError(f"llama.cpp has no {quant.label}; choose a GGUF format such as q4_k_m.")
    return Parts(presets.gpu(spec.gpu), presets.model(spec.model), quant)


def extrapolated(spec: EngineSpec) -> bool:
    """True where no trace backs the numbers: any GPU but the traced one."""
    return presets.gpu(spec.gpu).name != TRACED_GPU


def capacity(spec: EngineSpec) -> Capacity:
    """Seats and memory; raises SpecError where it does not fit, or for a wrong name."""
    _check_numbers(spec)
    named = parts(spec)
    return _paged_capacity(spec, named) if spec.engine == "vllm" else _slot_capacity(spec, named)


def build(spec: EngineSpec) -> PagedModel | SlotsModel:
    """The step model of this spec, idle; raises SpecError."""
    room, named = capacity(spec), parts(spec)
    model = named.model
    if spec.engine == "vllm":
        host = _slower_paged(VLLM, spec.host_factor)
        budget = spec.max_num_batched_tokens or vllm_limits(named.gpu).batched_tokens
        blocks = room.kv_tokens // BLOCK_TOKENS + 1
        return PagedModel(
            gpu=gpu_cost(named.gpu, model, named.quant, VLLM_SHARE),
            host=host,
            limits=PagedLimits(room.seats, blocks, budget, room.context_tokens),
            eager=model.layers * host.eager_layer if spec.eager else None,
            cold=spec.cold,
        )
    is_ollama = spec.engine == "ollama"
    return SlotsModel(
        gpu=gpu_cost(named.gpu, model, named.quant, SLOT_SHARE),
        host=_slower_slots(OLLAMA if is_ollama else LLAMACPP, spec.host_factor),
        limits=SlotLimits(room.seats, room.context_tokens, shifts_context=is_ollama),
        layers=model.layers,
        vocab=model.vocab,
        cold=spec.cold,
    )


def _paged_capacity(spec: EngineSpec, named: Parts) -> Capacity:
    defaults = vllm_limits(named.gpu)
    seats = spec.max_num_seqs or defaults.seats
    budget = spec.max_num_batched_tokens or defaults.batched_tokens
    block_bytes = BLOCK_TOKENS * named.model.kv_bytes_per_token
    taken = int(spec.utilisation * named.gpu.memory_bytes)
    fixed = named.weight_bytes + vllm_activation_bytes(named.model, seats, budget)
    room = max(0, (taken - fixed) // block_bytes)
    blocks = room if spec.kv_blocks is None else spec.kv_blocks
    if blocks > room or blocks < LEAST_BLOCKS:
        needed = _gb(fixed + max(blocks, LEAST_BLOCKS) * block_bytes)
        needs = (
            f"at least {needed}"
            if spec.kv_blocks is None
            else f"{needed} with {blocks:,} KV blocks"
        )
        raise SpecError(
            f"{_what(named)} needs {needs}, and {spec.utilisation:.0%} of the "
            f"{named.gpu.name} is {_gb(taken)}; choose a smaller model or quantisation, "
            "fewer blocks, or a larger GPU."
        )
    kv_tokens = (blocks - 1) * BLOCK_TOKENS
    context = spec.context_tokens or min(named.model.context_tokens, kv_tokens)
    if context > kv_tokens:
        raise SpecError(
            f"The KV cache holds {kv_tokens:,} tokens, less than one request's context of "
            f"{context:,}; choose a shorter context or more blocks."
        )
    kv_bytes = blocks * block_bytes
    return Capacity(
        seats=seats,
        context_tokens=context,
        kv_tokens=kv_tokens,
        kv_blocks=blocks,
        weight_bytes=named.weight_bytes,
        kv_bytes=kv_bytes,
        used_bytes=fixed + kv_bytes,
    )


def _slot_capacity(spec: EngineSpec, named: Parts) -> Capacity:
    slots = spec.slots or (1 if spec.engine == "ollama" else 4)
    trained = named.model.context_tokens
    default = ollama_context(named.gpu) if spec.engine == "ollama" else LLAMACPP_CONTEXT
    context = min(spec.context_tokens or default, trained)
    kv_bytes = slots * context * named.model.kv_bytes_per_token
    used = named.weight_bytes + kv_bytes + SLOT_OVERHEAD_BYTES
    if used > named.gpu.memory_bytes:
        raise SpecError(
            f"{_what(named)} with {slots} slots of {context:,} tokens needs {_gb(used)}, and the "
            f"{named.gpu.name} has {_gb(named.gpu.memory_bytes)}; choose fewer slots, a shorter "
            "context, a smaller model or quantisation, or a larger GPU."
        )
    return Capacity(
        seats=slots,
        context_tokens=context,
        kv_tokens=slots * context,
        kv_blocks=None,
        weight_bytes=named.weight_bytes,
        kv_bytes=kv_bytes,
        used_bytes=used,
    )


def _check_numbers(spec: EngineSpec) -> None:
    ranges: tuple[tuple[str, float | None, float, float], ...] = (
        ("slots", spec.slots, 1, MAX_SEATS),
        ("max-num-seqs", spec.max_num_seqs, 1, MAX_SEATS),
        ("max-num-batched-tokens", spec.max_num_batched_tokens, BLOCK_TOKENS, 1 << 20),
        ("kv-blocks", spec.kv_blocks, LEAST_BLOCKS, 1 << 30),
        ("context", spec.context_tokens, MIN_CONTEXT, 1 << 24),
        ("utilisation", spec.utilisation, 0.05, 1.0),
        ("cold", spec.cold, 0.0, 3600.0),
        ("host-factor", spec.host_factor, 0.05, 100.0),
    )
    for name, value, low, high in ranges:
        if value is not None and not low <= value <= high:
            raise SpecError(f"{name} must lie between {low:g} and {high:g}, not {value:g}.")
    _check_engine_options(spec)


def _check_engine_options(spec: EngineSpec) -> None:
    vllm_only = (spec.max_num_seqs, spec.max_num_batched_tokens, spec.kv_blocks)
    if spec.engine == "vllm" and spec.slots is not None:
        raise SpecError("vLLM has no slots; set max-num-seqs.")
    if spec.engine != "vllm" and (spec.eager or any(value is not None for value in vllm_only)):
        raise SpecError(
            "max-num-seqs, max-num-batched-tokens, kv-blocks and eager are options of vLLM; "
            "set slots and the context."
        )


def _slower_paged(costs: PagedCosts, factor: float) -> PagedCosts:
    return replace(
        costs,
        floor=costs.floor * factor,
        door=costs.door * factor,
        prompt_token=costs.prompt_token * factor,
        step=costs.step * factor,
        row=costs.row * factor,
        eager_layer=costs.eager_layer * factor,
    )


def _slower_slots(costs: SlotCosts, factor: float) -> SlotCosts:
    return replace(
        costs,
        launch=costs.launch * factor,
        stale_token=costs.stale_token * factor,
        sample=costs.sample * factor,
        uncaptured_layer=costs.uncaptured_layer * factor,
    )


def _what(named: Parts) -> str:
    return f"{named.model.hub.rpartition('/')[2]} in {named.quant.label}"


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
