"""The memory of one vLLM, worked out before anybody knows whether it suffices."""

from __future__ import annotations

from dataclasses import dataclass

from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.memory import vllm_activation_bytes, vllm_limits
from burstview_engines.simulator.paged import BLOCK_TOKENS
from burstview_engines.simulator.presets import Gpu
from burstview_engines.simulator.spec import Parts, SpecError, parts
from burstview_engines.simulator.standin import vllm_failures as failures
from burstview_engines.simulator.standin.chosen_model import ChosenModel
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.hosting import RefusedError
from burstview_engines.simulator.standin.vllm_arguments import VllmArguments


@dataclass(frozen=True, slots=True)
class Fit:
    """What would be served, and with how much room."""

    spec: EngineSpec
    named: Parts
    kv_bytes: int
    """Negative where the weights alone are too much."""
    kv_tokens: int
    context_tokens: int


def fitted(arguments: VllmArguments, chosen: ChosenModel, demands: Demands) -> Fit:
    """Raises RefusedError for what vLLM refuses before it loads anything."""
    if arguments.tensor_parallel_size > 1:
        raise RefusedError(failures.too_few_gpus(arguments.tensor_parallel_size))
    longest, wanted = chosen.preset.context_tokens, arguments.max_model_len
    if wanted is not None and wanted > longest:
        raise RefusedError(failures.context_too_long(wanted, longest))
    try:
        named = parts(_spec(arguments, chosen, demands, None))
    except SpecError as wrong:
        raise RefusedError(failures.wrong_value(str(wrong))) from wrong
    kv_bytes = _kv_bytes(arguments, named)
    blocks = kv_bytes // (BLOCK_TOKENS * named.model.kv_bytes_per_token)
    kv_tokens = max(0, min(blocks, arguments.num_gpu_blocks or blocks) - 1) * BLOCK_TOKENS
    context = min(longest, kv_tokens) if wanted == -1 else wanted or longest
    return Fit(_spec(arguments, chosen, demands, context), named, kv_bytes, kv_tokens, context)


def limits(arguments: VllmArguments, gpu: Gpu) -> tuple[int, int]:
    """Seats and tokens of a step, as asked for or by the GPU's size."""
    defaults = vllm_limits(gpu)
    seats = arguments.max_num_seqs or defaults.seats
    return seats, arguments.max_num_batched_tokens or defaults.batched_tokens


def _kv_bytes(arguments: VllmArguments, named: Parts) -> int:
    seats, budget = limits(arguments, named.gpu)
    taken = int(arguments.gpu_memory_utilization * named.gpu.memory_bytes)
    return taken - named.weight_bytes - vllm_activation_bytes(named.model, seats, budget)


def _spec(
    arguments: VllmArguments, chosen: ChosenModel, demands: Demands, context: int | None
) -> EngineSpec:
    return EngineSpec(
        engine="vllm",
        gpu=demands.gpu,
        model=chosen.preset.name,
        quant=chosen.quant,
        max_num_seqs=arguments.max_num_seqs,
        max_num_batched_tokens=arguments.max_num_batched_tokens,
        kv_blocks=arguments.num_gpu_blocks,
        utilisation=arguments.gpu_memory_utilization,
        eager=arguments.enforce_eager,
        context_tokens=context,
        host_factor=demands.host_factor,
    )
