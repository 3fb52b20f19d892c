"""How a running engine was started, read from its command, variables, ports and mounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from burstview_engines.launch.container import LABEL
from burstview_engines.launch.key_file import TOKEN_PATH
from burstview_engines.launch.mask import is_secret
from burstview_engines.launch.option import Option
from burstview_engines.launch.pieces import Piece, take_apart
from burstview_engines.launch.place import MODELS_PATH
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.spec import (
    ALL_GPUS,
    NO_GPU,
    ContainerPlan,
    LaunchSpec,
    PortBinding,
)
from burstview_engines.launch.words import chosen_value, from_variable

EVERYWHERE = ("", "0.0.0.0", "::")
PREFIXES = (
    "OLLAMA_",
    "VLLM_",
    "LLAMA_",
    "SGLANG_",
    "HF_",
    "TRANSFORMERS_",
    "GGML_",
    "NCCL_",
    "TORCH_",
)
"""Of the variables of a local process, those that an engine reads: a process has the whole
environment of who started it."""

_SET_BY_START = ("HF_TOKEN_PATH", "OLLAMA_HOST", "LLAMA_ARG_HOST", "LLAMA_ARG_PORT")
_MODEL_VARIABLES = ("LLAMA_ARG_MODEL", "LLAMA_ARG_HF_REPO")
_GPU_CHOICE = "NVIDIA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A command and its variables, taken apart."""

    options: dict[str, str]
    """By option name, as a spec has them: defaults and what is ours are left out."""
    arguments: tuple[str, ...]
    """What is left of the command; secrets are not."""
    environment: dict[str, str]
    """What is left of the variables; secrets are not."""
    model: str | None
    pieces: tuple[Piece, ...]
    """All words of the command, in order."""
    by_variable: frozenset[str] = frozenset()
    """Options that a variable alone tells."""
    is_offline: bool = False


def read_options(
    profile: LaunchProfile, command: Sequence[str], environment: Mapping[str, str]
) -> ReadBack:
    """Flags win over variables, the last over those before, as in the engines. A value that the
    option does not take stays where it was: the engine may know more words than we do."""
    taken = take_apart(profile, command)
    told = _told(profile, taken, environment)
    values = {
        name: value
        for name, text in told.items()
        if (value := chosen_value(_known(profile, name), text, told)) is not None
    }
    pieces = tuple(_settled(piece, values) for piece in taken)
    return ReadBack(
        options=_as_chosen(profile, values, taken, environment),
        arguments=tuple(word for p in pieces if p.role == "rest" for word in p.words),
        environment=_rest(profile, environment, values),
        model=_model(pieces, environment),
        pieces=pieces,
        by_variable=frozenset(values) - {p.option.name for p in pieces if p.option is not None},
        is_offline=_is_offline(profile, environment),
    )


def spec_from(profile: LaunchProfile, plan: ContainerPlan) -> LaunchSpec:
    """The spec that such a container could have been started with; secrets are left out.

    Of a container of ours the label tells more: `labelled_spec`. The plan's variables are best
    given without those of its image.
    """
    read = read_options(profile, plan.command, plan.environment)
    port = engine_port(profile, plan)
    return LaunchSpec(
        engine=profile.engine,
        name=plan.name,
        image=plan.image,
        model=_outer_model(plan, read.model),
        options=read.options,
        arguments=read.arguments,
        environment=read.environment,
        gpus=gpus_of(plan),
        port=port.host if port else None,
        lan=is_open(plan),
        offline=read.is_offline,
        token_file=_mounted(plan, TOKEN_PATH),
        weights=_mounted(plan, profile.weights_folder or ""),
    )


def spec_from_process(
    profile: LaunchProfile, name: str, argv: Sequence[str], environment: Mapping[str, str]
) -> LaunchSpec:
    """The same of a local process; of its variables only those count that engines read."""
    own = {n: v for n, v in environment.items() if n.startswith(PREFIXES)}
    read = read_options(profile, argv, own)
    address = _address(profile, read.pieces, environment)
    host, _, port = address.rpartition(":")
    kept = {n: v for n, v in read.environment.items() if n != profile.weights_env}
    return LaunchSpec(
        engine=profile.engine,
        place="process",
        name=name,
        model=read.model,
        options=read.options,
        arguments=read.arguments,
        environment=kept,
        gpus=_seen_gpus(environment.get("CUDA_VISIBLE_DEVICES")),
        port=int(port) if port.isdecimal() else profile.port,
        lan=host.removeprefix("http://").strip("[]") in ("0.0.0.0", "::"),
        offline=read.is_offline,
        token_file=environment.get("HF_TOKEN_PATH"),
        weights=environment.get(profile.weights_env) if profile.weights_env else None,
    )


