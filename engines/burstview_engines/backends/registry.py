"""Every engine family we know, by name. Adding one means adding its file and a line here."""

from __future__ import annotations

from burstview_engines.backends import llamacpp, ollama, openai, sglang, vllm
from burstview_engines.backends.profile import Profile
from burstview_engines.core.backend import Engine

PROFILES: dict[Engine, Profile] = {
    "ollama": ollama.PROFILE,
    "llamacpp": llamacpp.PROFILE,
    "sglang": sglang.PROFILE,
    "vllm": vllm.PROFILE,
    "openai": openai.PROFILE,
}
"""In the order in which they are tried on an unknown server: the plainest proof first."""
