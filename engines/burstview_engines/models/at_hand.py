"""A spec's model: its weights if they are here, and its shape from them or from the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.fit import gguf, hf_config
from burstview_engines.fit.gguf_header import GgufError
from burstview_engines.fit.hf_config import ConfigError
from burstview_engines.fit.shape import ModelShape, with_doubt
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.gguf_folder import gguf_file
from burstview_engines.models.hub_cache import hf_cached, in_folder
from burstview_engines.models.local import LocalModel
from burstview_engines.models.ollama_folder import ollama_stored
from burstview_engines.models.pairs import ModelPair, known_shape


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of this machine that may hold weights."""

    hub: Path
    """The Hugging Face cache."""
    ollama: Path | None
    """An Ollama's `models`; None where it is in a volume that cannot be looked into."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """What is known of a spec's model before it is started."""

    weights: LocalModel | None
    """None where nothing of it was found, or nobody can look."""
    shape: ModelShape | None
    """None where neither file nor table tells it."""


def at_hand(spec: LaunchSpec, places: Places, pairs: Sequence[ModelPair]) -> AtHand:
    """Reads files, some tenths of a second for a large GGUF: not for an event loop."""
    if spec.model is None:
        return AtHand(None, None)
    weights = weights_of(spec, places)
    table = known_shape(spec.model, spec.engine, pairs)
    if weights is None or not weights.path.exists():
        return AtHand(weights, table)
    try:
        return AtHand(weights, read_shape(weights.path))
    except (GgufError, ConfigError) as refusal:
        is_telling = table is not None and weights.complete
        return AtHand(weights, with_doubt(table, str(refusal)) if table and is_telling else table)


def weights_of(spec: LaunchSpec, places: Places) -> LocalModel | None:
    """The files that this start would load, as far as they are here."""
    model = spec.model
    if model is None:
        return None
    folder = Path(spec.weights) if spec.weights else None
    if spec.engine == "ollama":
        store = folder or places.ollama
        return None if store is None else ollama_stored(store).find(model)
    path = _as_path(model)
    if path is not None:
        return _given(model, path)
    return hf_cached(model, folder or places.hub)


def read_shape(path: Path) -> ModelShape:
    """From a folder with config.json, or a GGUF file. Raises ConfigError or GgufError."""
    return hf_config.read(path) if path.is_dir() else gguf.read(path)


def _as_path(model: str) -> Path | None:
    path = Path(model)
    is_path = path.is_absolute() or model.startswith((".", "~")) or model.endswith(".gguf")
    return path.expanduser() if is_path else None


def _given(model: str, path: Path) -> LocalModel | None:
    """A path that the person typed."""
    try:
        if path.is_dir():
            return in_folder(model, path)
        return gguf_file(path, model) if path.is_file() else None
    except OSError:
        return None
