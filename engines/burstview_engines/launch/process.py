"""A spec becomes the command of a local process. Pure."""

from __future__ import annotations

from burstview_engines.launch.checked import checked
from burstview_engines.launch.container import model_words, offline_variables
from burstview_engines.launch.identity import check_name
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import profile_of
from burstview_engines.launch.spec import ALL_GPUS, LaunchSpec, ProcessPlan
from burstview_engines.launch.words import arguments, variables

NO_GPU_SEEN = "-1"
"""Hides all GPUs; to CUDA an empty text does the same, but engines read it as unset."""


def process_plan(spec: LaunchSpec, *, name: str, port: int) -> ProcessPlan:
    """The same options as a container's, on loopback unless the LAN was chosen.

    An API key is not in it: it goes by the profile's `api_key_env`, which is written nowhere.
    Raises LaunchError for what makes no sense.
    """
    spec = checked(spec)
    profile = profile_of(spec.engine)
    host = "0.0.0.0" if spec.lan else "127.0.0.1"
    return ProcessPlan(
        name=check_name(name),
        argv=_argv(profile, spec, host, port),
        environment=_environment(profile, spec, f"{host}:{port}"),
        url=f"http://127.0.0.1:{port}",
    )


def _argv(profile: LaunchProfile, spec: LaunchSpec, host: str, port: int) -> tuple[str, ...]:
    if profile.listen_env is not None:
        return profile.process
    model = model_words(profile, spec.model)
    return (
        *profile.process,
        *(model[1:] if profile.positional_model else model),
        *("--host", host, "--port", str(port)),
        *arguments(profile, spec.options),
        *spec.arguments,
    )


def _environment(profile: LaunchProfile, spec: LaunchSpec, address: str) -> dict[str, str]:
    found = dict(profile.environment)
    if spec.offline:
        found |= offline_variables(profile)
    if profile.listen_env is not None:
        found[profile.listen_env] = address
    if spec.weights is not None and profile.weights_env is not None:
        found[profile.weights_env] = spec.weights
    if spec.token_file is not None:
        found["HF_TOKEN_PATH"] = spec.token_file
    if spec.gpus != ALL_GPUS:
        found["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # numbers as nvidia-smi counts
        found["CUDA_VISIBLE_DEVICES"] = ",".join(spec.gpus) or NO_GPU_SEEN
    return found | variables(profile, spec.options) | spec.environment
