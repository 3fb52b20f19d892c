"""The wish for a simulated engine. It loads nothing: the monitor has it before it paints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SimulatedEngine = Literal["vllm", "ollama", "llamacpp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """One engine on one GPU. None means: as the engine itself would choose."""

    engine: SimulatedEngine
    gpu: str = "L4"
    model: str = "qwen3-8b"
    quant: str | None = None
    """bf16 for vLLM, q4_k_m for the slot engines."""
    slots: int | None = None
    """OLLAMA_NUM_PARALLEL (1) or llama.cpp's `--parallel` (4)."""
    max_num_seqs: int | None = None
    """vLLM only, like the four below."""
    max_num_batched_tokens: int | None = None
    kv_blocks: int | None = None
    """Blocks of 16 tokens; None: what the memory leaves."""
    utilisation: float = 0.92
    """Share of the GPU's memory that vLLM takes."""
    eager: bool = False
    """Without CUDA graphs."""
    context_tokens: int | None = None
    """Of one request."""
    cold: float = 0.0
    """Seconds that the first pass takes longer: kernels compiled, or the model loaded."""
    host_factor: float = 1.0
    """How much longer the host's CPU takes than that of the traces."""


def demo(engine: SimulatedEngine) -> EngineSpec:
    """A GPU slow enough for the eye: 16 x 32 tokens in about 1 s (vLLM) and 11 s (Ollama)."""
    return EngineSpec(
        engine=engine, gpu="L4", model="qwen3-8b", quant="awq4" if engine == "vllm" else None
    )
