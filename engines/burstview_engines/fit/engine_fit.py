"""Will it fit: one question for all engines."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.fit.gpus import GpuMemory, chosen
from burstview_engines.fit.llamacpp import llamacpp_plan
from burstview_engines.fit.ollama import ollama_plan
from burstview_engines.fit.result import Fit
from burstview_engines.fit.sglang import sglang_fit
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.slots import slot_fit
from burstview_engines.fit.vllm import vllm_fit
from burstview_engines.launch.spec import LaunchSpec


def fit(
    spec: LaunchSpec,
    shape: ModelShape | None,
    gpus: Sequence[GpuMemory],
    typical_tokens: int | None = None,
) -> Fit:
    """What that start takes of these GPUs as they are now, and how many requests it can serve.

    `gpus` are all of the machine's: the spec says which. `typical_tokens` is the length of prompt
    and answer that people will really send. Without a shape no size is guessed.
    """
    used = chosen(gpus, spec.gpus)
    match spec.engine:
        case "vllm":
            return vllm_fit(spec, shape, used, typical_tokens)
        case "ollama":
            return slot_fit(ollama_plan(spec, shape, used), shape, spec.model, typical_tokens)
        case "llamacpp":
            return slot_fit(llamacpp_plan(spec, shape, used), shape, spec.model, typical_tokens)
        case "sglang":
            return sglang_fit(spec, shape, used, typical_tokens)
        case "openai":
            return Fit(engine="openai", sentence="Not known: this engine is not started from here.")
