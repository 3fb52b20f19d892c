"""What one forward pass costs on the GPU. Formulas and their evidence: docs/simulator.md."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from burstview_engines.simulator.presets import Gpu, Model, Quant

FITTED_VOCAB = 151_936
"""Vocabulary of the models in the traces."""
FITTED_FLOPS = 989e12
"""Of the H200; the sampler's kernels slow down with a smaller GPU (L4: 65 us a row)."""
MMQ_FLOPS = 145e12
"""llama.cpp's integer matrix kernels saturate near here (RTX 4090, PR 15802)."""
MMQ_SHARE = 0.85
"""Their share of a smaller card's peak."""
GEMV_SHARE = 0.13
"""Share of peak of llama.cpp's vector kernels, used up to `GEMV_TOKENS` tokens."""
GEMV_TOKENS = 8
UNPACKED_PER_SECOND = 2.3e12
"""Quantised weights a slot engine's kernels unpack per second (H200, 4B against 0.6B)."""
FP8_GAIN = 1.5
"""Matrix speed of 8-bit floats over 16-bit where the GPU has them."""
TURING_AWQ = 0.5
"""Share of the weight-reading speed left to 4-bit weights without the fast kernels."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Shares of a GPU's peak that an engine reaches, and its fixed time per layer."""

    weights: float
    kv: float
    matrix: float
    attention: float
    layer: float
    """Seconds per layer that no peak explains: kernel starts and gaps, in a replayed CUDA graph."""
    step: float
    """Seconds per pass for what is not a layer: inputs, sampler, hand-over."""
    row: float
    """Seconds per row that gets a token, sampling over `FITTED_VOCAB` on `FITTED_FLOPS`."""
    is_gguf: bool
    """llama.cpp's kernels, and words picked on the CPU."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes through the layers in one pass."""

    tokens: int
    logits: int
    """Rows that get a token."""
    kv_tokens: int
    """Cached tokens that decoding rows read."""
    attended: float = 0.0
    """Sum over prompt tokens of the keys each one attends to."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one pass asks of the GPU: seconds that its memory and its tensor cores would take at
    their full rates. Divided by the pass's duration they are GPM's DRAM and tensor activity."""

    memory: float = 0.0
    arithmetic: float = 0.0

    def times(self, passes: int) -> Use:
        """The weights of slots that are not neighbours are read again for each pass."""
        return Use(self.memory * passes, self.arithmetic)


@dataclass(frozen=True, slots=True)
class Peaks:
    """Seconds at full rates, of the same things as in `GpuCost`."""

    weights: float
    token: float
    logit: float
    kv_token: float
    attended_key: float
    tensor_from: int
    """Tokens in a batch from which it runs on tensor cores: llama.cpp's vector kernels do not."""


@dataclass(frozen=True, slots=True)
class GpuCost:
    """The coefficients of one model on one GPU, worked out once."""

    weights: float
    """Seconds to read all weights."""
    token: float
    """Seconds of matrix work per token in the layers, large batches."""
    logit: float
    """Seconds of matrix work per row in the output head, large batches."""
    small_batch: float | None
    """Batches of 2 to `GEMV_TOKENS` take so many times the matrix seconds; None: no such kernel."""
    kv_token: float
    attended_key: float
    layers: float
    """Fixed seconds of a pass through all layers."""
    step: float
    row: float
    peaks: Peaks

    def use(self, batch: Batch) -> Use:
        """What one pass asks for."""
        peaks = self.peaks
        arithmetic = peaks.attended_key * batch.attended
        if batch.tokens >= peaks.tensor_from:
            arithmetic += peaks.token * batch.tokens + peaks.logit * batch.logits
        return Use(peaks.weights + peaks.kv_token * batch.kv_tokens, arithmetic)

    def seconds(self, batch: Batch) -> float:
        """One pass: weight reading and matrix work in quadrature, plus cache, attention, layers.

        The quadrature is closer to measured kernels near the ridge than the larger of the two.
        """
        matrix = self.token * batch.tokens + self.logit * batch.logits
        weights = self.weights
        if self.small_batch is not None:
            if batch.tokens == 1:
                matrix = 0.0
            elif batch.tokens <= GEMV_TOKENS:
                matrix *= self.small_batch
            else:
                weights *= 1.3 if batch.tokens < 64 else 1.6
        cache = self.kv_token * batch.kv_tokens + self.attended_key * batch.attended
        sampler = self.step + self.row * batch.logits
        return hypot(weights, matrix) + cache + self.layers + sampler


def gpu_cost(gpu: Gpu, model: Model, quant: Quant, share: Efficiency) -> GpuCost:
    """The coefficients for this model, as this engine uses this GPU."""
    reading = gpu.bandwidth * share.weights
    if quant.name == "awq4" and gpu.is_turing:
        reading *= TURING_AWQ
    weights, flops = quant.read_bytes(model) / reading, gpu.flops * share.matrix
    small_batch: float | None = None
    if quant.name == "fp8" and gpu.has_fp8:
        flops *= FP8_GAIN
    if share.is_gguf and quant.is_gguf:
        unpacking = (model.layer_parameters + model.head_parameters) / UNPACKED_PER_SECOND
        weights = max(weights, unpacking)
        flops = min(gpu.flops * MMQ_SHARE, MMQ_FLOPS)
        small_batch = max(1.0, flops / (gpu.flops * GEMV_SHARE))
    heads = model.layers * model.heads * model.head_dim
    return GpuCost(
        weights=weights,
        token=2 * model.layer_parameters / flops,
        logit=2 * model.head_parameters / flops,
        small_batch=small_batch,
        kv_token=model.kv_bytes_per_token / (gpu.bandwidth * share.kv),
        attended_key=4 * heads / (gpu.flops * share.attention),
        layers=model.layers * share.layer,
        step=share.step,
        row=share.row * model.vocab / FITTED_VOCAB * FITTED_FLOPS / gpu.flops,
        peaks=Peaks(
            weights=quant.read_bytes(model) / gpu.bandwidth,
            token=2 * model.layer_parameters / gpu.flops,
            logit=2 * model.head_parameters / gpu.flops,
            kv_token=model.kv_bytes_per_token / gpu.bandwidth,
            attended_key=4 * heads / gpu.flops,
            tensor_from=GEMV_TOKENS + 1 if small_batch is not None else 1,
        ),
    )
