"""The head of a GGUF file: what the model is, without any of its weights."""

from __future__ import annotations

import struct

from burstview_engines.simulator.presets import Model, Quant

VERSION = 3
_U32, _STRING = 4, 8
"""Type numbers of the format."""
FILE_TYPES = {"q4_0": 2, "q8_0": 7, "q4_k_m": 15, "q5_k_m": 17, "q6_k": 18, "bf16": 32}


def head(model: Model, quant: Quant) -> bytes:
    """Metadata and no tensor."""
    family = "qwen3" if model.name.startswith("qwen3") else "llama"
    texts = {"general.architecture": family, "general.name": f"{model.name} (simulated)"}
    numbers = {
        f"{family}.block_count": model.layers,
        f"{family}.context_length": model.context_tokens,
        f"{family}.embedding_length": model.hidden,
        f"{family}.feed_forward_length": model.ffn,
        f"{family}.attention.head_count": model.heads,
        f"{family}.attention.head_count_kv": model.kv_heads,
        f"{family}.attention.key_length": model.head_dim,
        f"{family}.attention.value_length": model.head_dim,
        f"{family}.vocab_size": model.vocab,
        "general.file_type": FILE_TYPES.get(quant.name, 0),
    }
    start = b"GGUF" + struct.pack("<IQQ", VERSION, 0, len(texts) + len(numbers))
    said = [_text(key) + struct.pack("<I", _STRING) + _text(it) for key, it in texts.items()]
    counted = [_text(key) + struct.pack("<II", _U32, it) for key, it in numbers.items()]
    return start + b"".join(said) + b"".join(counted)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data
