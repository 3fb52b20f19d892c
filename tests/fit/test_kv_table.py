"""The KV cache and weights of the shipped table, against published figures."""

from __future__ import annotations

import pytest

from burstview_engines.fit import kv
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.table import SHAPES, quant_named, shape_of
from tests.fit.cases import GIB, H100, MIB, shape, spec

TABLE = [
    ("qwen3-0.6b", 114_688, 1.75, 1.19, 0.39, 0.54),
    ("qwen3-1.7b", 114_688, 1.75, 3.44, 1.11, 1.36),
    ("qwen3-4b", 147_456, 2.25, 8.04, 2.52, 2.67),
    ("qwen3-8b", 147_456, 2.25, 16.38, 5.23, 6.10),
    ("qwen3-14b", 163_840, 2.50, 29.5, 9.29, 9.98),
    ("qwen3-32b", 262_144, 4.00, 65.5, 20.2, 19.3),
    ("llama-3.1-8b", 131_072, 2.00, 16.06, 5.09, 5.73),
]
"""Model, KV bytes of a token in 16 bits, MiB of a block of 16, GB in bf16, Q4_K_M and AWQ."""


@pytest.mark.parametrize(("key", "token", "block", "bf16", "q4", "awq"), TABLE)
def test_reference_figures(
    key: str, token: int, block: float, bf16: float, q4: float, awq: float
) -> None:
    """2 x layers x KV heads x head size x bytes; weights by bits, within the table's rounding."""
    assert kv.bytes_per_token(shape(key)) == token
    assert token * kv.BLOCK == block * MIB
    for quant, gigabytes in (("bf16", bf16), ("q4_k_m", q4), ("awq4", awq)):
        assert shape(key, quant).stored_bytes == pytest.approx(gigabytes * 1e9, rel=0.015)


def test_quantised_caches_count_their_scales() -> None:
    """GGML's q8_0 takes 34 bytes for 32 numbers, q4_0 takes 18; FP8 one byte each."""
    model = shape("qwen3-0.6b")
    numbers = 2 * 28 * 8 * 128
    assert kv.bytes_per_token(model, "q8_0", "q8_0") == numbers * 34 // 32
    assert kv.bytes_per_token(model, "q4_0", "q4_0") == numbers * 18 // 32
    assert kv.bytes_per_token(model, "f16", "q8_0") == numbers + numbers * 34 // 64
    assert kv.bytes_per_token(model, "fp8", "fp8") == numbers
    assert kv.bytes_per_token(model, "fp3", "f16") is None


@pytest.mark.parametrize(("kind", "published"), [("auto", 376_800), ("fp8", 430_100)])
def test_vllms_pool_on_an_h100(kind: str, published: int) -> None:
    """Qwen3-8B, published KV tokens: within 5 % at the default share."""
    weights = "bf16" if kind == "auto" else "fp8"
    dtype = {} if kind == "auto" else {"kv_cache_dtype": "auto"}
    found = fit(spec("vllm", **dtype), shape("qwen3-8b", weights), [H100])
    assert found.kv_total_bytes is not None
    assert found.kv_bytes_per_token is not None
    tokens = found.kv_total_bytes / found.kv_bytes_per_token
    assert tokens == pytest.approx(published, rel=0.05)


def test_heads_are_never_split_in_tensor_parallelism() -> None:
    """8 KV heads on 2 GPUs halve, on 16 GPUs each holds a copy of one."""
    model = shape("qwen3-8b")
    assert kv.per_gpu(model, 147_456, 2) == 147_456 // 2
    assert kv.per_gpu(model, 147_456, 8) == kv.per_gpu(model, 147_456, 16) == 147_456 // 8


def test_every_shape_has_a_size_in_every_format() -> None:
    """No preset is left without weights."""
    for key in SHAPES:
        assert (shape(key, "bf16").stored_bytes or 0) > (shape(key).stored_bytes or 0) > 0.2 * GIB


def test_unknown_names_are_not_guessed() -> None:
    """A model that is not there is None; a format that is not there has no weights, and says so."""
    assert shape_of("gpt-5", "bf16") is None
    odd = shape("qwen3-8b", "EXL2")
    assert odd.stored_bytes is None
    assert odd.doubts == ("The size of EXL2 weights is not known here.",)
    assert quant_named("Q4_K_M") is quant_named("q4_k_m") is not None


def test_published_parameter_counts() -> None:
    """The table's shapes come to the parameters that the makers state, within 1 %."""
    stated = {
        "qwen3-0.6b": 0.596e9, "qwen3-4b": 4.02e9, "qwen3-8b": 8.19e9, "qwen3-14b": 14.77e9,
        "qwen3-32b": 32.76e9, "llama-3.1-8b": 8.03e9, "llama-3.2-1b": 1.236e9,
        "llama-3.2-3b": 3.21e9, "llama-3.1-70b": 70.6e9, "qwen2.5-0.5b": 0.494e9,
        "qwen2.5-1.5b": 1.54e9, "qwen2.5-3b": 3.09e9, "qwen2.5-7b": 7.62e9,
        "qwen2.5-14b": 14.8e9, "qwen2.5-32b": 32.8e9, "mistral-7b": 7.25e9,
    }  # fmt: skip
    for key, count in stated.items():
        assert shape(key).parameters == pytest.approx(count, rel=0.01), key
