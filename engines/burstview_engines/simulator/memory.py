"""What engines choose by the size of the GPU's memory, as their sources state it."""

from __future__ import annotations

from dataclasses import dataclass

from burstview_engines.simulator.presets import Gpu, Model

GIB = 2**30
SLOT_OVERHEAD_BYTES = 600 * 2**20
"""CUDA context and compute buffers beside weights and cache (1,442 MiB in all for a 0.6B model)."""


@dataclass(frozen=True, slots=True)
class VllmDefaults:
    """vLLM's defaults for its API server on a GPU of this size."""

    seats: int
    batched_tokens: int


def vllm_limits(gpu: Gpu) -> VllmDefaults:
    """`--max-num-seqs` and `--max-num-batched-tokens` where they are not set (vLLM 0.32)."""
    if gpu.memory_bytes >= 160 * GIB:
        return VllmDefaults(1024, 16_384)
    if _is_large(gpu):
        return VllmDefaults(1024, 8192)
    return VllmDefaults(256, 2048)


def vllm_activation_bytes(model: Model, seats: int, batched_tokens: int) -> int:
    """What vLLM's profiling run at start takes off the pool: CUDA graphs, logits, feed-forward.

    Three starts pin it: an H200 with 0.6B and 128 seats (1.05 GB), an H100 with 8B and 1,024
    (5.05 GB), and the 1.5 GiB of smaller cards' defaults.
    """
    logits = 20 * seats * model.vocab
    feed_forward = 13.6 * batched_tokens * model.ffn
    return int(0.4 * GIB + logits + feed_forward)


def ollama_context(gpu: Gpu) -> int:
    """OLLAMA_CONTEXT_LENGTH where it is not set; Ollama caps it at the trained context."""
    if gpu.memory_bytes >= 47 * GIB:
        return 262_144
    return 32_768 if gpu.memory_bytes >= 23 * GIB else 4096


def _is_large(gpu: Gpu) -> bool:
    return gpu.memory_bytes >= 70 * GIB and not gpu.name.startswith("A100")
