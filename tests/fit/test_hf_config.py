"""config.json of Hugging Face folders, and the bytes of the weights beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burstview_engines.fit import hf_config, kv
from burstview_engines.fit.hf_config import ConfigError
from tests.fit.cases import shape

QWEN3 = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "head_dim": 128,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "max_position_embeddings": 40_960,
    "max_window_layers": 28,
    "num_attention_heads": 16,
    "num_hidden_layers": 28,
    "num_key_value_heads": 8,
    "sliding_window": None,
    "use_sliding_window": False,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "vocab_size": 151_936,
}
"""Qwen3-0.6B's, in what matters here."""


def folder(path: Path, config: object, files: dict[str, int] | None = None) -> Path:
    """A model's folder with (sparse) files of these sizes."""
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    for name, size in (files or {}).items():
        with (path / name).open("wb") as file:
            file.truncate(size)
    return path


def test_qwen3(tmp_path: Path) -> None:
    """The same numbers as the shipped table's."""
    found = hf_config.read(folder(tmp_path / "m", QWEN3, {"model.safetensors": 1_503_300_328}))
    known = shape("qwen3-0.6b", "bf16")
    assert kv.bytes_per_token(found) == kv.bytes_per_token(known) == 114_688
    assert found.parameters == known.parameters
    assert (found.quant, found.context_tokens, found.kv_heads) == ("BF16", 40_960, 8)
    assert (found.stored_bytes, found.is_measured) == (1_503_300_328, True)
    assert not found.has_window
    assert found.doubts == ()


def test_a_snapshot_of_the_hub_is_called_by_its_model(tmp_path: Path) -> None:
    """Its folder's own name is a hash; so may be the path that its maker wrote down."""
    snapshot = tmp_path / "models--Qwen--Qwen3-0.6B" / "snapshots" / ("c1899de2" * 5)
    snapshot.mkdir(parents=True)
    for told in ({}, {"_name_or_path": f"/data/{snapshot.name}"}):
        found = hf_config.read(folder(snapshot, QWEN3 | told))
        assert found.name == "Qwen/Qwen3-0.6B"
        assert found.source == "read from Qwen/Qwen3-0.6B/config.json"
    named = hf_config.read(folder(snapshot, QWEN3 | {"_name_or_path": "Qwen/Qwen3-0.6B-Base"}))
    assert named.name == "Qwen/Qwen3-0.6B-Base"


def test_weights_that_are_not_here_are_reckoned(tmp_path: Path) -> None:
    """And it says so; of a quantised model nothing is reckoned."""
    found = hf_config.read(folder(tmp_path / "m", QWEN3))
    assert found.stored_bytes == (found.parameters or 0) * 2
    assert "not here" in found.doubts[0]
    packed = QWEN3 | {"quantization_config": {"quant_method": "awq", "bits": 4}}
    quantised = hf_config.read(folder(tmp_path / "q", packed))
    assert (quantised.stored_bytes, quantised.quant) == (None, "AWQ 4-bit")


def test_missing_head_size_and_kv_heads(tmp_path: Path) -> None:
    """Older configurations: width by heads, and as many KV heads as heads."""
    old = {k: v for k, v in QWEN3.items() if k not in ("head_dim", "num_key_value_heads")}
    found = hf_config.read(folder(tmp_path / "m", old))
    assert kv.bytes_per_token(found) == 2 * 28 * 16 * 64 * 2


def test_the_language_part_of_a_model_with_eyes(tmp_path: Path) -> None:
    """Nested; what is told outside counts where it is told nowhere else."""
    inner = {key: value for key, value in QWEN3.items() if key != "torch_dtype"}
    outer = {"model_type": "thing_vl", "torch_dtype": "float16", "text_config": inner}
    found = hf_config.read(folder(tmp_path / "m", outer))
    assert (found.layers, found.quant, found.architecture) == (28, "F16", "qwen3")


def test_shards_count_by_their_index(tmp_path: Path) -> None:
    """Whether or not all are there."""
    path = folder(tmp_path / "m", QWEN3, {"model-00001-of-00002.safetensors": 10})
    index = {
        "metadata": {"total_size": 1000},
        "weight_map": {"a": "model-00001-of-00002.safetensors"},
    }
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert hf_config.read(path).stored_bytes == 1000


def test_a_second_copy_of_the_weights_is_not_counted(tmp_path: Path) -> None:
    """Mistral's repositories hold both forms."""
    files = {"model.safetensors": 100, "consolidated.safetensors": 100}
    assert hf_config.read(folder(tmp_path / "m", QWEN3, files)).stored_bytes == 100


@pytest.mark.parametrize(
    ("extra", "per_token", "has_window"),
    [
        ({"sliding_window": 4096}, 114_688, False),
        ({"sliding_window": 4096, "use_sliding_window": True}, 114_688, True),
        ({"layer_types": ["sliding_attention", "full_attention"] * 14}, 114_688, True),
        ({"layer_types": ["linear_attention", "full_attention"] * 14}, 114_688 // 2, False),
        ({"time_step_limit": [0.0, float("inf")]}, 114_688, False),
        ({"kv_lora_rank": 512}, None, False),
        ({"mamba_d_state": 128}, None, False),
    ],
)
def test_caches_of_other_kinds(
    tmp_path: Path, extra: dict[str, object], per_token: int | None, has_window: bool
) -> None:
    """Windows are told, layers without a cache are left out, compressed ones are unknown."""
    found = hf_config.read(folder(tmp_path / "m", QWEN3 | extra))
    assert kv.bytes_per_token(found) == per_token
    assert found.has_window == has_window


def test_a_mixture_of_experts_has_no_reckoned_size(tmp_path: Path) -> None:
    """Its width says nothing about its weights; files do."""
    mixture = QWEN3 | {"num_experts": 128}
    assert hf_config.read(folder(tmp_path / "m", mixture)).stored_bytes is None
    held = hf_config.read(folder(tmp_path / "n", mixture, {"model.safetensors": 61}))
    assert held.stored_bytes == 61


HOSTILE = {
    "empty": ("", "is no JSON object"),
    "a list": ("[1, 2]", "is no JSON object"),
    "deep": ("[" * 100_000, "is no JSON object"),
    "nothing": ("{}", "tells no layers or heads"),
    "a truth": ('{"num_hidden_layers": true, "num_attention_heads": 1e999}', "tells no layers"),
    "below zero": ('{"num_hidden_layers": -3, "num_attention_heads": "8"}', "tells no layers"),
    "large": (" " * (5 << 20), "is far too large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_configurations_are_one_sentence(tmp_path: Path, name: str) -> None:
    """With the place in it."""
    content, words = HOSTILE[name]
    path = folder(tmp_path / "m", {})
    (path / "config.json").write_text(content)
    with pytest.raises(ConfigError) as refusal:
        hf_config.read(path)
    assert str(refusal.value).startswith("m/config.json ")
    assert words in str(refusal.value)


def test_no_configuration(tmp_path: Path) -> None:
    """The system's reason."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        hf_config.read(tmp_path)
