"""SGLang: recognised by /server_info or the owner of its models. Its bytes follow its source."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import ModelList, decoded
from burstview_engines.backends.profile import Answers, Facts, Field, Profile, advise
from burstview_engines.backends.sglang_gauges import PATH
from burstview_engines.backends.thinking import template_switch
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan


class _Info(msgspec.Struct, frozen=True):
    version: str | None = None
    max_total_num_tokens: int | None = None
    max_running_requests: int | None = None
    context_length: int | None = None
    quantization: str | None = None
    mem_fraction_static: float | None = None


def recognises(answers: Answers) -> bool:
    """/server_info is its own; a bare 200 is not enough, a proxy may answer all paths."""
    listed = decoded(answers.get("/v1/models"), ModelList)
    if listed is not None and any(model.owned_by == "sglang" for model in listed.data):
        return True
    info = decoded(answers.get("/server_info"), _Info)
    return info is not None and info.mem_fraction_static is not None


def facts(answers: Answers, model: str | None) -> Facts:
    """max_running_requests is None in /server_info when the server chose it itself."""
    info = decoded(answers.get("/server_info"), _Info) or _Info()
    listed = decoded(answers.get("/v1/models"), ModelList)
    chosen = [m.max_model_len for m in listed.data if model in (None, m.id)] if listed else []
    return Facts(
        version=info.version,
        seats=info.max_running_requests,
        context_tokens=info.context_length or (chosen[0] if chosen else None),
        kv_tokens=info.max_total_num_tokens,
        quant=info.quantization,
        loaded=True if listed else None,
    )


def extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    """The same names as vLLM's."""
    forced: dict[str, Field] = (
        {"ignore_eos": True, "min_tokens": plan.max_tokens} if plan.equal_lengths else {}
    )
    return forced | template_switch(plan)


PROFILE = Profile(
    engine="sglang",
    label="SGLang",
    port=30000,
    recognises=recognises,
    details=("/server_info", "/v1/models"),
    facts=facts,
    extras=extras,
    forces_length=True,
    gauges=(PATH,),
    images=("lmsysorg/sglang:*",),
    commands=("sglang.launch_server", "sglang serve"),
    silent_end="it was stopped or died while the answer ran",
    advice=(
        advise(
            r"request queue is full",
            "fire fewer requests, or raise --max-queued-requests",
        ),
        advise(
            r"longer than the model's context|exceeds the model's maximum context",
            "send a shorter prompt, ask for fewer tokens, or raise --context-length",
        ),
    ),
)
