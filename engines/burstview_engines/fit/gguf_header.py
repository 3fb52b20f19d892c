"""The header of a GGUF file: its keys and its tensors. Read with bounds, whatever the file says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from burstview_engines.fit.gguf_types import TENSOR_TYPES

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_KEYS = 65_536
MOST_TENSORS = 262_144
MOST_HEADER = 64 * 2**20
"""Bytes; large vocabularies take about 15 MiB."""
MOST_KEPT_TEXT = 1024
"""Bytes; longer texts, such as chat templates, are passed over."""
MOST_KEPT_LIST = 1024
"""Numbers; longer lists, such as vocabularies, are only counted."""
MOST_DIMENSIONS = 8
_KEY_BYTES = 65_535
_DEPTH = 4

_BLOCK = 2**20
_LENGTH = struct.Struct("<Q")

_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip

Value = int | float | bool | str | tuple[int | float, ...] | None
"""None: there, but too long to be kept."""


class GgufError(Exception):
    """A file that is no GGUF, or a damaged one; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor's place in the file."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def elements(self) -> int:
        """Numbers in it."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    @property
    def size(self) -> int | None:
        """Bytes; None for a format not known here."""
        block = TENSOR_TYPES.get(self.kind)
        return None if block is None else -(-self.elements // block[0]) * block[1]


@dataclass(frozen=True, slots=True)
class Header:
    """All that stands before the weights."""

    path: Path
    file_bytes: int
    keys: dict[str, Value]
    lengths: dict[str, int]
    """Of lists, by key."""
    tensors: tuple[Tensor, ...]
    data_start: int

    @property
    def is_whole(self) -> bool:
        """The file is long enough for all its tensors."""
        ends = (tensor.offset + (tensor.size or 0) for tensor in self.tensors)
        return self.data_start + max(ends, default=0) <= self.file_bytes


def read_header(path: Path) -> Header:
    """The file's header. Raises GgufError with one sentence, for whatever reason."""
    try:
        with path.open("rb") as file:
            return _Reader(path, file, _length(file)).header()
    except OSError as refusal:
        reason = refusal.strerror or "it cannot be read"
        raise GgufError(f"{path.name} cannot be read: {reason}.") from refusal
    except (struct.error, UnicodeDecodeError) as damage:
        raise GgufError(f"{path.name} is a damaged GGUF file: its header breaks off.") from damage


def _length(file: BinaryIO) -> int:
    end = file.seek(0, 2)
    file.seek(0)
    return end


