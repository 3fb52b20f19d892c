"""Writes small GGUF files: true headers, and sparse weights of the right length."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from burstview_engines.fit.gguf_types import TENSOR_TYPES

Value = int | float | bool | str | list[int] | list[str]
Tensor = tuple[str, tuple[int, ...], int]
"""Name, extents, ggml type."""

QWEN3_TINY: dict[str, Value] = {
    "general.architecture": "qwen3",
    "general.name": "qwen3 tiny",
    "general.file_type": 15,
    "qwen3.block_count": 2,
    "qwen3.context_length": 40_960,
    "qwen3.embedding_length": 256,
    "qwen3.feed_forward_length": 512,
    "qwen3.attention.head_count": 4,
    "qwen3.attention.head_count_kv": 2,
    "qwen3.attention.key_length": 64,
    "qwen3.attention.value_length": 64,
    "tokenizer.ggml.tokens": [f"word{n}" for n in range(300)],
    "tokenizer.chat_template": "x" * 5000,
}
TINY_TENSORS: Sequence[Tensor] = (
    ("token_embd.weight", (256, 300), 14),
    ("blk.0.ffn_up.weight", (256, 512), 12),
    ("blk.1.ffn_up.weight", (256, 512), 12),
    ("output_norm.weight", (256,), 0),
)
ALIGN = 32


def header(
    keys: Mapping[str, Value], tensors: Sequence[Tensor] = (), version: int = 3
) -> tuple[bytes, int]:
    """The header up to the weights, and their bytes."""
    data = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for name, value in keys.items():
        data += text(name) + typed(value)
    offset = 0
    for name, extents, kind in tensors:
        data += text(name) + struct.pack("<I", len(extents))
        data += struct.pack(f"<{len(extents)}Q", *extents) + struct.pack("<IQ", kind, offset)
        offset += -(-size_of(extents, kind) // ALIGN) * ALIGN
    return data + b"\0" * (-len(data) % ALIGN), offset


def write(
    path: Path,
    keys: Mapping[str, Value] = QWEN3_TINY,
    tensors: Sequence[Tensor] = TINY_TENSORS,
    short_by: int = 0,
) -> Path:
    """A whole file, or one whose last bytes are missing."""
    data, weights = header(keys, tensors)
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(len(data) + weights - short_by)
    return path


def size_of(extents: tuple[int, ...], kind: int) -> int:
    """Bytes of one tensor."""
    count = 1
    for extent in extents:
        count *= extent
    block, size = TENSOR_TYPES.get(kind, (1, 4))
    return -(-count // block) * size


def text(value: str) -> bytes:
    """A string as GGUF has it."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def typed(value: Value) -> bytes:
    """A value with its type."""
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case [str(), *_]:
            body = b"".join(text(str(item)) for item in value)
            return struct.pack("<IIQ", 9, 8, len(value)) + body
        case list():
            body = struct.pack(f"<{len(value)}i", *(int(item) for item in value))
            return struct.pack("<IIQ", 9, 5, len(value)) + body
