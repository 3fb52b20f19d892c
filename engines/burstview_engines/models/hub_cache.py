"""The Hugging Face cache: `models--ORG--NAME/snapshots/REVISION/…`, links to blobs beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from burstview_engines.core.text import one_line
from burstview_engines.fit.gguf import parts_of
from burstview_engines.fit.hf_weights import MOST_FILES, read_index, safetensors
from burstview_engines.fit.words import decimal
from burstview_engines.models.local import LocalModel

_REVISION = re.compile(r"[0-9a-f]{7,64}")
_MODEL = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json")


def hf_cache_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where huggingface_hub, vLLM, SGLang and llama.cpp keep downloads (huggingface_hub 2.4)."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if told := environ.get(name):
            return _expanded(told, home)
    if told := environ.get("HF_HOME"):
        return _expanded(told, home) / "hub"
    base = environ.get("XDG_CACHE_HOME")
    return (_expanded(base, home) if base else home / ".cache") / "huggingface" / "hub"


def hf_cached(model: str, cache: Path) -> LocalModel | None:
    """That model in the cache, `ORG/NAME` or `ORG/NAME:QUANT` of a GGUF repository; None where
    nothing of it is there."""
    name, _, quant = model.partition(":")
    if not _MODEL.fullmatch(name):
        return None
    folder = cache / f"models--{name.replace('/', '--')}"
    try:
        if not folder.is_dir():
            return None
        snapshot = _snapshot(folder)
        if snapshot is None:
            return _part(model, folder, folder, 0, f"nothing of it is whole{_loading(folder)}")
        return _looked_at(model, quant, folder, snapshot)
    except OSError as refusal:
        reason = refusal.strerror or "it cannot be read"
        return _part(model, folder, folder, 0, f"it cannot be looked at ({reason})")


def in_folder(model: str, folder: Path) -> LocalModel:
    """A model in a plain folder, as `--model PATH` takes it. Raises OSError."""
    return _looked_at(model, "", folder, folder)


def _looked_at(model: str, quant: str, folder: Path, snapshot: Path) -> LocalModel:
    ggufs = [] if quant == "" and safetensors(snapshot) else _ggufs(snapshot, quant)
    if ggufs:
        return _gguf(model, folder, ggufs)
    weights = safetensors(snapshot) or _bins(snapshot)
    held = sum(weights.values())
    index = read_index(snapshot)
    if index is not None and (absent := index.shards - weights.keys()):
        there = len(index.shards) - len(absent)
        return _part(
            model,
            snapshot,
            folder,
            held,
            f"{there} of {len(index.shards)} shards{_loading(folder)}",
        )
    if not weights:
        return _part(model, snapshot, folder, 0, f"its weights are missing{_loading(folder)}")
    for file, what in ((("config.json",), "config.json"), (_TOKENIZERS, "its tokenizer")):
        if not any((snapshot / name).exists() for name in file):
            return _part(model, snapshot, folder, held, f"{what} is missing")
    return _whole(model, snapshot, folder, held)


def _gguf(model: str, folder: Path, files: list[Path]) -> LocalModel:
    first = files[0]
    parts = parts_of(first)
    there = [part for part in parts if part.is_file()]
    held = sum(part.stat().st_size for part in there)
    if len(there) < len(parts):
        why = f"{len(there)} of {len(parts)} parts{_loading(folder)}"
        return _part(model, first, folder, held, why)
    return _whole(model, first, folder, held)


def _ggufs(snapshot: Path, quant: str) -> list[Path]:
    """The first files of that number format, projectors for images left out."""
    found = sorted(
        path
        for path in islice(snapshot.rglob("*.gguf"), MOST_FILES)
        if path.is_file() and "mmproj" not in path.name.lower()
    )
    wanted = re.compile(rf"(?<![a-z0-9]){re.escape(quant)}(?![a-z0-9_])", re.IGNORECASE)
    return [path for path in found if wanted.search(path.stem)] if quant else found


def _bins(snapshot: Path) -> dict[str, int]:
    """Older repositories' weights."""
    found = (path for path in islice(snapshot.iterdir(), MOST_FILES) if path.suffix == ".bin")
    return {
        path.name: path.stat().st_size
        for path in found
        if path.name.startswith("pytorch_model") and path.is_file()
    }


def _snapshot(folder: Path) -> Path | None:
    """What `refs/main` names, else the newest."""
    snapshots = folder / "snapshots"
    told = _main(folder / "refs" / "main")
    if told is not None and (snapshots / told).is_dir():
        return snapshots / told
    found = [path for path in _entries(snapshots) if path.is_dir()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _main(ref: Path) -> str | None:
    try:
        with ref.open(encoding="ascii") as file:
            told = file.read(100).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return told if _REVISION.fullmatch(told) else None


def _loading(folder: Path) -> str:
    """What a download that did not end has left."""
    begun = [path for path in _entries(folder / "blobs") if path.name.endswith(".incomplete")]
    size = sum(path.stat().st_size for path in begun)
    return f", a download stopped after {decimal(size)} of a file" if size else ""


def _entries(folder: Path) -> list[Path]:
    try:
        return list(islice(folder.iterdir(), MOST_FILES))
    except FileNotFoundError:
        return []


def _whole(model: str, path: Path, folder: Path, size: int) -> LocalModel:
    said = f"{one_line(model, 100)} is here, {decimal(size)} in {folder}."
    return LocalModel(
        name=model, kind="huggingface", path=path, bytes=size, complete=True, sentence=said
    )


def _part(model: str, path: Path, folder: Path, size: int, why: str) -> LocalModel:
    said = f"{one_line(model, 100)} is not whole in {folder}: {why}."
    return LocalModel(
        name=model, kind="huggingface", path=path, bytes=size, complete=False, sentence=said
    )


def _expanded(path: str, home: Path) -> Path:
    return home / path[2:] if path.startswith("~/") else Path(path)
