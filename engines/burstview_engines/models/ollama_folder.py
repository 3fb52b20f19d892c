"""An Ollama's models on disk, read from its manifests: works while no Ollama runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal
from burstview_engines.models.local import LocalModel, Stock

MOST_MODELS = 2000
MOST_ENTRIES = 20_000
"""Folders and files below `manifests` that are looked at."""
MOST_MANIFEST = 2**20
_REGISTRY, _LIBRARY = "registry.ollama.ai", "library"
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_WEIGHTS = ("application/vnd.ollama.image.model", "application/vnd.ollama.image.tensor")


class _Layer(msgspec.Struct, frozen=True, rename="camel"):
    digest: str
    media_type: str = ""
    size: int = 0


class _Manifest(msgspec.Struct, frozen=True):
    layers: list[_Layer] = []
    config: _Layer | None = None


class _Config(msgspec.Struct, frozen=True):
    model_type: str | None = None
    file_type: str | None = None


prepare(_Manifest, _Config)


def ollama_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where an `ollama serve` with that environment keeps its models."""
    told = environ.get("OLLAMA_MODELS")
    return Path(told) if told else home / ".ollama" / "models"


def ollama_stored(folder: Path) -> Stock:
    """All models of that store, by name; a remark where the store cannot be read, or not all."""
    root = folder / "manifests"
    try:
        if not root.is_dir():
            return Stock()
        next(root.iterdir(), None)  # rglob passes over what it may not read
        found = list(islice(_manifests(root), MOST_MODELS + 1))
    except OSError as refusal:
        reason = refusal.strerror or "unknown"
        return Stock(remark=f"Ollama's models in {folder} cannot be looked at: {reason}.")
    models = tuple(_model(path, root, folder / "blobs") for path in sorted(found[:MOST_MODELS]))
    more = len(found) > MOST_MODELS
    remark = f"{folder} holds more models than the first {MOST_MODELS:,} listed." if more else ""
    return Stock(models, remark)


def _manifests(root: Path) -> Iterator[Path]:
    """`HOST/NAMESPACE/MODEL/TAG`."""
    for path in islice(root.rglob("*"), MOST_ENTRIES):
        if len(path.relative_to(root).parts) == 4 and path.is_file():
            yield path


def _model(path: Path, root: Path, blobs: Path) -> LocalModel:
    name = _name(path.relative_to(root).parts)
    try:
        manifest = _manifest(path)
        return _with_layers(name, manifest, blobs)
    except OSError as refusal:
        reason = refusal.strerror or "unknown"
        return _part(name, path, 0, f"it cannot be looked at ({reason})")
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return _part(name, path, 0, "its manifest is damaged")


def _with_layers(name: str, manifest: _Manifest, blobs: Path) -> LocalModel:
    weights = [layer for layer in manifest.layers if layer.media_type in _WEIGHTS]
    if not weights:
        return _part(name, blobs, 0, "its manifest lists no weights")
    config = _config(manifest, blobs)
    layers = [*manifest.layers, *([manifest.config] if manifest.config else [])]
    absent = [layer for layer in layers if not _is_there(layer, blobs)]
    held = sum(layer.size for layer in weights if layer not in absent)
    first = _blob(weights[0], blobs)
    if absent:
        missing = decimal(sum(layer.size for layer in absent))
        said = f"{missing} of it are missing; pulling it again goes on where it was"
        return _part(name, first, held, said)
    total = sum(layer.size for layer in layers)
    return LocalModel(
        name=name,
        kind="ollama",
        path=first,
        bytes=held,
        complete=True,
        sentence=f"{name} is in Ollama's store, {decimal(total)}.",
        quant=config.file_type,
        parameters=config.model_type,
    )


def _manifest(path: Path) -> _Manifest:
    if path.stat().st_size > MOST_MANIFEST:
        raise ValueError("too large")
    return msgspec.json.decode(path.read_bytes(), type=_Manifest)


def _config(manifest: _Manifest, blobs: Path) -> _Config:
    """What the store says of the weights; nothing where that blob is damaged or gone."""
    if manifest.config is None or manifest.config.size > MOST_MANIFEST:
        return _Config()
    try:
        with _blob(manifest.config, blobs).open("rb") as file:
            return msgspec.json.decode(file.read(MOST_MANIFEST), type=_Config)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _Config()


def _is_there(layer: _Layer, blobs: Path) -> bool:
    blob = _blob(layer, blobs)
    return blob.is_file() and blob.stat().st_size == layer.size


def _blob(layer: _Layer, blobs: Path) -> Path:
    """Raises ValueError on a digest that could name any other file."""
    match = _DIGEST.fullmatch(layer.digest)
    if match is None:
        raise ValueError("no digest")
    return blobs / f"sha256-{match[1]}"


def _name(parts: tuple[str, ...]) -> str:
    host, space, model, tag = parts
    if host == _REGISTRY:
        short = model if space == _LIBRARY else f"{space}/{model}"
    else:
        short = f"{host}/{space}/{model}"
    return one_line(f"{short}:{tag}", 200)


def _part(name: str, path: Path, size: int, why: str) -> LocalModel:
    said = f"{name} is not whole in Ollama's store: {why}."
    return LocalModel(
        name=name, kind="ollama", path=path, bytes=size, complete=False, sentence=said
    )
