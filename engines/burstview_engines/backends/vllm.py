"""vLLM: recognised by the owner of its models; /metrics tells the size of its KV cache."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import ModelList, decoded
from burstview_engines.backends.profile import (
    Answer,
    Answers,
    Facts,
    Field,
    Gauges,
    Profile,
    advise,
)
from burstview_engines.backends.prometheus import samples, total
from burstview_engines.backends.thinking import template_switch
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


def gauges(text: str) -> Gauges:
    """Summed over the engines of a data-parallel server, where usage is the fullest one's."""
    running = total(text, "vllm:num_requests_running")
    waiting = total(text, "vllm:num_requests_waiting")
    names = ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")
    usages = [sample.value for sample in samples(text) if sample.name in names]
    return Gauges(
        None if running is None else int(running),
        None if waiting is None else int(waiting),
        max(usages, default=None),
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
    sizes = [
        int(labels["kv_cache_size_tokens"])
        for name, labels, _ in samples(metrics.body.decode("utf-8", "replace"))
        if name == "vllm:cache_config_info" and labels.get("kv_cache_size_tokens", "").isdigit()
    ]
    return sum(sizes) if sizes else _blocks(metrics)


def _blocks(metrics: Answer) -> int | None:
    """Older versions tell blocks only."""
    for name, labels, _ in samples(metrics.body.decode("utf-8", "replace")):
        size, count = labels.get("block_size", ""), labels.get("num_gpu_blocks", "")
        if name == "vllm:cache_config_info" and size.isdigit() and count.isdigit():
            return int(size) * int(count)
    return None


PROFILE = Profile(
    engine="vllm",
    label="vLLM",
    port=8000,
    recognises=recognises,
    details=("/version", "/v1/models", "/metrics"),
    facts=facts,
    extras=extras,
    forces_length=True,
    gauges_path="/metrics",
    gauges=gauges,
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
