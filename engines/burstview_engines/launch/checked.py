"""A wish to start an engine, checked before anything is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.free_words import lifted
from burstview_engines.launch.identity import check_name
from burstview_engines.launch.key_file import takes_key
from burstview_engines.launch.mask import has_known_secret, is_secret
from burstview_engines.launch.option import OptionError
from burstview_engines.launch.place import is_path, model_store
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import profile_of
from burstview_engines.launch.spec import ALL_GPUS, LaunchSpec

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_GPU = re.compile(r"\d{1,3}|(GPU|MIG)-[0-9a-fA-F-]+(/\d+/\d+)?")
_IMAGE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/)?"  # registry
    r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
    r"|sha256:[0-9a-f]{64}"
)


def checked(spec: LaunchSpec) -> LaunchSpec:
    """The spec as it will be started: values as they are handed over, options that were written
    as free arguments or variables among the options. Raises LaunchError."""
    profile = profile_of(spec.engine)
    _check_model(profile, spec)
    _check_address(spec)
    _check_gpus(spec.gpus)
    _check_secrets(profile, spec)
    _check_places(profile, spec)
    _check_texts(spec)
    free = lifted(profile, spec.arguments, spec.environment, spec.options)
    options = checked_options(profile, free.options)
    _check_split(options, spec.gpus)
    return msgspec.structs.replace(
        spec,
        arguments=free.arguments,
        environment=free.environment,
        options=options,
        weights=spec.weights and model_store(spec.weights),
    )


def checked_options(profile: LaunchProfile, options: Mapping[str, str]) -> dict[str, str]:
    """The values as they are handed over, in the profile's order. Raises LaunchError."""
    for name in options:
        if profile.option(name) is None:
            raise LaunchError(_unknown(profile, name), f"option {name}")
    values = {}
    for option in profile.options:
        if option.name not in options:
            continue
        try:
            value = option.check(options[option.name])
        except OptionError as refusal:
            raise LaunchError(str(refusal), f"option {option.name}") from refusal
        is_idle = option.kind == "switch" and value == "off" and not option.off_flag
        if value != option.ours and not (is_idle and option.env is None and option.ours is None):
            values[option.name] = value
    return values


def _unknown(profile: LaunchProfile, name: str) -> str:
    names = [option.name for option in profile.options]
    near = get_close_matches(name, names, 1, 0.5) or [
        known for known in names if name.replace("_", "-").lower() in known
    ]
    hint = f"{near[0]} is near" if near else f"there are {', '.join(names)}"
    return f"{profile.label} has no option {name}; {hint}."


def _check_model(profile: LaunchProfile, spec: LaunchSpec) -> None:
    model = spec.model
    if model is None or not model.strip():
        if profile.needs_model:
            example = "a file's path" if profile.file_flag else "a folder's path"
            raise LaunchError(
                f"{profile.label} needs a model; give a Hugging Face id or {example}.", "model"
            )
        return
    if model.startswith("-") or not model.isprintable() or len(model.split()) != 1:
        raise LaunchError(
            f"{model!r} is no model's name; give one word that begins with a letter or digit.",
            "model",
        )
    if spec.place == "container" and is_path(model) and not model.startswith("/"):
        raise LaunchError(
            f"{model} is told from a folder that the container does not know; give the whole path.",
            "model",
        )


def _check_address(spec: LaunchSpec) -> None:
    if spec.name is not None:
        check_name(spec.name)
    if spec.image is not None and spec.place == "process":
        raise LaunchError("A local process has no image; leave it out.", "image")
    if spec.image is not None and not _IMAGE.fullmatch(spec.image):
        raise LaunchError(
            f"{spec.image!r} is no image; write it like vllm/vllm-openai:v0.33.0.", "image"
        )
    if spec.port is not None and not 1 <= spec.port <= 65535:
        raise LaunchError(
            f"{spec.port} is no port; choose one from 1 to 65535, or leave it open.", "port"
        )


def _check_gpus(gpus: tuple[str, ...]) -> None:
    if gpus == ALL_GPUS:
        return
    for gpu in gpus:
        if not _GPU.fullmatch(gpu):
            also = ", which goes with no other" if gpu in ("all", "none") else ""
            raise LaunchError(
                f"{gpu!r} is no GPU{also}; give all, none, numbers like 0,1, or UUIDs.", "gpus"
            )
    if len(set(gpus)) != len(gpus):
        raise LaunchError(f"A GPU is named twice in {','.join(gpus)}; name each once.", "gpus")


def _check_split(options: Mapping[str, str], gpus: tuple[str, ...]) -> None:
    """Only where the GPUs are named: how many `all` are, the machine knows."""
    for name in ("tensor-parallel-size", "tp-size"):
        wanted = int(options.get(name, "1"))
        if gpus not in (ALL_GPUS, ()) and wanted > len(gpus):
            raise LaunchError(
                f"{name} {wanted} needs {wanted} GPUs, and {len(gpus)} is chosen; choose more, or"
                " lower it.",
                f"option {name}",
            )


def _check_secrets(profile: LaunchProfile, spec: LaunchSpec) -> None:
    """Whoever may ask Docker reads variables and arguments of every container."""
    for name, value in spec.environment.items():
        if is_secret(name, value):
            raise LaunchError(
                f"{name} would show a secret to everyone who may look at the engine; give a Hugging"
                " Face token as a token file, an API key by the name of your own variable.",
                "environment",
            )
    if spec.api_key_env is not None and not takes_key(profile):
        why = (
            "has no API key"
            if profile.api_key_flag is None
            else "takes its API key only where everyone on the machine can read it"
        )
        raise LaunchError(
            f"{profile.label} {why}; leave it on loopback, and reach it through ssh -L.",
            "api_key_env",
        )
    if spec.api_key_env is not None and (
        has_known_secret(spec.api_key_env) or not VARIABLE.fullmatch(spec.api_key_env)
    ):
        raise LaunchError(
            "An API key is given by the name of the variable that holds it, never itself.",
            "api_key_env",
        )
    if spec.token_file is not None and not profile.reads_token_file:
        raise LaunchError(
            f"{profile.label} reads no token file; download the model first, and start it from"
            " there."
            if profile.needs_model
            else f"{profile.label} needs no Hugging Face token; leave it out.",
            "token_file",
        )


def _check_places(profile: LaunchProfile, spec: LaunchSpec) -> None:
    for field, path in (("token_file", spec.token_file), ("weights", spec.weights)):
        if path is not None and (not path.startswith("/") or not path.isprintable()):
            raise LaunchError(f"{path!r} is no whole path; begin it with /.", field)
    if spec.weights is not None and profile.weights_folder is None:
        raise LaunchError(f"{profile.label} takes no folder of models; leave it out.", "weights")


def _check_texts(spec: LaunchSpec) -> None:
    for name, value in spec.environment.items():
        if not VARIABLE.fullmatch(name):
            raise LaunchError(
                f"{name!r} is no variable's name; use letters, digits and `_`.", "environment"
            )
        if "\0" in value:
            raise LaunchError(f"{name} holds a zero byte; leave it out.", "environment")
    for word in spec.arguments:
        if not word.isprintable():
            raise LaunchError(f"The argument {word!r} cannot be printed; mend it.", "arguments")
