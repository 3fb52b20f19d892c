"""A model's shape from its GGUF file, split ones too."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from burstview_engines.core.text import one_line
from burstview_engines.fit.gguf_header import GgufError, Header, Tensor, Value, read_header
from burstview_engines.fit.gguf_types import FILE_TYPES
from burstview_engines.fit.shape import ModelShape

MOST_PARTS = 512
_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")
_INPUT, _OUTPUT = "token_embd.weight", "output.weight"
_MOST_LAYERS = 4096


def read(path: Path) -> ModelShape:
    """The shape, with the bytes of all its parts. Raises GgufError with one sentence."""
    first = next((part for part in parts_of(path)[:1] if part.exists()), path)
    header = read_header(first)
    parts, doubts = _parts(first, header)
    return _Keys(header).shape([t for part in parts for t in part.tensors], doubts)


def is_whole(path: Path) -> bool:
    """Whether no byte of weights is missing, of this file alone. Raises GgufError."""
    return read_header(path).is_whole


def parts_of(path: Path) -> tuple[Path, ...]:
    """All files of a split model, by the name of any; one that is not split is alone."""
    match = _PART.fullmatch(path.name)
    if match is None or not 0 < (count := int(match[3])) <= MOST_PARTS:
        return (path,)
    return tuple(
        path.with_name(f"{match[1]}-{n:05}-of-{count:05}.gguf") for n in range(1, count + 1)
    )


def _parts(path: Path, first: Header) -> tuple[list[Header], tuple[str, ...]]:
    headers, missing, is_short = [first], 0, not first.is_whole
    for other in parts_of(path):
        if other != path:
            try:
                headers.append(read_header(other))
                is_short = is_short or not headers[-1].is_whole
            except GgufError:
                missing += 1
    doubts = []
    if missing:
        doubts.append(f"{missing} of the model's parts are missing or damaged.")
    if is_short:
        doubts.append("The file is shorter than its header says: its download did not end.")
    return headers, tuple(doubts)


class _Keys:
    """The keys that matter, by their names without the architecture's prefix."""

    def __init__(self, header: Header) -> None:
        self._header = header
        architecture = header.keys.get("general.architecture")
        if not isinstance(architecture, str) or not architecture:
            raise GgufError(
                f"{header.path.name} names no architecture: it holds no language model."
            )
        self._architecture = architecture

    def shape(self, tensors: list[Tensor], doubts: tuple[str, ...]) -> ModelShape:
        layers = self._count("block_count")
        heads = self._per_layer("attention.head_count_kv", layers) or self._per_layer(
            "attention.head_count", layers
        )
        if not 0 < layers <= _MOST_LAYERS or not heads or not tensors:
            raise GgufError(
                f"{self._header.path.name} tells no layers or heads: it holds no language model."
            )
        cached, kv_doubts = self._cached(heads)
        return ModelShape(
            name=self._name(),
            architecture=one_line(self._architecture, 40),
            layers=layers,
            kv_heads=max(heads),
            hidden=self._count("embedding_length") or None,
            ffn=max(self._per_layer("feed_forward_length", layers), default=0) or None,
            vocab=self._vocabulary(tensors),
            context_tokens=self._count("context_length") or None,
            parameters=sum(tensor.elements for tensor in tensors),
            key_elements=cached[0] if cached else None,
            value_elements=cached[1] if cached else None,
            quant=self._quant(tensors),
            stored_bytes=self._bytes(tensors),
            input_bytes=_apart(tensors),
            is_measured=True,
            has_window=self._count("attention.sliding_window") > 0,
            doubts=(*doubts, *kv_doubts),
            source=f"read from {_place(self._header.path)}",
        )

    def _cached(self, heads: tuple[int, ...]) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
        """Key and value numbers of one token."""
        if self._count("attention.kv_lora_rank"):
            return None, ("It keeps compressed keys and values (MLA), whose size is not known.",)
        is_hybrid = any(self._name_of(key) in self._header.keys for key in _STATE_KEYS)
        if is_hybrid and min(heads) > 0:
            return None, (
                "Some layers keep a state instead of keys and values; which is not told.",
            )
        per_head = self._head_size()
        key = self._count("attention.key_length") or per_head
        value = self._count("attention.value_length") or per_head
        total = sum(heads)
        return ((total * key, total * value), ()) if key and value else (None, ())

    def _head_size(self) -> int:
        heads = max(self._per_layer("attention.head_count", 1), default=0)
        return self._count("embedding_length") // heads if heads else 0

    def _per_layer(self, name: str, layers: int) -> tuple[int, ...]:
        """One number for each layer, told once or as a list."""
        value = self._value(name)
        if isinstance(value, tuple):
            return tuple(int(number) for number in value if number >= 0)
        return (value,) * min(layers, _MOST_LAYERS) if isinstance(value, int) and value > 0 else ()

    def _count(self, name: str) -> int:
        value = self._value(name)
        return value if isinstance(value, int) and 0 < value < 2**40 else 0

    def _value(self, name: str) -> Value:
        return self._header.keys.get(self._name_of(name))

    def _name_of(self, name: str) -> str:
        return f"{self._architecture}.{name}"

    def _name(self) -> str:
        told = self._header.keys.get("general.name")
        if isinstance(told, str) and told:
            return one_line(told, 80)
        path = self._header.path
        return f"a {self._architecture} model" if _is_blob(path) else path.stem

    def _vocabulary(self, tensors: list[Tensor]) -> int | None:
        told = self._count("vocab_size") or self._header.lengths.get("tokenizer.ggml.tokens")
        table = next((tensor.shape for tensor in tensors if tensor.name == _INPUT), ())
        return told or (table[1] if len(table) > 1 else None)

    def _quant(self, tensors: list[Tensor]) -> str | None:
        told = self._header.keys.get("general.file_type")
        if isinstance(told, int) and told in FILE_TYPES:
            return FILE_TYPES[told]
        return None

    def _bytes(self, tensors: list[Tensor]) -> int:
        """By format; a format not known here counts to the next tensor, or to the file's end."""
        if all(tensor.size is not None for tensor in tensors):
            return sum(tensor.size or 0 for tensor in tensors)
        return max(0, self._header.file_bytes - self._header.data_start)


_STATE_KEYS = ("ssm.state_size", "ssm.inner_size", "shortconv.l_cache", "wkv.head_size")
"""Of layers like Mamba's."""


def _place(path: Path) -> str:
    return "Ollama's store" if _is_blob(path) else one_line(path.name, 80)


def _is_blob(path: Path) -> bool:
    """Named by the hash of its bytes."""
    return path.name.startswith("sha256-")


def _apart(tensors: list[Tensor]) -> int:
    """An embedding table beside an output head of its own."""
    names = Counter(tensor.name for tensor in tensors)
    if not names[_OUTPUT]:
        return 0
    return next((tensor.size or 0 for tensor in tensors if tensor.name == _INPUT), 0)
