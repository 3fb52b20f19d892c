"""The constants fitted to traces of one H200; their meaning and evidence: docs/simulator.md."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burstview_engines.simulator.cost import Efficiency

CROWDED_ROWS = 16
"""The most rows in a trace. Their candidate lists together no longer fit the CPU's caches."""


@dataclass(frozen=True, slots=True)
class PagedCosts:
    """Host time of vLLM: its API server and its engine loop, seconds."""

    floor: float
    """Once per request, overlapping: accept, parse, hand over, first answer back."""
    door: float
    """Per request, one after the other: the API server is one event loop."""
    prompt_token: float
    """Per prompt token at that door: tokenising."""
    step: float
    """Per engine step: scheduling, inputs; the GPU computes at the same time."""
    row: float
    """Per running request and step: detokenising, sending; also beside the GPU."""
    eager_layer: float
    """Per layer and pass when CUDA graphs are off; kernel starts then hide the GPU's own time."""


@dataclass(frozen=True, slots=True)
class SlotCosts:
    """Host time of llama.cpp's server (and of Ollama around it), seconds."""

    launch: float
    """Per request when it takes a slot, one after the other, while all slots wait."""
    stale_token: float
    """Added per token that the slot's last request left behind."""
    sample: float
    """Picking one word of `cost.FITTED_VOCAB` for a single row, on one CPU thread."""
    crowding: float
    """A row costs as much more as the rows, up to `CROWDED_ROWS`, raised to this power."""
    uncaptured_layer: float
    """Per layer of a pass whose shape is not that of the two before: no CUDA graph to replay."""
    prefill_passes: int
    """Passes a fresh prompt takes at least: its last tokens go through on their own."""


VLLM_SHARE = Efficiency(
    weights=0.85,
    kv=0.80,
    matrix=0.65,
    attention=0.40,
    layer=25e-6,
    step=0.45e-3,
    row=10e-6,
    is_gguf=False,
)
SLOT_SHARE = Efficiency(
    weights=0.82,
    kv=0.70,
    matrix=0.45,
    attention=0.40,
    layer=24e-6,
    step=0.48e-3,
    row=0.0,
    is_gguf=True,
)

VLLM = PagedCosts(
    floor=14.5e-3, door=1.05e-3, prompt_token=2e-6, step=1.6e-3, row=13e-6, eager_layer=0.60e-3
)
LLAMACPP = SlotCosts(
    launch=2.6e-3,
    stale_token=45e-6,
    sample=0.287e-3,
    crowding=0.3,
    uncaptured_layer=50e-6,
    prefill_passes=2,
)
OLLAMA = replace(LLAMACPP, launch=6e-3, stale_token=55e-6, sample=0.56e-3, crowding=0.27)
