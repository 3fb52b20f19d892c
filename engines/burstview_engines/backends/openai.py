"""Any other OpenAI-compatible server: it gets nothing that a strict one could refuse."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import decoded
from burstview_engines.backends.profile import Answers, Facts, Field, Profile, advise
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan


class _Model(msgspec.Struct, frozen=True):
    id: str


class _Models(msgspec.Struct, frozen=True):
    data: list[_Model]


def recognises(answers: Answers) -> bool:
    """It lists models the OpenAI way."""
    return decoded(answers.get("/v1/models"), _Models) is not None


def facts(answers: Answers, model: str | None) -> Facts:
    """The common interface tells nothing beyond the models' names."""
    return Facts()


def extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    """None, whatever was chosen."""
    return {}


PROFILE = Profile(
    engine="openai",
    label="the server",
    port=None,
    recognises=recognises,
    details=(),
    facts=facts,
    extras=extras,
    silent_end="it was stopped or died while the answer ran",
    advice=(
        advise(
            r"max_completion_tokens",
            "this server does not take max_tokens, which burstview sends; choose another model",
        ),
    ),
)
