"""Bytes of the KV cache: 2 x layers x KV heads x head size x bytes of a number."""

from __future__ import annotations

from fractions import Fraction

from burstview_engines.fit.shape import ModelShape

_ELEMENT = {
    "f32": Fraction(4), "float32": Fraction(4),
    "f16": Fraction(2), "float16": Fraction(2), "bf16": Fraction(2), "bfloat16": Fraction(2),
    "q8_0": Fraction(34, 32), "q5_1": Fraction(24, 32), "q5_0": Fraction(22, 32),
    "q4_1": Fraction(20, 32), "q4_0": Fraction(18, 32), "iq4_nl": Fraction(18, 32),
    "fp8": Fraction(1), "fp8_e4m3": Fraction(1), "fp8_e5m2": Fraction(1), "fp8_inc": Fraction(1),
    "nvfp4": Fraction(9, 16),
}  # fmt: skip
"""GGML's blocks of 32 numbers hold a 16-bit scale each; NVFP4's of 16 an 8-bit one."""

_PAD = 256
"""llama.cpp rounds a slot's context up to this."""
BLOCK = 16
"""Tokens of one block of vLLM's cache."""


def element_bytes(kind: str) -> Fraction | None:
    """Bytes of one cached number in that format; None for a format not known here."""
    return _ELEMENT.get(kind.lower())


def bytes_per_token(shape: ModelShape, kind_k: str = "f16", kind_v: str = "f16") -> int | None:
    """Keys and values of one token over all layers; None where model or format is not known."""
    key, value = element_bytes(kind_k), element_bytes(kind_v)
    if shape.key_elements is None or shape.value_elements is None or key is None or value is None:
        return None
    return round(shape.key_elements * key + shape.value_elements * value)


def per_gpu(shape: ModelShape, whole: int, gpus: int) -> int:
    """One GPU's part of a token's bytes in tensor parallelism: a KV head is never split, so more
    GPUs than heads hold copies."""
    heads = max(1, shape.kv_heads)
    return -(-whole * -(-heads // min(gpus, heads)) // heads)


def padded(tokens: int) -> int:
    """A slot's context as llama.cpp makes it."""
    return -(-tokens // _PAD) * _PAD


def in_blocks(tokens: int) -> int:
    """Tokens of vLLM's cache that so many tokens take."""
    return -(-tokens // BLOCK) * BLOCK
