"""GGUF headers: true ones, split ones, damaged and hostile ones."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from burstview_engines.fit import gguf, kv
from burstview_engines.fit.gguf_header import MOST_KEYS, GgufError, read_header
from tests.fit.gguf_maker import (
    QWEN3_TINY,
    TINY_TENSORS,
    Value,
    header,
    size_of,
    text,
    typed,
    write,
)


def test_a_small_model(tmp_path: Path) -> None:
    """Layers, heads, context, vocabulary, number format and bytes, all from the header."""
    shape = gguf.read(write(tmp_path / "tiny.gguf"))
    assert (shape.name, shape.architecture, shape.quant) == ("qwen3 tiny", "qwen3", "Q4_K_M")
    assert (shape.layers, shape.kv_heads, shape.hidden, shape.ffn) == (2, 2, 256, 512)
    assert (shape.vocab, shape.context_tokens) == (300, 40_960)
    assert shape.stored_bytes == sum(size_of(extents, kind) for _, extents, kind in TINY_TENSORS)
    assert shape.parameters == 256 * 300 + 2 * 256 * 512 + 256
    assert kv.bytes_per_token(shape) == 2 * 2 * 2 * 64 * 2
    assert shape.is_measured
    assert shape.doubts == ()
    assert shape.source == "read from tiny.gguf"


def test_an_output_head_of_its_own_leaves_the_table_on_the_cpu(tmp_path: Path) -> None:
    """Only then: a tied table is the head as well."""
    tied = gguf.read(write(tmp_path / "tied.gguf"))
    apart = (*TINY_TENSORS, ("output.weight", (256, 300), 14))
    untied = gguf.read(write(tmp_path / "untied.gguf", tensors=apart))
    assert tied.input_bytes == 0
    assert untied.input_bytes == size_of((256, 300), 14)
    assert untied.gpu_bytes == tied.gpu_bytes


def test_layers_that_differ(tmp_path: Path) -> None:
    """KV heads told layer by layer; a layer without any caches nothing."""
    keys = QWEN3_TINY | {"qwen3.attention.head_count_kv": [2, 0], "qwen3.ssm.state_size": 16}
    shape = gguf.read(write(tmp_path / "hybrid.gguf", keys))
    assert kv.bytes_per_token(shape) == 2 * 2 * 64 * 2


@pytest.mark.parametrize(
    ("extra", "doubt"),
    [
        ({"qwen3.attention.kv_lora_rank": 512}, "compressed keys and values (MLA)"),
        ({"qwen3.ssm.state_size": 16}, "keep a state instead of keys and values"),
    ],
)
def test_caches_of_another_kind_are_unknown(
    tmp_path: Path, extra: dict[str, Value], doubt: str
) -> None:
    """Not guessed; the reason is told."""
    shape = gguf.read(write(tmp_path / "other.gguf", QWEN3_TINY | extra))
    assert kv.bytes_per_token(shape) is None
    assert doubt in shape.doubts[0]


def test_a_sliding_window_is_told(tmp_path: Path) -> None:
    """Then the reckoned cache is the most it can be."""
    keys = QWEN3_TINY | {"qwen3.attention.sliding_window": 1024}
    assert gguf.read(write(tmp_path / "window.gguf", keys)).has_window


def test_head_sizes_that_are_not_told_follow_from_the_width(tmp_path: Path) -> None:
    """Older files have neither key nor value length."""
    keys = {k: v for k, v in QWEN3_TINY.items() if not k.endswith(("key_length", "value_length"))}
    shape = gguf.read(write(tmp_path / "old.gguf", keys))
    assert shape.key_elements == 2 * 2 * (256 // 4)


def test_a_split_model(tmp_path: Path) -> None:
    """All parts count, by whichever name it is asked for; a missing one is a doubt."""
    first = write(tmp_path / "m-00001-of-00002.gguf", tensors=TINY_TENSORS[:2])
    second = write(tmp_path / "m-00002-of-00002.gguf", {"split.no": 1}, TINY_TENSORS[2:])
    whole = gguf.read(write(tmp_path / "whole.gguf"))
    assert gguf.read(first).stored_bytes == gguf.read(second).stored_bytes == whole.stored_bytes
    second.unlink()
    assert "1 of the model's parts are missing or damaged." in gguf.read(first).doubts


def test_a_download_that_did_not_end(tmp_path: Path) -> None:
    """The header is whole, the weights are not."""
    short = write(tmp_path / "short.gguf", short_by=100)
    assert not gguf.is_whole(short)
    assert "its download did not end" in gguf.read(short).doubts[0]


def test_number_formats_of_the_future_count_by_the_file(tmp_path: Path) -> None:
    """A tensor type that is not known here does not hide the size."""
    tensors = (("token_embd.weight", (256, 300), 99),)
    shape = gguf.read(write(tmp_path / "new.gguf", tensors=tensors))
    assert shape.stored_bytes == 256 * 300 * 4


def _hostile() -> dict[str, tuple[bytes, str]]:
    start = b"GGUF" + struct.pack("<I", 3)
    key = text("general.architecture")
    huge = 2**62
    return {
        "empty": (b"", "breaks off within its header"),
        "text": (b"hello, I am no model", "is no GGUF file"),
        "only the magic": (b"GGUF", "breaks off within its header"),
        "version 1": (b"GGUF" + struct.pack("<IIQ", 1, 0, 0), "version 1 GGUF file"),
        "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian GGUF file"),
        "tensors": (start + struct.pack("<QQ", huge, 0), "4,611,686,018,427,387,904 tensors"),
        "keys": (start + struct.pack("<QQ", 0, MOST_KEYS + 1), "claims 65,537 keys"),
        "a long key": (start + struct.pack("<QQQ", 0, 1, huge), "claims a key of"),
        "a long text": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IQ", 8, huge),
            "claims a text of",
        ),
        "a long list": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IIQ", 9, 4, huge),
            "numbers",
        ),
        "many texts": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IIQ", 9, 8, huge),
            "claims a list of",
        ),
        "a text in a list": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IIQQ", 9, 8, 1, huge),
            "claims a text of",
        ),
        "lists in lists": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<I", 9)
            + struct.pack("<IQ", 9, 1) * 50,
            "claims a list of type 9",
        ),
        "a type that is none": (
            start + struct.pack("<QQ", 0, 1) + key + struct.pack("<I", 77),
            "claims a value of type 77",
        ),
        "dimensions": (
            start + struct.pack("<QQ", 1, 0) + text("t") + struct.pack("<I", 10_000),
            "claims a tensor of 10,000 dimensions",
        ),
        "a tensor as large as the sky": (
            start + struct.pack("<QQ", 1, 0) + text("t") + struct.pack("<IQ", 1, huge),
            "claims a tensor of impossible size",
        ),
        "no architecture": (header({"general.name": "x"})[0], "names no architecture"),
        "no layers": (header({"general.architecture": "clip"})[0], "tells no layers or heads"),
        "a million layers": (
            header(QWEN3_TINY | {"qwen3.block_count": 10**6}, TINY_TENSORS)[0],
            "tells no layers or heads",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", _hostile())
def test_hostile_files_are_one_sentence(tmp_path: Path, name: str) -> None:
    """Whatever a file claims: no traceback, no gigabytes, and the file's name in it."""
    data, words = _hostile()[name]
    path = tmp_path / "evil.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError) as refusal:
        gguf.read(path)
    said = str(refusal.value)
    assert said.startswith("evil.gguf ")
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said


