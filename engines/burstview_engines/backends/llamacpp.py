"""llama.cpp's server: recognised by its Server header or /props, which also tells its slots."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import decoded
from burstview_engines.backends.llamacpp_gauges import PATHS
from burstview_engines.backends.profile import Answers, Facts, Field, Profile, advise
from burstview_engines.backends.thinking import template_switch
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan


class _Generation(msgspec.Struct, frozen=True):
    n_ctx: int | None = None


class _Props(msgspec.Struct, frozen=True):
    total_slots: int
    default_generation_settings: _Generation = _Generation()
    model_ftype: str | None = None
    build_info: str | None = None
    chat_template: str | None = None


class _Meta(msgspec.Struct, frozen=True):
    n_ctx: int | None = None
    ftype: str | None = None


class _Model(msgspec.Struct, frozen=True):
    id: str
    owned_by: str | None = None
    meta: _Meta | None = None


class _Models(msgspec.Struct, frozen=True):
    data: list[_Model] = []


def recognises(answers: Answers) -> bool:
    """Every answer of it carries `Server: llama.cpp`, the 503 of a loading model too."""
    if any(answer.headers.get("server", "") == "llama.cpp" for answer in answers.values()):
        return True
    listed = decoded(answers.get("/v1/models"), _Models)
    owned = listed is not None and any(m.owned_by == "llamacpp" for m in listed.data)
    return owned or decoded(answers.get("/props"), _Props) is not None


def facts(answers: Answers, model: str | None) -> Facts:
    """`n_ctx` is one slot's. A pool shared by all slots shows as the same figure."""
    props = decoded(answers.get("/props"), _Props)
    listed = decoded(answers.get("/v1/models"), _Models)
    metas = [m.meta for m in listed.data if m.meta and model in (None, m.id)] if listed else []
    meta = metas[0] if metas else _Meta()
    context = props.default_generation_settings.n_ctx if props else None
    return Facts(
        version=(props.build_info or None) if props else None,
        seats=props.total_slots if props else None,
        context_tokens=context or meta.n_ctx,
        quant=(props.model_ftype if props else None) or meta.ftype or None,
        thinks="enable_thinking" in props.chat_template if props and props.chat_template else None,
        loaded=True if listed else None,
    )


def extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    """There is no min_tokens; `ignore_eos` alone runs to max_tokens."""
    forced: dict[str, Field] = {"ignore_eos": True} if plan.equal_lengths else {}
    return forced | template_switch(plan)


PROFILE = Profile(
    engine="llamacpp",
    label="llama.cpp",
    port=8080,
    recognises=recognises,
    details=("/props", "/v1/models"),
    facts=facts,
    extras=extras,
    forces_length=True,
    gauges=PATHS,
    images=("ggml-org/llama.cpp:server*", "ggerganov/llama.cpp:server*"),
    commands=("llama-server",),
    silent_end="it was stopped or died while the answer ran",
    advice=(
        advise(r"loading model", "wait until the model is loaded, then fire again"),
        advise(
            r"exceeds the available context size|context size has been exceeded",
            "send a shorter prompt, ask for fewer tokens, or start it with a larger -c",
        ),
        advise(
            r"does not support metrics",
            "start llama-server with --metrics to see its queue",
        ),
    ),
)
