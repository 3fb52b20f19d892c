"""A spec becomes what Docker is asked to create. Pure: what only the machine knows is `Setup`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from burstview_engines.launch.checked import checked
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import check_name, image_of, spec_hash, volume_name
from burstview_engines.launch.key_file import KEY_PATH, TOKEN_PATH, key_program
from burstview_engines.launch.place import inner_path, is_file, is_path, model_mount
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import profile_of
from burstview_engines.launch.spec import (
    ContainerPlan,
    GpuWay,
    LaunchSpec,
    MountPlan,
    PortBinding,
)
from burstview_engines.launch.words import arguments, variables

LABEL = "io.burstview."
PIDS = 16_384
"""Threads count too, and a compiler on a big machine starts thousands."""
LOGS = {"max-size": "10m", "max-file": "3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What only the machine knows."""

    user: str
    """Volumes are shared by the containers of one user."""
    owner: str
    """`user@host`: whose container it is."""
    session: str
    name: str | None = None
    """Chosen where the spec has none; the spec's wins."""
    port: int | None = None
    """The same; None in both: any free one, chosen by Docker."""
    gpu_way: GpuWay = "device-request"
    """`none` where the daemon has no GPUs: the container is made without."""
    hub_folder: str | None = None
    """A folder of this machine that holds the model in the layout of the profile's
    `weights_folder`; mounted read-only."""
    model_file: str | None = None
    """The model as a file or folder of this machine, where its name is no path itself."""
    token_file: str | None = None
    """Instead of the spec's, such as a copy that the engine can read."""
    key_file: str | None = None
    """Holds the API key; readable by its owner only."""
    private_files: bool = False
    """A mounted file can be read by its owner only, who is not the engine's user: the engine
    needs the capability to read it all the same."""
    is_simulated: bool = False
    """The image holds an embedded engine."""


def container_plan(spec: LaunchSpec, setup: Setup) -> ContainerPlan:
    """Loopback ports, no restart policy, no capability that is not needed, bounded logs; secrets
    in files alone. Raises LaunchError for what makes no sense."""
    spec = checked(spec)
    profile = profile_of(spec.engine)
    name = check_name(spec.name or setup.name or "")
    gpus = spec.gpus if setup.gpu_way != "none" else ()
    program = key_program(profile) if _key(spec, setup) else None
    return ContainerPlan(
        name=name,
        image=spec.image or image_of(profile, gpus),
        entrypoint=program[:1] if program else None,
        command=(*_program(profile, program), *_command(profile, spec, setup)),
        environment=_environment(profile, spec, setup),
        ports=(port_binding(profile, spec.port or setup.port, lan=spec.lan),),
        mounts=tuple(_mounts(profile, spec, setup)),
        gpus=gpus,
        gpu_way=setup.gpu_way if gpus else "none",
        shm_bytes=profile.shm_bytes,
        ipc="private",
        labels=labels(spec, setup),
        cap_drop=("ALL",),
        cap_add=("DAC_OVERRIDE",) if setup.private_files else (),
        security=("no-new-privileges:true",),
        pids_limit=PIDS,
        init=True,
        log_options=dict(LOGS),
        stop_seconds=profile.stop_seconds,
    )


def labels(spec: LaunchSpec, setup: Setup) -> dict[str, str]:
    """Who started what, so that another session can show it and start it anew; no secret is in
    them. The port is the one inside: the daemon tells where it is published."""
    found = {
        "managed": "true",
        "engine": spec.engine,
        "owner": setup.owner,
        "session": setup.session,
        "port": str(profile_of(spec.engine).port),
        "spec-hash": spec_hash(spec),
        "spec": msgspec.json.encode(spec).decode(),
    }
    simulated = {"simulated": "true"} if setup.is_simulated else {}
    return {LABEL + name: value for name, value in (found | simulated).items()}


def volume_labels(spec: LaunchSpec, setup: Setup) -> dict[str, str]:
    """Of the volumes that a start creates; they outlive it and its session."""
    kept = ("managed", "engine", "owner")
    return {LABEL + name: labels(spec, setup)[LABEL + name] for name in kept}