def test_every_cut_of_a_true_header_is_refused(tmp_path: Path) -> None:
    """At whichever byte it breaks off."""
    whole, _ = header(QWEN3_TINY | {"tokenizer.ggml.tokens": ["a", "b"]}, TINY_TENSORS)
    path = tmp_path / "cut.gguf"
    for length in range(0, len(whole) - 32, 31):
        path.write_bytes(whole[:length])
        with pytest.raises(GgufError):
            gguf.read(path)


def test_random_damage_never_ends_in_a_traceback(tmp_path: Path) -> None:
    """Bytes flipped anywhere: a shape, or one of our sentences."""
    whole, weights = header(QWEN3_TINY, TINY_TENSORS)
    dice, refused = random.Random(8), 0
    path = tmp_path / "flipped.gguf"
    for _ in range(400):
        data = bytearray(whole + b"\0" * weights)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(whole))] = dice.randrange(256)
        path.write_bytes(data)
        try:
            assert gguf.read(path).layers > 0
        except GgufError:
            refused += 1
    assert 50 < refused < 400


def test_missing_files_and_folders(tmp_path: Path) -> None:
    """The system's reason, in a sentence."""
    with pytest.raises(GgufError, match=r"none\.gguf cannot be read: No such file"):
        gguf.read(tmp_path / "none.gguf")
    with pytest.raises(GgufError, match="cannot be read: Is a directory"):
        gguf.read(tmp_path)


def test_names_are_made_harmless(tmp_path: Path) -> None:
    """A file's own words cannot write on the screen."""
    keys = QWEN3_TINY | {"general.name": "a\x1b[31mb\nc"}
    assert gguf.read(write(tmp_path / "red.gguf", keys)).name == "ab c"


def test_a_blob_is_not_called_by_its_hash(tmp_path: Path) -> None:
    """Nobody knows an Ollama's model by it."""
    keys = {name: value for name, value in QWEN3_TINY.items() if name != "general.name"}
    found = gguf.read(write(tmp_path / f"sha256-{'7f4030143c1c' * 5}", keys))
    assert (found.name, found.source) == ("a qwen3 model", "read from Ollama's store")


def test_long_values_are_passed_over_but_counted(tmp_path: Path) -> None:
    """A template is not kept, a vocabulary's length is; what follows is read rightly."""
    long = {f"word.{n}": "y" * n for n in (0, 1, 1024, 1025, 2_000_000)}
    keys: dict[str, Value] = QWEN3_TINY | {"list": ["z" * 400_000] * 4} | long | {"last": 7}
    found = read_header(write(tmp_path / "long.gguf", keys))
    assert found.keys["last"] == 7
    assert found.keys["word.1024"] == "y" * 1024
    assert found.keys["word.1025"] is None
    assert found.keys["tokenizer.chat_template"] is None
    assert found.lengths == {"tokenizer.ggml.tokens": 300, "list": 4}
    assert typed(True) == struct.pack("<I?", 7, True)