class _Reader:
    def __init__(self, path: Path, file: BinaryIO, length: int) -> None:
        self._path, self._file, self._length = path, file, length
        self._most = min(length, MOST_HEADER)
        self._at = 0
        self._lengths: dict[str, int] = {}

    def header(self) -> Header:
        tensor_count, key_count = self._counts()
        keys: dict[str, Value] = {}
        for _ in range(key_count):
            name = self._text(_KEY_BYTES, "a key")
            keys[name] = self._value(self._number("<I"), name, 0)
        tensors = tuple(self._tensor() for _ in range(tensor_count))
        align = keys.get("general.alignment")
        step = align if isinstance(align, int) and 0 < align <= 2**20 else 32
        start = -(-self._at // step) * step
        return Header(self._path, self._length, keys, self._lengths, tensors, start)

    def _counts(self) -> tuple[int, int]:
        if self._bytes(4) != MAGIC:
            raise GgufError(f"{self._path.name} is no GGUF file.")
        version = self._number("<I")
        if version not in VERSIONS:
            swapped = struct.unpack(">I", struct.pack("<I", version))[0]
            kind = "big-endian" if swapped in VERSIONS else f"version {version}"
            raise GgufError(f"{self._path.name} is a {kind} GGUF file; versions 2 and 3 are read.")
        tensors, keys = self._number("<Q"), self._number("<Q")
        self._check(tensors <= MOST_TENSORS, f"{tensors:,} tensors")
        self._check(keys <= MOST_KEYS, f"{keys:,} keys")
        return tensors, keys

    def _tensor(self) -> Tensor:
        name = self._text(_KEY_BYTES, "a tensor's name")
        dimensions = self._number("<I")
        self._check(dimensions <= MOST_DIMENSIONS, f"a tensor of {dimensions:,} dimensions")
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        self._check(all(0 < extent < 2**48 for extent in shape), "a tensor of impossible size")
        return Tensor(name, shape, self._number("<I"), self._number("<Q"))

    def _value(self, kind: int, name: str, depth: int) -> Value:
        if kind in _SCALARS:
            return self._scalar(kind)
        if kind == _STRING:
            return self._kept_text()
        self._check(kind == _ARRAY and depth < _DEPTH, f"a value of type {kind}")
        return self._list(name, depth)

    def _list(self, name: str, depth: int) -> Value:
        kind, count = self._number("<I"), self._number("<Q")
        self._lengths[name] = count
        form = _SCALARS.get(kind)
        if form is not None:
            return self._numbers(form, count)
        self._check(count * 8 <= self._most - self._at, f"a list of {count:,}")
        if kind == _STRING:
            self._skip_texts(count)
            return None
        self._check(kind == _ARRAY and depth + 1 < _DEPTH, f"a list of type {kind}")
        for _ in range(count):
            self._list(f"{name}[]", depth + 1)
        return None

    def _numbers(self, form: str, count: int) -> Value:
        width = struct.calcsize(form)
        self._check(count * width <= self._most - self._at, f"a list of {count:,} numbers")
        if count > MOST_KEPT_LIST:
            self._skip(count * width)
            return None
        return tuple(struct.unpack(f"<{count}{form[1]}", self._bytes(count * width)))

    def _scalar(self, kind: int) -> int | float | bool:
        value: int | float | bool = struct.unpack(
            _SCALARS[kind], self._bytes(struct.calcsize(_SCALARS[kind]))
        )[0]
        return value

    def _number(self, form: str) -> int:
        number: int = struct.unpack(form, self._bytes(struct.calcsize(form)))[0]
        return number

    def _text(self, most: int, what: str) -> str:
        length = self._number("<Q")
        self._check(length <= most, f"{what} of {length:,} bytes")
        return self._bytes(length).decode("utf-8", "replace")

    def _kept_text(self) -> str | None:
        length = self._number("<Q")
        if length > MOST_KEPT_TEXT:
            self._skip(length)
            return None
        return self._bytes(length).decode("utf-8", "replace")

    def _skip_texts(self, count: int) -> None:
        """A vocabulary and its merges are 300,000 texts: they are passed over by the block."""
        block, at = b"", 0
        for _ in range(count):
            if at + _LENGTH.size > len(block):
                self._skip(at)
                block, at = self._file.read(_BLOCK), 0
                if len(block) < _LENGTH.size:
                    raise GgufError(self._broken())
            at += _LENGTH.size + _LENGTH.unpack_from(block, at)[0]
            if at > len(block):
                self._skip(at)
                block, at = b"", 0
        self._skip(at)

    def _skip(self, count: int) -> None:
        self._check(count <= self._most - self._at, f"a text of {count:,} bytes")
        self._at = self._file.seek(self._at + count)

    def _bytes(self, count: int) -> bytes:
        found = self._file.read(count) if count <= self._most - self._at else b""
        if len(found) != count:
            raise GgufError(self._broken())
        self._at += count
        return found

    def _broken(self) -> str:
        if self._length > MOST_HEADER:
            return f"{self._path.name} is a damaged GGUF file: its header has no end."
        return f"{self._path.name} is a damaged GGUF file: it breaks off within its header."

    def _check(self, is_right: bool, what: str) -> None:
        if not is_right:
            raise GgufError(f"{self._path.name} is a damaged GGUF file: it claims {what}.")
