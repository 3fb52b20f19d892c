"""Presets, memory and the checks on what may be simulated."""

from __future__ import annotations

import pytest

from burstview_engines.simulator import presets
from burstview_engines.simulator.spec import (
    EngineSpec,
    SpecError,
    build,
    capacity,
    demo,
    extrapolated,
    parts,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("H200", "H200"),
        ("nvidia h200", "H200"),
        ("rtx4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 3060", "RTX 3060"),
        ("4090", "RTX 4090"),
        ("a100", "A100-80GB"),
        ("A100 40", "A100-40GB"),
    ],
)
def test_gpu_names_are_forgiving(name: str, found: str) -> None:
    """Case, punctuation and the maker's words do not matter."""
    assert presets.gpu(name).name == found


@pytest.mark.parametrize("name", ["qwen3-4b", "Qwen3:4B", "Qwen/Qwen3-4B", "qwen3 4b"])
def test_models_are_found_by_any_name(name: str) -> None:
    """Preset, hub name and Ollama tag mean the same model."""
    assert presets.model(name).name == "qwen3-4b"


def test_an_unknown_name_lists_what_there_is() -> None:
    """One sentence that holds the wrong name and all right ones."""
    with pytest.raises(presets.UnknownPresetError) as error:
        presets.gpu("H300")
    assert "'H300'" in str(error.value)
    assert all(name in str(error.value) for name in presets.GPUS)


@pytest.mark.parametrize(
    ("name", "kv_bytes", "billions"),
    [
        ("qwen3-0.6b", 114_688, 0.596),
        ("qwen3-4b", 147_456, 4.02),
        ("qwen3-8b", 147_456, 8.19),
        ("qwen3-32b", 262_144, 32.8),
        ("llama-3.1-8b", 131_072, 8.03),
    ],
)
def test_models_have_their_published_size(name: str, kv_bytes: int, billions: float) -> None:
    """Cache bytes per token, and parameters within half a percent."""
    model = presets.model(name)
    assert model.kv_bytes_per_token == kv_bytes
    stored = presets.quant("bf16").stored_bytes(model) / 2
    assert stored == pytest.approx(billions * 1e9, rel=0.005)


def test_vllm_reports_the_pool_a_real_one_reported() -> None:
    """0.6B on an H200 at 0.7: the real server logged 900,576 tokens."""
    spec = EngineSpec(
        engine="vllm",
        gpu="H200",
        model="qwen3-0.6b",
        utilisation=0.7,
        max_num_seqs=128,
        context_tokens=4096,
    )
    assert capacity(spec).kv_tokens == pytest.approx(900_576, rel=0.01)


def test_ollama_takes_the_whole_context_on_a_large_gpu() -> None:
    """By default one slot of a 0.6B model holds 40,960 tokens: 5.7 GB in all."""
    room = capacity(EngineSpec(engine="ollama", gpu="H200", model="qwen3-0.6b"))
    assert (room.seats, room.context_tokens) == (1, 40_960)
    assert room.used_bytes == pytest.approx(5.7e9, rel=0.02)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (EngineSpec(engine="vllm", gpu="T4", model="qwen3-14b"), "needs at least 31.2 GB"),
        (EngineSpec(engine="vllm", kv_blocks=1_000_000), "1,000,000 KV blocks"),
        (EngineSpec(engine="vllm", kv_blocks=20, context_tokens=4096), "holds 304 tokens"),
        (EngineSpec(engine="vllm", quant="q4_k_m"), "vLLM is simulated with bf16, fp8, awq4"),
        (EngineSpec(engine="vllm", slots=4), "vLLM has no slots"),
        (EngineSpec(engine="vllm", utilisation=1.5), "utilisation must lie between"),
        (EngineSpec(engine="vllm", max_num_seqs=0), "max-num-seqs must lie between 1"),
        (EngineSpec(engine="ollama", gpu="H200", slots=64), "choose fewer slots"),
        (EngineSpec(engine="ollama", quant="awq4"), "llama.cpp has no AWQ"),
        (EngineSpec(engine="llamacpp", max_num_seqs=8), "are options of vLLM"),
        (EngineSpec(engine="vllm", model="gpt-9"), "No model preset is named 'gpt-9'"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(spec: EngineSpec, words: str) -> None:
    """The engine would not start: neither does the simulation."""
    with pytest.raises(SpecError) as error:
        build(spec)
    assert words in str(error.value)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_a_starved_cache_shortens_the_default_context() -> None:
    """Where no context is asked for, one request may fill the cache."""
    room = capacity(EngineSpec(engine="vllm", gpu="H200", model="qwen3-4b", kv_blocks=40))
    assert room.kv_tokens == room.context_tokens == 39 * 16


def test_formats_follow_the_engine() -> None:
    """vLLM loads 16 bits by default, the slot engines a 4-bit GGUF."""
    assert parts(EngineSpec(engine="vllm")).quant.name == "bf16"
    assert parts(EngineSpec(engine="ollama")).quant.name == "q4_k_m"


def test_only_the_traced_gpu_is_not_extrapolated() -> None:
    """Whatever the model: what decides is the GPU."""
    assert not extrapolated(EngineSpec(engine="vllm", gpu="nvidia-h200", model="qwen3-8b"))
    assert extrapolated(demo("vllm"))
