"""One name for a model on all engines; the shipped table, and the config file's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from burstview_engines.core.backend import Engine
from burstview_engines.fit import kv
from burstview_engines.fit.table import SHAPES
from burstview_engines.fit.words import decimal
from burstview_engines.models.entry import ModelEntry
from burstview_engines.models.pair_table import PAIRS
from burstview_engines.models.pairs import (
    ModelPair,
    difference,
    extended,
    find,
    for_engine,
    known_shape,
    quant_for,
)

DOCS = Path(__file__).parents[2] / "docs"


def pair(name: str) -> ModelPair:
    """The shipped pair of that name."""
    found = find(name, PAIRS)
    assert found is not None, name
    return found


@pytest.mark.parametrize(
    "name",
    [
        "qwen3-0.6b",
        "qwen3:0.6b",
        "Qwen/Qwen3-0.6B",
        "qwen/qwen3-0.6b",
        " QWEN3:0.6B ",
        "Qwen/Qwen3-0.6B-GGUF",
        "Qwen/Qwen3-0.6B-GGUF:Q8_0",
    ],
)
def test_all_names_find_the_pair(name: str) -> None:
    """The pair's own, the tag, the id, the GGUF repository; whatever the case."""
    assert pair(name).name == "qwen3-0.6b"


def test_names_of_others_find_nothing() -> None:
    """No guess by likeness."""
    for name in ("", "qwen3", "qwen3:0.6", "Qwen/Qwen3", "gpt-4"):
        assert find(name, PAIRS) is None


@pytest.mark.parametrize(
    ("engine", "told", "quant"),
    [
        ("ollama", "qwen3:0.6b", "Q4_K_M"),
        ("vllm", "Qwen/Qwen3-0.6B", "BF16"),
        ("sglang", "Qwen/Qwen3-0.6B", "BF16"),
        ("llamacpp", "Qwen/Qwen3-0.6B-GGUF:Q8_0", "Q8_0"),
        ("openai", "Qwen/Qwen3-0.6B", "BF16"),
    ],
)
def test_each_engine_is_told_its_own_name(engine: Engine, told: str, quant: str) -> None:
    """With the number format that it then loads."""
    assert for_engine(pair("qwen3-0.6b"), engine) == told
    assert quant_for(pair("qwen3-0.6b"), engine) == quant


def test_the_table_is_sound() -> None:
    """Every name stands for one pair; every shape is there and agrees on the context."""
    names = [
        name.lower()
        for one in PAIRS
        for name in (one.name, one.ollama, one.huggingface, one.gguf)
        if name
    ]
    assert len(names) == len(set(names))
    for one in PAIRS:
        assert one.ollama
        assert one.huggingface
        assert one.gguf
        if one.shape is not None:
            assert SHAPES[one.shape].context_tokens == one.context_tokens, one.name


def test_the_shapes_are_those_of_the_names() -> None:
    """A pair's Hugging Face id is its shape's, where the shape knows one of that size."""
    for one in PAIRS:
        if one.shape is not None and one.name != "llama3.3-70b":
            assert SHAPES[one.shape].hub == one.huggingface, one.name


@pytest.mark.parametrize(
    ("engine", "model", "quant", "gigabytes"),
    [
        ("vllm", "Qwen/Qwen3-8B", "BF16", 16.4),
        ("vllm", "Qwen/Qwen3-8B-AWQ", "AWQ 4-bit", 6.1),
        ("vllm", "Qwen/Qwen3-8B-FP8", "FP8", 9.4),
        ("ollama", "qwen3:8b", "Q4_K_M", 5.2),
        ("ollama", "qwen3:8b-q8_0", "Q8_0", 8.7),
        ("ollama", "qwen3:8b-fp16", "F16", 16.4),
        ("ollama", "llama3.2:1b", "Q8_0", 1.3),
        ("llamacpp", "Qwen/Qwen3-8B-GGUF", "Q4_K_M", 5.2),
        ("llamacpp", "Qwen/Qwen3-8B-GGUF:Q6_K", "Q6_K", 6.7),
    ],
)
def test_number_formats_within_a_name_are_heeded(
    engine: Engine, model: str, quant: str, gigabytes: float
) -> None:
    """They decide the size of the weights."""
    shape = known_shape(model, engine, PAIRS)
    assert shape is not None
    assert shape.quant == quant
    assert shape.stored_bytes == pytest.approx(gigabytes * 1e9, rel=0.03)


