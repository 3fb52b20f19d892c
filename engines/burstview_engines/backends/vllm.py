"""vLLM: recognised by the owner of its models; /metrics tells the size of its KV cache."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import ModelList, decoded
from burstview_engines.backends.profile import Answer, Answers, Facts, Field, Profile, advise
from burstview_engines.backends.thinking import template_switch
from burstview_engines.backends.vllm_gauges import PATH, kv_tokens
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan


class _Version(msgspec.Struct, frozen=True):
    version: str


def recognises(answers: Answers) -> bool:
    """Its models are owned by "vllm", whatever name they are served under."""
    listed = decoded(answers.get("/v1/models"), ModelList)
    return listed is not None and any(model.owned_by == "vllm" for model in listed.data)


def facts(answers: Answers, model: str | None) -> Facts:
    """No endpoint tells max-num-seqs; the KV capacity is in the labels of `cache_config_info`."""
    version = decoded(answers.get("/version"), _Version)
    listed = decoded(answers.get("/v1/models"), ModelList)
    chosen = [entry for entry in listed.data if model in (None, entry.id)] if listed else []
    return Facts(
        version=version.version if version else None,
        context_tokens=chosen[0].max_model_len if chosen else None,
        kv_tokens=_kv_tokens(answers.get("/metrics")),
        loaded=True if listed else None,
    )


def extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    """`min_tokens` above `max_tokens` is a 400, so both are the same."""
    forced: dict[str, Field] = (
        {"ignore_eos": True, "min_tokens": plan.max_tokens} if plan.equal_lengths else {}
    )
    return forced | template_switch(plan)


def _kv_tokens(metrics: Answer | None) -> int | None:
    if metrics is None or not metrics.is_ok:
        return None
    return kv_tokens(metrics.body.decode("utf-8", "replace"))


PROFILE = Profile(
    engine="vllm",
    label="vLLM",
    port=8000,
    recognises=recognises,
    details=("/version", "/v1/models", "/metrics"),
    facts=facts,
    extras=extras,
    forces_length=True,
    gauges=(PATH,),
    images=("vllm/vllm-openai*:*",),
    commands=("vllm serve", "vllm.entrypoints"),
    silent_end="it was stopped, or its API server died, while the answer ran",
    advice=(
        advise(
            r"maximum context length|longer than the maximum model length",
            "send a shorter prompt, or start vLLM with a larger --max-model-len",
        ),
        advise(
            r"max_tokens=\d+ cannot be greater",
            "ask for fewer tokens, or start vLLM with a larger --max-model-len",
        ),
        advise(
            r"currently busy and cannot accept",
            "fire fewer requests, or raise --max-num-queued-reqs",
        ),
        advise(
            r"EngineCore encountered an issue|EngineDeadError",
            "vLLM's engine process died: its log has the reason; start it again",
        ),
        advise(
            r"(no|not have a|must provide a|default) chat template",
            "choose a model with a chat template, or give vLLM one with --chat-template",
        ),
    ),
)
