"""SGLang's /metrics, as its source names them: none was captured."""

from __future__ import annotations

from burstview_engines.backends.gauges import GaugePath, Gauges, metrics_of
from burstview_engines.backends.prometheus import Metrics, whole

RUNNING = "sglang:num_running_reqs"
WAITING = "sglang:num_queue_reqs"
USAGE = "sglang:token_usage"
CAPACITY = "sglang:max_total_num_tokens"
PAGE = "sglang:page_size"
RETRACTED = "sglang:num_retracted_requests_total"
HIT_RATE = "sglang:cache_hit_rate"
SPEED = "sglang:gen_throughput"
PROMPT = "sglang:prompt_tokens_total"
OUTPUT = "sglang:generation_tokens_total"
CACHED = "sglang:cached_tokens_total"
QUEUE = "sglang:queue_time_seconds"
NAMES = (
    *(RUNNING, WAITING, USAGE, CAPACITY, PAGE, RETRACTED, HIT_RATE, SPEED, PROMPT, OUTPUT, CACHED),
    *(f"{QUEUE}_{part}" for part in ("sum", "count")),
)
REPLICA = "dp_rank"
"""Replicas share the requests; all other ranks work on the same ones and repeat the figures."""


def read(text: str, model: str | None = None) -> Gauges:
    """Raises UnreadableGauges."""
    metrics = metrics_of(text, NAMES)
    return Gauges(
        running=_count(metrics, RUNNING),
        waiting=_count(metrics, WAITING),
        kv_usage=metrics.share(USAGE),
        kv_capacity_tokens=_count(metrics, CAPACITY),
        kv_block_tokens=whole(max((s.value for s in metrics.of(PAGE)), default=None)),
        preemptions=_count(metrics, RETRACTED),
        prompt_tokens=_count(metrics, PROMPT),
        output_tokens=_count(metrics, OUTPUT),
        prefix_queries=_count(metrics, PROMPT) if metrics.of(CACHED) else None,
        prefix_hits=metrics.count(CACHED),
        prefix_hit_rate=metrics.share(HIT_RATE),
        output_tokens_per_second=metrics.total_of_largest(REPLICA, SPEED),
        queue_seconds=metrics.total_of_largest(REPLICA, f"{QUEUE}_sum"),
        queue_count=_count(metrics, f"{QUEUE}_count"),
    )


def _count(metrics: Metrics, name: str) -> int | None:
    return whole(metrics.total_of_largest(REPLICA, name))


PATH = GaugePath(
    "/metrics", "metrics", read, off={404: "start SGLang with --enable-metrics to see its load"}
)