def labelled_spec(labels: Mapping[str, str]) -> LaunchSpec | None:
    """The spec that burstview started it with; None for other containers and damaged labels."""
    try:
        return msgspec.json.decode(labels.get(LABEL + "spec", "").encode(), type=LaunchSpec)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def engine_port(profile: LaunchProfile, plan: ContainerPlan) -> PortBinding | None:
    """Where the engine is published; the IPv4 binding of two."""
    found = [port for port in plan.ports if port.container == profile.port]
    return min(found, key=lambda port: ":" in port.ip, default=None)


def is_open(plan: ContainerPlan) -> bool:
    """Whether other machines reach a port of it."""
    return any(not port.ip.startswith("127.") and port.ip != "::1" for port in plan.ports)


def gpus_of(plan: ContainerPlan) -> tuple[str, ...]:
    """Those asked for; NVIDIA's runtime gives what a variable says, without one all that the image
    wants."""
    if plan.gpus:
        return plan.gpus
    if plan.runtime != "nvidia":
        return NO_GPU
    seen = plan.environment.get(_GPU_CHOICE, "all")
    return NO_GPU if seen in ("", "none", "void") else tuple(seen.split(","))


def _told(
    profile: LaunchProfile, pieces: Sequence[Piece], environment: Mapping[str, str]
) -> dict[str, str]:
    """What is told of each option: by variable, else by its last flag."""
    told = {
        option.name: from_variable(option, environment[option.env])
        for option in profile.options
        if option.env is not None and environment.get(option.env)
    }
    return told | {piece.option.name: piece.told for piece in pieces if piece.option is not None}


def _model(pieces: Sequence[Piece], environment: Mapping[str, str]) -> str | None:
    told = [piece.told for piece in pieces if piece.role == "model"]
    told = told or [environment[name] for name in _MODEL_VARIABLES if environment.get(name)]
    return told[-1] if told else None


def _known(profile: LaunchProfile, name: str) -> Option:
    return next(option for option in profile.options if option.name == name)


def _settled(piece: Piece, values: Mapping[str, str]) -> Piece:
    """An option whose value is none of its own is any word."""
    if piece.option is None or piece.option.name in values:
        return piece
    return Piece("rest", piece.words)


def _as_chosen(
    profile: LaunchProfile,
    values: Mapping[str, str],
    pieces: Sequence[Piece],
    environment: Mapping[str, str],
) -> dict[str, str]:
    """A switch of ours that nobody turned on was left off; one that is on as we want it was not
    chosen."""
    found = {}
    told = {piece.option.name for piece in pieces if piece.option is not None}
    for option in profile.options:
        is_told = option.name in told or (option.env is not None and option.env in environment)
        if option.ours is not None and not is_told:
            found[option.name] = "off"
        elif option.name in values and values[option.name] != option.ours:
            found[option.name] = values[option.name]
    return found


def _rest(
    profile: LaunchProfile, environment: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    own = {*profile.environment, *profile.weights_environment}
    if _is_offline(profile, environment):
        own |= set(profile.offline_environment)
    taken = {o.env for o in profile.options if o.env is not None and o.name in values}
    return {
        name: value
        for name, value in environment.items()
        if (name, value) not in own
        and name not in taken
        and name not in (*_SET_BY_START, *_MODEL_VARIABLES, _GPU_CHOICE)
        and not is_secret(name, value)
    }


def _is_offline(profile: LaunchProfile, environment: Mapping[str, str]) -> bool:
    wanted = profile.offline_environment
    return bool(wanted) and all(environment.get(name) == value for name, value in wanted)


def _outer_model(plan: ContainerPlan, model: str | None) -> str | None:
    """A model that is mounted under our path, as it is called on this machine."""
    if model is None or not model.startswith(f"{MODELS_PATH}/"):
        return model
    for mount in plan.mounts:
        if mount.kind == "bind" and mount.target == model:
            return mount.source
        if mount.kind == "bind" and mount.target == MODELS_PATH:
            return mount.source.rstrip("/") + model.removeprefix(MODELS_PATH)
    return model


def _mounted(plan: ContainerPlan, target: str) -> str | None:
    return next((m.source for m in plan.mounts if m.kind == "bind" and m.target == target), None)


def _address(
    profile: LaunchProfile, pieces: Sequence[Piece], environment: Mapping[str, str]
) -> str:
    if profile.listen_env is not None:
        return environment.get(profile.listen_env, f"127.0.0.1:{profile.port}")
    return f"{_own(pieces, '--host') or ''}:{_own(pieces, '--port') or profile.port}"


def _own(pieces: Sequence[Piece], flag: str) -> str | None:
    for piece in pieces:
        name, sign, inline = piece.words[0].partition("=")
        if piece.role == "own" and name == flag:
            return inline if sign else (piece.words[1] if len(piece.words) > 1 else None)
    return None


def _seen_gpus(visible: str | None) -> tuple[str, ...]:
    if visible is None:
        return ALL_GPUS
    return tuple(gpu for gpu in visible.split(",") if gpu not in ("", "-1"))
