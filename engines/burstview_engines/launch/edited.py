"""A container of other people with only what a changed spec asks for changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from burstview_engines.launch.checked import checked_options
from burstview_engines.launch.container import LABEL, model_words, port_binding
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import check_name, spec_hash
from burstview_engines.launch.key_file import TOKEN_PATH
from burstview_engines.launch.mask import is_secret, is_secret_flag
from burstview_engines.launch.pieces import Piece
from burstview_engines.launch.place import inner_path, model_mount
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.read_back import ReadBack, read_options, spec_from
from burstview_engines.launch.spec import ContainerPlan, GpuWay, LaunchSpec, MountPlan, PortBinding
from burstview_engines.launch.words import handed_over, option_words, variable_value


def with_options(old: ContainerPlan, profile: LaunchProfile, spec: LaunchSpec) -> ContainerPlan:
    """`spec` is what `spec_from(profile, old)` gave, edited. Words, variables, mounts and all else
    that the spec does not change stay as they are, in their order; secrets, which no spec holds,
    stay too. Raises LaunchError for what makes no sense, and for an API key, which needs a new
    container.
    """
    before = spec_from(profile, old)
    _check(before, spec)
    spec = msgspec.structs.replace(spec, options=checked_options(profile, spec.options))
    read = read_options(profile, old.command, old.environment)
    keeps_gpus = spec.gpus == before.gpus
    return msgspec.structs.replace(
        old,
        name=check_name(spec.name or old.name),
        image=spec.image or old.image,
        command=tuple(_command(profile, read, spec, _new_model(old, before, spec))),
        environment=_environment(profile, old, before, spec, read),
        ports=_ports(profile, old, before, spec),
        mounts=tuple(_mounts(profile, old, before, spec)),
        gpus=old.gpus if keeps_gpus else spec.gpus,
        gpu_way=old.gpu_way if keeps_gpus else _gpu_way(old, spec),
        labels=_labels(old.labels, spec),
    )


def _check(before: LaunchSpec, spec: LaunchSpec) -> None:
    if spec.engine != before.engine or spec.place != "container":
        raise LaunchError("Another engine, or another place, needs a new start.", "engine")
    if spec.api_key_env is not None:
        raise LaunchError(
            "An API key cannot be added to this container; start a new engine with it.",
            "api_key_env",
        )
    for name, value in spec.environment.items():
        if is_secret(name, value):
            raise LaunchError(f"{name} would show a secret; leave it out.", "environment")
    for word in spec.arguments:
        if is_secret_flag(word):
            raise LaunchError(f"{word.partition('=')[0]} would show a secret; leave it out.")


def _command(
    profile: LaunchProfile, read: ReadBack, spec: LaunchSpec, model: str | None
) -> Iterator[str]:
    """Piece by piece: kept, said anew, or left out; what is new comes at the end."""
    told = handed_over(profile, spec.options)
    keeps_rest = spec.arguments == read.arguments
    last = {p.option.name: i for i, p in enumerate(read.pieces) if p.option is not None}
    for number, piece in enumerate(read.pieces):
        if piece.option is not None:
            is_last = last[piece.option.name] == number
            yield from _said(piece, told.get(piece.option.name), is_last=is_last)
        elif piece.role == "model":
            yield from _model_said(profile, piece, model)
        elif piece.role != "rest" or keeps_rest:
            yield from piece.words
    if model is not None and not any(piece.role == "model" for piece in read.pieces):
        yield from model_words(profile, model)
    yield from _new_words(profile, read, told)
    if not keeps_rest:
        yield from spec.arguments


def _said(piece: Piece, wanted: str | None, *, is_last: bool) -> Sequence[str]:
    """The same words for the same value; the person's spelling of the flag where it serves."""
    if wanted == piece.told:
        return piece.words
    if wanted is None or piece.option is None or not is_last:
        return ()
    flag, sign, _ = piece.words[0].partition("=")
    if piece.option.kind == "switch":
        return option_words(piece.option, wanted)
    return (f"{flag}={wanted}",) if sign else (flag, wanted)


def _model_said(profile: LaunchProfile, piece: Piece, model: str | None) -> Sequence[str]:
    """`model` is None where it is to stay."""
    if model is None:
        return piece.words
    words = model_words(profile, model)
    return words[1:] if piece.words == (piece.told,) else words


def _new_words(profile: LaunchProfile, read: ReadBack, told: Mapping[str, str]) -> Iterator[str]:
    """Options that neither a flag nor a variable of the old container named."""
    named = {piece.option.name for piece in read.pieces if piece.option is not None}
    for option in profile.options:
        if option.name in told and option.name not in named | read.by_variable:
            yield from option_words(option, told[option.name])


