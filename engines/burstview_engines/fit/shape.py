"""The numbers of a model that its memory follows from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from burstview_engines.simulator.presets import Model, Quant


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """One model in one number format. Unknown is None."""

    name: str
    architecture: str
    """As its own file calls it, such as `qwen3`."""
    layers: int
    kv_heads: int
    """Of one layer; where layers differ, the most of any."""
    hidden: int | None = None
    ffn: int | None = None
    """Width of the feed-forward block (of a dense model)."""
    vocab: int | None = None
    context_tokens: int | None = None
    """The longest context it was trained for."""
    parameters: int | None = None
    key_elements: int | None = None
    """Numbers that the cached key of one token has, over all layers; None where the architecture
    keeps something else than keys and values."""
    value_elements: int | None = None
    quant: str | None = None
    """As people write it: `BF16`, `Q4_K_M`."""
    stored_bytes: int | None = None
    """All weights."""
    input_bytes: int = 0
    """Of these, an embedding table that llama.cpp leaves in main memory: only where the output
    head is a tensor of its own."""
    is_measured: bool = False
    """The bytes are those of files at hand; else they are reckoned from bits per weight."""
    has_window: bool = False
    """Some layers keep only the last tokens: the KV cache may be smaller than reckoned here."""
    doubts: tuple[str, ...] = ()
    """What may make the reckoning wrong, one sentence each."""
    source: str = "the shipped table"

    @property
    def kv_elements(self) -> int | None:
        """Numbers cached for one token, over all layers."""
        if self.key_elements is None or self.value_elements is None:
            return None
        return self.key_elements + self.value_elements

    @property
    def gpu_bytes(self) -> int | None:
        """Weights that llama.cpp puts on the GPU when all layers are there."""
        return None if self.stored_bytes is None else self.stored_bytes - self.input_bytes


def uniform_kv(layers: int, kv_heads: int, head_dim: int) -> int:
    """Key (or value) numbers of one token where all layers are alike."""
    return layers * kv_heads * head_dim


def dense_parameters(model: Model) -> int:
    """Weights of a decoder with gated feed-forward; biases and norms are left out (below 0.1 %)."""
    heads = model.head_parameters * (1 if model.tied else 2)
    return model.layer_parameters + heads


def from_preset(model: Model, quant: Quant) -> ModelShape:
    """The simulator's model in a number format."""
    elements = uniform_kv(model.layers, model.kv_heads, model.head_dim)
    stored = round(quant.stored_bytes(model))
    apart = 0 if model.tied else round(model.head_parameters * quant.head_bits / 8)
    return ModelShape(
        name=model.name,
        architecture=model.name.split("-")[0],
        layers=model.layers,
        kv_heads=model.kv_heads,
        hidden=model.hidden,
        ffn=model.ffn,
        vocab=model.vocab,
        context_tokens=model.context_tokens,
        parameters=dense_parameters(model),
        key_elements=elements,
        value_elements=elements,
        quant=quant.label,
        stored_bytes=stored,
        input_bytes=apart,
    )


def with_doubt(shape: ModelShape, *doubts: str) -> ModelShape:
    """The shape with more sentences about what may be wrong with it."""
    return replace(shape, doubts=(*shape.doubts, *doubts))
