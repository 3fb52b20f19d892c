"""What stands in the fields of a start, and back to a spec or to sentences on them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from burstview import launch_values as values
from burstview.launch_values import FieldError
from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import ManagedPlace
from burstview_engines.launch.mask import masked, masked_words
from burstview_engines.launch.option import OptionError
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.spec import ALL_GPUS, LaunchSpec

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchForm:
    """Texts as they were typed; empty is `not set`."""

    engine: Engine
    place: ManagedPlace = "container"
    model: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    """By option name; also names that the profile does not know."""
    name: str = ""
    gpus: str = ""
    port: str = ""
    lan: bool = False
    api_key_env: str = ""
    offline: bool = False
    token_file: str = ""
    weights: str = ""
    image: str = ""
    arguments: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A form as far as it makes sense."""

    spec: LaunchSpec
    """Without the fields that make no sense."""
    errors: Mapping[str, str]
    """A sentence by field name; an option's is `option-NAME`."""


def option_field(name: str) -> str:
    """The field of an option."""
    return f"option-{name}"


def from_spec(spec: LaunchSpec) -> LaunchForm:
    """Fields that show the spec. Secrets in it are masked, and `read` refuses them."""
    return LaunchForm(
        engine=spec.engine,
        place=spec.place,
        model=spec.model or "",
        options=dict(spec.options),
        name=spec.name or "",
        gpus="" if spec.gpus == ALL_GPUS else ",".join(spec.gpus) or "none",
        port="" if spec.port is None else str(spec.port),
        lan=spec.lan,
        api_key_env=spec.api_key_env or "",
        offline=spec.offline,
        token_file=spec.token_file or "",
        weights=spec.weights or "",
        image=spec.image or "",
        arguments=shlex.join(masked_words(spec.arguments)),
        environment=shlex.join(f"{n}={masked(n, value)}" for n, value in spec.environment.items()),
    )


def read(form: LaunchForm, profile: LaunchProfile, home: str) -> Reading:
    """The spec of the fields, and what is wrong with each of the others.

    `home` is put for a leading `~`.
    """
    reader = _Reader()
    spec = LaunchSpec(
        engine=form.engine,
        place=form.place,
        name=reader.take("name", form.name, values.name),
        image=reader.take("image", form.image, values.image) if form.place == "container" else None,
        model=_model(reader, form.model, profile),
        options=_options(reader, form.options, profile),
        arguments=reader.take("arguments", form.arguments, values.arguments) or (),
        environment=reader.take("environment", form.environment, values.environment) or {},
        gpus=_gpus(reader, form.gpus),
        port=reader.take("port", form.port, values.port),
        lan=form.lan,
        offline=form.offline,
        token_file=reader.take("token_file", form.token_file, lambda text: values.path(text, home)),
        api_key_env=reader.take("api_key_env", form.api_key_env, values.variable),
        weights=reader.take("weights", form.weights, lambda text: values.path(text, home)),
    )
    return Reading(spec, reader.errors)


class _Reader:
    """Reads texts and keeps a sentence for each that makes no sense."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def take(self, name: str, text: str, of: Callable[[str], T]) -> T | None:
        """None for an empty text, and for one that makes no sense."""
        if not text.strip():
            return None
        try:
            return of(text.strip())
        except (FieldError, OptionError) as refusal:
            self.errors[name] = str(refusal)
            return None


def _model(reader: _Reader, text: str, profile: LaunchProfile) -> str | None:
    if profile.needs_model and not text.strip():
        reader.errors["model"] = f"{profile.label} needs a model: choose one below, or type one."
    return reader.take("model", text, lambda model: values.one_word(model, "A model's name"))


def _options(reader: _Reader, texts: Mapping[str, str], profile: LaunchProfile) -> dict[str, str]:
    """What the profile does not know is handed on as it is."""
    taken = {name: text for name, text in texts.items() if profile.option(name) is None}
    for option in profile.options:
        value = reader.take(option_field(option.name), texts.get(option.name, ""), option.check)
        if value is not None:
            taken[option.name] = value
    return taken


def _gpus(reader: _Reader, text: str) -> tuple[str, ...]:
    gpus = reader.take("gpus", text, values.gpu_names)
    return ALL_GPUS if gpus is None else gpus