def port_binding(profile: LaunchProfile, port: int | None, *, lan: bool) -> PortBinding:
    """Loopback, or every IPv4 address of the machine."""
    return PortBinding(container=profile.port, host=port, ip="0.0.0.0" if lan else "127.0.0.1")


def model_words(profile: LaunchProfile, model: str | None) -> tuple[str, ...]:
    """How a container's engine is told its model; empty where models come by request."""
    if model is None or profile.model_flag is None:
        return ()
    if profile.file_flag is not None and is_file(model):
        return (profile.file_flag, model)
    return (profile.model_flag, model)


def offline_variables(profile: LaunchProfile) -> dict[str, str]:
    """What keeps an engine from asking the network for models."""
    return dict(profile.offline_environment)


def _program(profile: LaunchProfile, program: tuple[str, ...] | None) -> tuple[str, ...]:
    """What comes before the arguments: of an image with an entrypoint of its own, nothing."""
    if program is None:
        return profile.command
    return (*program[1:], *profile.process)


def _command(profile: LaunchProfile, spec: LaunchSpec, setup: Setup) -> tuple[str, ...]:
    if profile.model_flag is None:
        return ()
    path = _path(spec, setup)
    model = inner_path(path) if path is not None else spec.model
    has_file = _key(spec, setup) and profile.api_key_file_flag is not None
    return (
        *model_words(profile, model),
        *(("--host", "0.0.0.0", "--port", str(profile.port)) if profile.command else ()),
        *arguments(profile, spec.options),
        *_served_name(profile, spec, path),
        *((str(profile.api_key_file_flag), KEY_PATH) if has_file else ()),
        *spec.arguments,
    )


def _served_name(profile: LaunchProfile, spec: LaunchSpec, path: str | None) -> tuple[str, ...]:
    """A model that was found on this machine keeps the name that the person gave it."""
    option = profile.option("served-model-name") or profile.option("alias")
    if path is None or is_path(spec.model) or option is None or option.name in spec.options:
        return ()
    return (str(option.flag), spec.model or "")


def _path(spec: LaunchSpec, setup: Setup) -> str | None:
    """The model's file or folder on this machine."""
    return setup.model_file or (spec.model if is_path(spec.model) else None)


def _key(spec: LaunchSpec, setup: Setup) -> str | None:
    if spec.api_key_env is not None and setup.key_file is None:
        raise LaunchError(
            f"The API key in {spec.api_key_env} was not written to a file for the container.",
            "api_key_env",
        )
    return setup.key_file if spec.api_key_env is not None else None


def _environment(profile: LaunchProfile, spec: LaunchSpec, setup: Setup) -> dict[str, str]:
    own = dict(profile.environment)
    if spec.offline:
        own |= offline_variables(profile)
    if _weights(spec, setup) is not None:
        own |= dict(profile.weights_environment)
    if spec.token_file is not None:
        own["HF_TOKEN_PATH"] = TOKEN_PATH
    return own | variables(profile, spec.options) | spec.environment


def _mounts(profile: LaunchProfile, spec: LaunchSpec, setup: Setup) -> Iterator[MountPlan]:
    for suffix, target in ((profile.volume, profile.cache), *profile.more_volumes):
        yield MountPlan(kind="volume", source=volume_name(setup.user, suffix), target=target)
    weights = _weights(spec, setup)
    if weights is not None and profile.weights_folder is not None:
        yield _bind(weights, profile.weights_folder)
    path = _path(spec, setup)
    if path is not None:
        yield model_mount(path)
    if spec.token_file is not None:
        yield _bind(setup.token_file or spec.token_file, TOKEN_PATH)
    key = _key(spec, setup)
    if key is not None:
        yield _bind(key, KEY_PATH)


def _weights(spec: LaunchSpec, setup: Setup) -> str | None:
    return spec.weights or setup.hub_folder


def _bind(source: str, target: str) -> MountPlan:
    return MountPlan(kind="bind", source=source, target=target, read_only=True)
