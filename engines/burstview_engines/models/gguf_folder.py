"""GGUF files in a folder, for llama.cpp's `-m`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from burstview_engines.core.text import one_line
from burstview_engines.fit.gguf import parts_of
from burstview_engines.fit.gguf_header import GgufError, read_header
from burstview_engines.fit.gguf_types import FILE_TYPES
from burstview_engines.fit.words import decimal
from burstview_engines.models.local import LocalModel, Stock

MOST_FILES = 200
"""Files whose headers are read: each takes some ten milliseconds."""
MOST_ENTRIES = 20_000
DEPTH = 4


def gguf_files(folder: Path) -> Stock:
    """All models of that folder and the folders in it, split ones once; projectors left out."""
    try:
        if not folder.is_dir():
            return Stock()
        next(folder.iterdir(), None)  # rglob passes over what it may not read
        found = list(islice(_firsts(folder), MOST_FILES + 1))
    except OSError as refusal:
        reason = refusal.strerror or "unknown"
        return Stock(remark=f"GGUF files in {folder} cannot be looked at: {reason}.")
    names = {path: str(path.relative_to(folder)) for path in sorted(found[:MOST_FILES])}
    models = tuple(gguf_file(path, name) for path, name in names.items())
    more = len(found) > MOST_FILES
    remark = f"{folder} holds more GGUF files than the first {MOST_FILES} listed." if more else ""
    return Stock(models, remark)


def _firsts(folder: Path) -> Iterator[Path]:
    for path in islice(folder.rglob("*"), MOST_ENTRIES):
        is_model = path.suffix == ".gguf" and "mmproj" not in path.name.lower()
        near = len(path.relative_to(folder).parts) <= DEPTH
        if is_model and near and path.is_file() and parts_of(path)[0] == path:
            yield path


def gguf_file(path: Path, name: str) -> LocalModel:
    """One model by its (first) file."""
    name, parts = one_line(name, 200), parts_of(path)
    try:
        there = [part for part in parts if part.is_file()]
        held = sum(part.stat().st_size for part in there)
        headers = [read_header(part) for part in there]
    except OSError as refusal:
        return _part(name, path, 0, refusal.strerror or "it cannot be read")
    except GgufError as damage:
        return _part(name, path, 0, str(damage).rstrip("."))
    if len(there) < len(parts):
        return _part(name, path, held, f"{len(there)} of {len(parts)} parts are there")
    if not all(header.is_whole for header in headers):
        return _part(name, path, held, "it is shorter than its header says")
    kind = headers[0].keys.get("general.file_type")
    return LocalModel(
        name=name,
        kind="gguf",
        path=path,
        bytes=held,
        complete=True,
        sentence=f"{name} is here, {decimal(held)}.",
        quant=FILE_TYPES.get(kind) if isinstance(kind, int) else None,
    )


def _part(name: str, path: Path, size: int, why: str) -> LocalModel:
    said = f"{name} cannot be used: {why}."
    return LocalModel(name=name, kind="gguf", path=path, bytes=size, complete=False, sentence=said)