def _environment(
    profile: LaunchProfile,
    old: ContainerPlan,
    before: LaunchSpec,
    spec: LaunchSpec,
    read: ReadBack,
) -> dict[str, str]:
    gone = set(before.environment) - set(spec.environment)
    found = {name: value for name, value in old.environment.items() if name not in gone}
    found |= spec.environment
    _set_options(profile, found, before, spec, read)
    if spec.gpus != before.gpus:
        _set_gpus(old, found, spec)
    _set_switch(found, dict(profile.offline_environment), before.offline, spec.offline)
    token = {"HF_TOKEN_PATH": TOKEN_PATH}
    _set_switch(found, token, before.token_file is not None, spec.token_file is not None)
    weights = dict(profile.weights_environment) if not spec.offline else {}
    _set_switch(found, weights, before.weights is not None, spec.weights is not None)
    return found


def _set_options(
    profile: LaunchProfile,
    environment: dict[str, str],
    before: LaunchSpec,
    spec: LaunchSpec,
    read: ReadBack,
) -> None:
    was, told = handed_over(profile, before.options), handed_over(profile, spec.options)
    for option in profile.options:
        is_variable = option.flag is None or option.name in read.by_variable
        if option.env is None or was.get(option.name) == told.get(option.name):
            continue
        environment.pop(option.env, None)
        if is_variable and option.name in told:
            environment[option.env] = variable_value(option, told[option.name])


def _set_gpus(old: ContainerPlan, environment: dict[str, str], spec: LaunchSpec) -> None:
    """To NVIDIA's runtime an image's own variable may say `all`, so that none must be said too."""
    environment.pop("NVIDIA_VISIBLE_DEVICES", None)
    if old.runtime == "nvidia" and not spec.gpus:
        environment["NVIDIA_VISIBLE_DEVICES"] = "void"


def _set_switch(
    environment: dict[str, str], variables: Mapping[str, str], was_on: bool, is_on: bool
) -> None:
    if was_on == is_on:
        return
    for name, value in variables.items():
        environment.pop(name, None)
        if is_on:
            environment[name] = value


def _ports(
    profile: LaunchProfile, old: ContainerPlan, before: LaunchSpec, spec: LaunchSpec
) -> tuple[PortBinding, ...]:
    if (spec.port, spec.lan) == (before.port, before.lan):
        return old.ports
    others = tuple(port for port in old.ports if port.container != profile.port)
    return (port_binding(profile, spec.port, lan=spec.lan), *others)


def _mounts(
    profile: LaunchProfile, old: ContainerPlan, before: LaunchSpec, spec: LaunchSpec
) -> Iterator[MountPlan]:
    targets: dict[str, str | None] = {}
    if spec.token_file != before.token_file:
        targets[TOKEN_PATH] = spec.token_file
    if spec.weights != before.weights and profile.weights_folder is not None:
        targets[profile.weights_folder] = spec.weights
    yield from (mount for mount in old.mounts if mount.target not in targets)
    for target, source in targets.items():
        if source is not None:
            yield MountPlan(kind="bind", source=source, target=target, read_only=True)
    if _needs_mount(old, before, spec):
        yield model_mount(spec.model or "")


def _needs_mount(old: ContainerPlan, before: LaunchSpec, spec: LaunchSpec) -> bool:
    """A path of this machine; one below a mounted folder is a path of the container."""
    if spec.model is None or spec.model == before.model or not spec.model.startswith("/"):
        return False
    return not any(spec.model.startswith(f"{mount.target.rstrip('/')}/") for mount in old.mounts)


def _new_model(old: ContainerPlan, before: LaunchSpec, spec: LaunchSpec) -> str | None:
    """The other model as the container calls it; None where it stays."""
    if spec.model == before.model or spec.model is None:
        return None
    return inner_path(spec.model) if _needs_mount(old, before, spec) else spec.model


def _gpu_way(old: ContainerPlan, spec: LaunchSpec) -> GpuWay:
    if not spec.gpus:
        return "none"
    return old.gpu_way if old.gpu_way != "none" else "device-request"


def _labels(old: Mapping[str, str], spec: LaunchSpec) -> dict[str, str]:
    """A container of another burstview user tells its new spec."""
    if LABEL + "spec" not in old:
        return dict(old)
    told = {
        "spec": msgspec.json.encode(spec).decode(),
        "spec-hash": spec_hash(spec),
    }
    return dict(old) | {LABEL + name: value for name, value in told.items()}
