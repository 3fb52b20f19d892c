"""A model's shape from a Hugging Face folder: config.json, and the weights beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from burstview_engines.core.text import one_line
from burstview_engines.fit.folder_name import folder_name
from burstview_engines.fit.hf_weights import weights_bytes
from burstview_engines.fit.shape import ModelShape

FILE_NAME = "config.json"
MOST_BYTES = 4 * 2**20
_NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
"""Where models with eyes or ears keep their language part."""
_LABELS = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}
_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4}
_ID = re.compile(r"\w[\w.-]*(/[\w.-]+)?", re.ASCII)
"""A model's id; its maker's own folder tells nothing here."""

Table = Mapping[str, object]


class ConfigError(Exception):
    """A config.json that tells no language model's shape; the text is one sentence."""


def read(path: Path) -> ModelShape:
    """The shape of the model in that folder (or of that config.json). Raises ConfigError."""
    file = path / FILE_NAME if path.is_dir() else path
    whole = _table(file)
    text = _language_part(whole)
    return _Reader(file, whole, text).shape()


class _Reader:
    def __init__(self, file: Path, whole: Table, text: Table) -> None:
        self._file, self._whole, self._text = file, whole, text

    def shape(self) -> ModelShape:
        layers = self._count("num_hidden_layers", "n_layer", "n_layers", "num_layers")
        heads = self._count("num_attention_heads", "n_head", "n_heads")
        if not layers or not heads:
            raise ConfigError(f"{_place(self._file)} tells no layers or heads of a language model.")
        kv_heads = self._count("num_key_value_heads", "num_kv_heads", "multi_query_group_num")
        kv_heads = kv_heads or heads
        cached, doubts = self._cached(layers, heads, kv_heads)
        stored = weights_bytes(self._file.parent)
        parameters = self._parameters(layers, heads, kv_heads)
        reckoned, more_doubts = self._reckoned(parameters) if stored is None else (None, ())
        return ModelShape(
            name=self._name(),
            architecture=self._architecture(),
            layers=layers,
            kv_heads=kv_heads,
            hidden=self._hidden(),
            ffn=self._count("intermediate_size", "n_inner"),
            vocab=self._count("vocab_size"),
            context_tokens=self._count("max_position_embeddings", "n_positions", "seq_length"),
            parameters=parameters,
            key_elements=cached,
            value_elements=cached,
            quant=self._quant(),
            stored_bytes=stored if stored is not None else reckoned,
            is_measured=stored is not None,
            has_window=self._has_window(),
            doubts=(*doubts, *more_doubts),
            source=f"read from {_place(self._file)}",
        )

    def _cached(self, layers: int, heads: int, kv_heads: int) -> tuple[int | None, tuple[str, ...]]:
        """Key numbers of one token, as many as value numbers."""
        if self._count("kv_lora_rank"):
            return None, ("It keeps compressed keys and values (MLA), whose size is not known.",)
        kinds = self._text.get("layer_types")
        keeping = layers
        if isinstance(kinds, list) and len(kinds) == layers:
            keeping = sum(1 for kind in kinds if isinstance(kind, str) and "attention" in kind)
            keeping -= sum(1 for kind in kinds if kind == "linear_attention")
        elif any(key in self._text for key in _STATE_KEYS):
            return None, (
                "Some layers keep a state instead of keys and values; which is not told.",
            )
        hidden = self._hidden()
        head_dim = self._count("head_dim") or (hidden // heads if hidden else None)
        return (None if head_dim is None else keeping * kv_heads * head_dim), ()

    def _has_window(self) -> bool:
        kinds = self._text.get("layer_types")
        if isinstance(kinds, list):
            return "sliding_attention" in kinds
        is_used = self._text.get("use_sliding_window") is not False
        return is_used and self._count("sliding_window") is not None

    def _parameters(self, layers: int, heads: int, kv_heads: int) -> int | None:
        """Of a dense decoder with gated feed-forward; None for a mixture of experts."""
        hidden, ffn, vocab = (
            self._hidden(),
            self._count("intermediate_size"),
            self._count("vocab_size"),
        )
        is_mixture = any(self._count(key) for key in _EXPERT_KEYS)
        if is_mixture or not hidden or not ffn or not vocab:
            return None
        head_dim = self._count("head_dim") or hidden // heads
        attention = 2 * hidden * head_dim * (heads + kv_heads)
        tables = 1 if self._flag("tie_word_embeddings") else 2
        return layers * (attention + 3 * hidden * ffn) + tables * vocab * hidden

    def _reckoned(self, parameters: int | None) -> tuple[int | None, tuple[str, ...]]:
        if parameters is None or self._quantised() is not None:
            return None, ("Its weights are not here, and their size is not known.",)
        size = parameters * _BYTES.get(self._dtype() or "bfloat16", 2)
        return size, ("Its weights are not here; their size is reckoned from its shape.",)

    def _quant(self) -> str | None:
        method = self._quantised()
        if method is None:
            return _LABELS.get(self._dtype() or "", self._dtype())
        table = self._whole.get("quantization_config") or self._text.get("quantization_config")
        bits = table.get("bits") if isinstance(table, dict) else None
        return f"{method} {bits}-bit" if isinstance(bits, int) else method

    def _quantised(self) -> str | None:
        table = self._whole.get("quantization_config") or self._text.get("quantization_config")
        if not isinstance(table, dict):
            return None
        method = table.get("quant_method")
        return one_line(method, 30).upper() if isinstance(method, str) else "quantised"

    def _dtype(self) -> str | None:
        for table in (self._text, self._whole):
            told = table.get("torch_dtype") or table.get("dtype")
            if isinstance(told, str):
                return one_line(told.removeprefix("torch."), 20)
        return None

    def _architecture(self) -> str:
        kind = self._text.get("model_type") or self._whole.get("model_type")
        return one_line(kind, 40) if isinstance(kind, str) else "unknown"

    def _name(self) -> str:
        told = self._whole.get("_name_or_path")
        is_id = isinstance(told, str) and _ID.fullmatch(told) is not None
        return one_line(str(told), 80) if is_id else folder_name(self._file.parent)

    def _hidden(self) -> int | None:
        return self._count("hidden_size", "n_embd", "d_model")

    def _count(self, *names: str) -> int | None:
        for name in names:
            value = self._text.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40:
                return value
        return None

    def _flag(self, name: str) -> bool:
        return self._text.get(name, self._whole.get(name)) is True


_STATE_KEYS = ("ssm_cfg", "mamba_d_state", "linear_num_value_heads", "layers_block_type")
_EXPERT_KEYS = ("num_experts", "num_local_experts", "n_routed_experts")


def _language_part(whole: Table) -> Table:
    for name in _NESTED:
        part = whole.get(name)
        if isinstance(part, dict) and part:
            return part
    return whole


def _table(file: Path) -> Table:
    """Python's reader: configurations hold its `Infinity`, which is no JSON."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{_place(file)} is far too large for a model's configuration.")
        table: object = json.loads(file.read_bytes())
    except OSError as refusal:
        reason = refusal.strerror or "unknown"
        raise ConfigError(f"{_place(file)} cannot be read: {reason}.") from refusal
    except (ValueError, RecursionError) as nonsense:
        raise ConfigError(f"{_place(file)} is no JSON object.") from nonsense
    if not isinstance(table, dict):
        raise ConfigError(f"{_place(file)} is no JSON object.")
    return table


def _place(file: Path) -> str:
    return f"{folder_name(file.parent)}/{file.name}"
