"""Weights in a Hugging Face folder: how many bytes, and whether all shards are there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import msgspec

from burstview_engines.core.prepared import prepare

INDEX = "model.safetensors.index.json"
MOST_INDEX = 64 * 2**20
MOST_FILES = 4096
"""Entries of one folder that are looked at."""


class _Metadata(msgspec.Struct, frozen=True):
    total_size: int | float | None = None


class Index(msgspec.Struct, frozen=True):
    """The index of a model that is split into shards."""

    metadata: _Metadata | None = None
    weight_map: dict[str, str] = {}

    @property
    def shards(self) -> frozenset[str]:
        """File names, without any that leave the folder."""
        return frozenset(name for name in self.weight_map.values() if "/" not in name)

    @property
    def total(self) -> int | None:
        """Bytes of all weights, where it tells."""
        size = self.metadata.total_size if self.metadata else None
        return int(size) if size is not None and 0 < size < 2**50 else None


prepare(Index)


def read_index(folder: Path) -> Index | None:
    """None where there is no readable one."""
    path = folder / INDEX
    try:
        if path.stat().st_size > MOST_INDEX:
            return None
        return msgspec.json.decode(path.read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def weights_bytes(folder: Path) -> int | None:
    """By the index, else by the files; None where there are none."""
    index = read_index(folder)
    if index is not None and index.total is not None:
        return index.total
    files = safetensors(folder)
    return sum(files.values()) or None


def safetensors(folder: Path) -> dict[str, int]:
    """Weight files and their bytes, links followed, broken ones left out. A second copy of all
    weights (`consolidated…`) is not counted where the usual files are there."""
    found = {}
    try:
        for path in islice(folder.iterdir(), MOST_FILES):
            if path.name.endswith(".safetensors") and path.is_file():
                found[path.name] = path.stat().st_size
    except OSError:
        return found
    usual = {name: size for name, size in found.items() if not name.startswith("consolidated")}
    return usual or found
