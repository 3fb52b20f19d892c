"""Which preset a model's name or folder means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.simulator import presets
from burstview_engines.simulator.presets import MODELS, Model, SpecError
from burstview_engines.simulator.server.served import HUB_SUFFIXES


class UnknownModelError(Exception):
    """Nobody knows a model of that name."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """What is computed for a name."""

    preset: Model
    quant: str | None = None
    """None: the engine's own default."""
    is_local: bool = False
    """A folder or file of this machine: nothing is downloaded."""


def of_hub(name: str, forced: str | None) -> ChosenModel:
    """For a Hugging Face id or a folder with a config.json. Raises UnknownModelError."""
    quant = next((key for key, end in HUB_SUFFIXES.items() if name.endswith(end)), None)
    is_local = Path(name).is_dir()
    if forced is not None:
        return ChosenModel(presets.model(forced), quant, is_local)
    if is_local and (shaped := _by_shape(Path(name) / "config.json")):
        return ChosenModel(shaped, quant, is_local)
    if name.startswith(("/", ".")) and not is_local:
        raise UnknownModelError(name)
    bare = name.removesuffix(HUB_SUFFIXES[quant]) if quant else name
    try:
        preset = presets.model(Path(bare).name if is_local else bare)
    except SpecError as unknown:
        raise UnknownModelError(name) from unknown
    return ChosenModel(preset, quant, is_local)


def of_file(name: str, forced: str | None) -> ChosenModel:
    """For a GGUF's path or repository, with the quantisation at its end. UnknownModelError."""
    stem = name.rpartition("/")[2].lower().removesuffix(".gguf").replace(":", "-")
    quants = sorted(presets.QUANTS, key=len, reverse=True)
    quant = next((quant for quant in quants if stem.endswith(quant)), None)
    bare = stem.removesuffix(quant).strip("-.") if quant else stem
    try:
        preset = presets.model(forced or bare.removesuffix("-gguf"))
    except SpecError as unknown:
        raise UnknownModelError(name) from unknown
    return ChosenModel(preset, quant, Path(name).is_file())


def _by_shape(path: Path) -> Model | None:
    """The preset with the layers and the width that the configuration states."""
    try:
        config: object = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(config, dict):
        return None
    shape = (config.get("num_hidden_layers"), config.get("hidden_size"))
    return next((m for m in MODELS.values() if (m.layers, m.hidden) == shape), None)
