"""All engines that can be started."""

from __future__ import annotations

from burstview_engines.core.backend import Engine
from burstview_engines.launch import llamacpp, ollama, sglang, vllm
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.profile import LaunchProfile

LAUNCH: dict[Engine, LaunchProfile] = {
    module.PROFILE.engine: module.PROFILE for module in (ollama, vllm, llamacpp, sglang)
}


def profile_of(engine: Engine) -> LaunchProfile:
    """Raises LaunchError for a family that nobody here knows how to start."""
    profile = LAUNCH.get(engine)
    if profile is None:
        known = ", ".join(LAUNCH)
        raise LaunchError(
            f"No engine of the family {engine} can be started; choose one of {known}.", "engine"
        )
    return profile
