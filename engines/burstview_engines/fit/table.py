"""Shapes of common models by key, in any of the number formats that are reckoned here."""

from __future__ import annotations

from burstview_engines.fit.shape import ModelShape, from_preset, uniform_kv
from burstview_engines.simulator.presets import MODELS, Model, Quant
from burstview_engines.simulator.presets import QUANTS as PRESET_QUANTS

_QWEN25, _QWEN25_LARGE = 151_936, 152_064


def _qwen25(size: str, *shape: int, vocab: int, tied: bool) -> Model:
    layers, hidden, heads, kv_heads, head_dim, ffn = shape
    name = f"qwen2.5-{size}"
    hub, tag = f"Qwen/Qwen2.5-{size.upper()}-Instruct", f"qwen2.5:{size}"
    numbers = (layers, hidden, heads, kv_heads, head_dim, ffn, vocab)
    return Model(name, *numbers, tied, 32_768, hub, tag)


MORE = {
    model.name: model
    for model in (
        _qwen25("0.5b", 24, 896, 14, 2, 64, 4864, vocab=_QWEN25, tied=True),
        _qwen25("1.5b", 28, 1536, 12, 2, 128, 8960, vocab=_QWEN25, tied=True),
        _qwen25("3b", 36, 2048, 16, 2, 128, 11_008, vocab=_QWEN25, tied=True),
        _qwen25("7b", 28, 3584, 28, 4, 128, 18_944, vocab=_QWEN25_LARGE, tied=False),
        _qwen25("14b", 48, 5120, 40, 8, 128, 13_824, vocab=_QWEN25_LARGE, tied=False),
        _qwen25("32b", 64, 5120, 40, 8, 128, 27_648, vocab=_QWEN25_LARGE, tied=False),
        Model(
            "qwen3-4b-2507", 36, 2560, 32, 8, 128, 9728, _QWEN25, True, 262_144,
            "Qwen/Qwen3-4B-Instruct-2507", "qwen3:4b-instruct-2507-q4_K_M",
        ),
        Model(
            "mistral-7b", 32, 4096, 32, 8, 128, 14_336, 32_768, False, 32_768,
            "mistralai/Mistral-7B-Instruct-v0.3", "mistral:7b",
        ),
    )
}  # fmt: skip
"""Beside the simulator's."""

SHAPES = {**MODELS, **MORE}
"""Key -> model."""
QUANTS = {
    **PRESET_QUANTS,
    "f16": Quant("f16", "F16", 16, 16),
    "gptq4": Quant("gptq4", "GPTQ 4-bit", 4.16, 16),
}
_SPELLINGS = {
    "bfloat16": "bf16", "float16": "f16", "fp16": "f16", "awq": "awq4", "gptq": "gptq4",
    "gptq-int4": "gptq4", "int4": "gptq4",
}  # fmt: skip


def quant_named(name: str) -> Quant | None:
    """A number format by key or label, whatever its case; None for one not reckoned here."""
    plain = name.strip().lower()
    by_label = {quant.label.lower(): quant for quant in QUANTS.values()}
    return QUANTS.get(_SPELLINGS.get(plain, plain)) or by_label.get(plain)


def shape_of(key: str, quant: str) -> ModelShape | None:
    """The model of that key in that number format; without weights where the format is unknown,
    None where the model is."""
    model = SHAPES.get(key)
    if model is None:
        return None
    format_ = quant_named(quant)
    if format_ is not None:
        return from_preset(model, format_)
    return _without_weights(model, quant)


def _without_weights(model: Model, quant: str) -> ModelShape:
    elements = uniform_kv(model.layers, model.kv_heads, model.head_dim)
    return ModelShape(
        name=model.name,
        architecture=model.name.split("-")[0],
        layers=model.layers,
        kv_heads=model.kv_heads,
        hidden=model.hidden,
        ffn=model.ffn,
        vocab=model.vocab,
        context_tokens=model.context_tokens,
        key_elements=elements,
        value_elements=elements,
        quant=quant,
        doubts=(f"The size of {quant} weights is not known here.",),
    )
