"""Names of containers, and what makes two starts alike."""

from __future__ import annotations

import hashlib
import re

import msgspec

from burstview_engines.core.backend import Engine
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_UNFIT = re.compile(r"[^a-zA-Z0-9_.-]+")


def spec_hash(spec: LaunchSpec) -> str:
    """Equal for starts that take equally long; neither name nor port count, and a default image
    is the same whether it was named or not."""
    profile = LAUNCH.get(spec.engine)
    counted = (
        spec.engine,
        spec.place,
        spec.image or (profile and spec.place == "container" and image_of(profile, spec.gpus)),
        spec.model,
        sorted(spec.options.items()),
        spec.arguments,
        sorted(spec.environment.items()),
        sorted(spec.gpus),
    )
    return hashlib.sha256(msgspec.json.encode(counted)).hexdigest()[:16]


def image_of(profile: LaunchProfile, gpus: tuple[str, ...]) -> str:
    """The pinned image, or the smaller one that needs no GPU."""
    if not gpus and profile.cpu_image is not None:
        return profile.cpu_image
    return f"{profile.image}:{profile.tag}"


def default_name(user: str, engine: Engine) -> str:
    """`burstview-ann-vllm`: twenty people may work on one machine."""
    return f"burstview-{_fit(user)}-{engine}"


def volume_name(user: str, suffix: str) -> str:
    """`burstview-ann-ollama`: shared by all containers of one user."""
    return f"burstview-{_fit(user)}-{suffix}"


def is_name(text: str) -> bool:
    """Whether Docker takes it as a container's name."""
    return _NAME.fullmatch(text) is not None


def check_name(text: str) -> str:
    """The name itself. Raises LaunchError."""
    if is_name(text):
        return text
    raise LaunchError(
        f"{text!r} is no name for an engine; use two or more letters, digits, `.`, `_` and `-`,"
        " a letter or digit first.",
        "name",
    )


def _fit(user: str) -> str:
    return _UNFIT.sub("-", user).strip("-_.") or "user"
