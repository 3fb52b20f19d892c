"""The config file: backends and defaults. A wrong key or value is one sentence with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import msgspec

from burstview.config_check import ConfigError, Kind, check_table
from burstview_engines.core.backend import Engine
from burstview_engines.core.plan import Order, Thinking
from burstview_engines.models.entry import ModelEntry

FILE_NAME = "config.toml"


@dataclass(frozen=True, slots=True)
class ConfiguredBackend:
    """A server to show beside those that are found."""

    url: str
    name: str | None = None
    engine: Engine | None = None
    model: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a command uses when its option is not given; None: the program's own default."""

    concurrency: int | None = None
    max_tokens: int | None = None
    prompt: str | None = None
    prompt_tokens: int | None = None
    temperature: float | None = None
    thinking: Thinking | None = None
    equal_lengths: bool | None = None
    warm_up: bool | None = None
    give_up_after: float | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All of the file."""

    theme: str | None = None
    defaults: Defaults = field(default_factory=Defaults)
    backends: tuple[ConfiguredBackend, ...] = ()
    models: tuple[ModelEntry, ...] = ()
    """Beside the shipped pairs; `models.pairs.extended` joins them."""

    def backend(self, name: str) -> ConfiguredBackend | None:
        """The backend of that name."""
        return next((backend for backend in self.backends if backend.name == name), None)


TOP: Mapping[str, Kind] = {
    "theme": "text",
    "defaults": "table",
    "backends": "tables",
    "models": "tables",
}
DEFAULTS: Mapping[str, Kind] = {
    "concurrency": "concurrency",
    "max_tokens": "count",
    "prompt": "text",
    "prompt_tokens": "prompt tokens",
    "temperature": "number",
    "thinking": get_args(Thinking),
    "equal_lengths": "switch",
    "warm_up": "switch",
    "give_up_after": "positive",
    "order": get_args(Order),
}
BACKEND: Mapping[str, Kind] = {
    "url": "url",
    "name": "text",
    "engine": get_args(Engine),
    "model": "text",
    "api_key_env": "variable",
}
MODEL: Mapping[str, Kind] = {
    "name": "text",
    "ollama": "text",
    "huggingface": "text",
    "gguf": "text",
    "quant_ollama": "text",
    "quant_vllm": "text",
}


def default_path() -> Path:
    """Where the file is looked for: the platform's place for a user's configuration."""
    import platformdirs

    return Path(platformdirs.user_config_dir("burstview", appauthor=False)) / FILE_NAME


def load(path: Path | None) -> Config:
    """The file at `path`, which must be there; without a path the usual one, if it is there."""
    place = path or default_path()
    try:
        return parse(place.read_text(encoding="utf-8"), str(place))
    except FileNotFoundError:
        if path is None:
            return Config()
        raise ConfigError(f"{place}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as refusal:
        reason = getattr(refusal, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{place}: cannot be read: {reason}") from refusal


def parse(text: str, place: str) -> Config:
    """The file's text; raises ConfigError that begins with `place` and the line."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise ConfigError(f"{place}: not valid TOML: {mistake}") from mistake
    check_table(table, TOP, text, place, ())
    check_table(table.get("defaults", {}), DEFAULTS, text, place, ("defaults",))
    for number, backend in enumerate(table.get("backends", ())):
        check_table(backend, BACKEND, text, place, ("backends", number), needed="url")
    for number, model in enumerate(table.get("models", ())):
        check_table(model, MODEL, text, place, ("models", number), needed="name")
    return msgspec.convert(table, Config)
