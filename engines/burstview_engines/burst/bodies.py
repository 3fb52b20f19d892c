"""Request bodies: the common fields, and what a recognised engine takes beyond them."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from burstview_engines.backends.profile import Field
from burstview_engines.backends.registry import PROFILES
from burstview_engines.burst.prompts import prompt_text
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan, Phase

__all__ = ["path", "prompt_text", "request_body", "temperature"]

OLLAMA_LOWEST_TEMPERATURE = 0.1
"""Ollama cuts an answer in silence when a token repeats; at 0 a small model often does that."""

_ENCODER = msgspec.json.Encoder()


def request_body(backend: Backend, plan: BurstPlan, phase: Phase, id: int) -> bytes:
    """The JSON of one chat completion.

    `max_tokens` and not `max_completion_tokens`: Ollama ignores the latter.
    """
    body: dict[str, object] = {
        "messages": [{"role": "user", "content": prompt_text(plan, phase, id)}],
        "max_tokens": plan.max_tokens,
        "stream": plan.stream,
    }
    if backend.model is not None:
        body["model"] = backend.model
    if plan.stream:
        body["stream_options"] = {"include_usage": True}
    chosen = temperature(backend, plan)
    if chosen is not None:
        body["temperature"] = chosen
    return _ENCODER.encode(body | _extras(backend, plan))


def temperature(backend: Backend, plan: BurstPlan) -> float | None:
    """What is sent: the plan's, but never 0 to Ollama; None when nothing is."""
    if plan.temperature is None or backend.engine != "ollama":
        return plan.temperature
    return max(plan.temperature, OLLAMA_LOWEST_TEMPERATURE)


def path(backend: Backend, plan: BurstPlan) -> str:
    """The path of the request line; a prefix in the backend's URL stays in front."""
    return urlsplit(backend.url).path.rstrip("/") + "/v1/chat/completions"


def _extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    return PROFILES[backend.engine].extras(backend, plan)