def test_what_is_not_known_has_no_shape() -> None:
    """Neither a model of nobody's, nor a pair whose shape was left out."""
    assert known_shape("foo/bar", "vllm", PAIRS) is None
    assert known_shape("gpt-oss:20b", "ollama", PAIRS) is None
    unknown = known_shape("mistral:7b", "ollama", PAIRS)
    assert unknown is not None
    assert unknown.stored_bytes is None
    assert kv.bytes_per_token(unknown) == 131_072


def test_a_tag_that_may_hold_another_release_says_so() -> None:
    """Ollama moves tags; the reckoning for it carries the doubt, vLLM's does not."""
    ollama = known_shape("qwen3:4b", "ollama", PAIRS)
    vllm = known_shape("Qwen/Qwen3-4B", "vllm", PAIRS)
    assert ollama is not None
    assert vllm is not None
    assert "262,144" in ollama.doubts[-1]
    assert vllm.doubts == ()


def test_how_both_sides_differ() -> None:
    """Number formats and contexts, side by side."""
    one = pair("qwen3-0.6b")
    assert difference(one) == "qwen3-0.6b: vLLM loads BF16, Ollama Q4_K_M."
    assert difference(one, 40_960, 4096) == (
        "qwen3-0.6b: vLLM loads BF16, Ollama Q4_K_M; context 4,096 against 40,960 tokens."
    )
    assert difference(one, 4096, 4096).endswith("; 4,096 tokens of context each.")
    assert difference(pair("gpt-oss-20b")) == "gpt-oss-20b: both sides load MXFP4."
    assert "Ollama an unknown format" in difference(pair("mistral-7b"))


def test_the_config_files_models_come_first() -> None:
    """A new one beside the shipped ones; a shipped name is taken over."""
    pairs = extended([ModelEntry("ours", ollama="ours:1b"), ModelEntry("qwen3-8b")], PAIRS)
    assert [one.name for one in pairs[:2]] == ["ours", "qwen3-8b"]
    assert len(pairs) == len(PAIRS) + 1
    assert for_engine(pairs[0], "vllm") is None
    assert known_shape("ours:1b", "ollama", pairs) is None


def test_an_entry_of_a_known_model_inherits_its_shape() -> None:
    """Another build of a known model: its format comes from the entry or its name."""
    entry = ModelEntry("small", "qwen3:8b-q8_0", "Qwen/Qwen3-8B", quant_vllm="FP8")
    small = extended([entry], PAIRS)[0]
    assert (small.shape, small.context_tokens) == ("qwen3-8b", 40_960)
    assert (small.quant_ollama, small.quant_vllm) == ("Q8_0", "FP8")
    shape = known_shape("qwen3:8b-q8_0", "ollama", [small])
    assert shape is not None
    assert shape.quant == "Q8_0"


def test_the_documented_table_is_the_shipped_one() -> None:
    """docs/models.md lists every pair, row by row."""
    text = (DOCS / "models.md").read_text()
    rows = [tuple(cell.strip(" `") for cell in line.split("|")[1:-1]) for line in text.splitlines()
            if re.match(r"\| `", line)]  # fmt: skip
    assert rows == [_row(one) for one in PAIRS]


def _row(one: ModelPair) -> tuple[str, ...]:
    context = f"{one.context_tokens:,}" if one.context_tokens else "—"
    size = decimal(one.ollama_bytes) if one.ollama_bytes else "—"
    quants = f"{one.quant_ollama or '—'} / {one.quant_vllm or '—'}"
    names = (one.name, one.ollama or "—", one.huggingface or "—", one.gguf or "—")
    return (*names, quants, context, size)
