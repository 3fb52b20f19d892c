"""vLLM's /metrics, by the names of all versions since V1; several engines' figures are summed."""

from __future__ import annotations

from burstview_engines.backends.gauges import GaugePath, Gauges, metrics_of
from burstview_engines.backends.prometheus import Metrics

RUNNING = "vllm:num_requests_running"
WAITING = "vllm:num_requests_waiting"
USAGES = ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")
"""A share of 0 to 1 despite its name; the second one until late in 2025."""
CONFIG = "vllm:cache_config_info"
PREEMPTIONS = "vllm:num_preemptions_total"
PROMPT = "vllm:prompt_tokens_total"
OUTPUT = "vllm:generation_tokens_total"
QUERIES = ("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total")
HITS = ("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total")
STEPS = "vllm:iteration_tokens_total"
QUEUE = "vllm:request_queue_time_seconds"
PREFILL = "vllm:request_prefill_time_seconds"
DECODE = "vllm:request_decode_time_seconds"
HISTOGRAMS = (STEPS, QUEUE, PREFILL, DECODE)
NAMES = (
    *(RUNNING, WAITING, *USAGES, CONFIG, PREEMPTIONS, PROMPT, OUTPUT, *QUERIES, *HITS),
    *(f"{name}_{part}" for name in HISTOGRAMS for part in ("sum", "count")),
)


def read(text: str, model: str | None = None) -> Gauges:
    """Usage is the fullest engine's. Raises UnreadableGauges."""
    metrics = metrics_of(text, NAMES)
    return Gauges(
        running=metrics.count(RUNNING),
        waiting=metrics.count(WAITING),
        kv_usage=metrics.share(*USAGES),
        kv_capacity_tokens=_capacity(metrics),
        kv_block_tokens=_block_tokens(metrics),
        preemptions=metrics.count(PREEMPTIONS),
        prompt_tokens=metrics.count(PROMPT),
        output_tokens=metrics.count(OUTPUT),
        prefix_queries=metrics.count(*QUERIES),
        prefix_hits=metrics.count(*HITS),
        steps=metrics.count(f"{STEPS}_count"),
        step_tokens=metrics.count(f"{STEPS}_sum"),
        queue_seconds=metrics.total(f"{QUEUE}_sum"),
        queue_count=metrics.count(f"{QUEUE}_count"),
        prefill_seconds=metrics.total(f"{PREFILL}_sum"),
        prefill_count=metrics.count(f"{PREFILL}_count"),
        decode_seconds=metrics.total(f"{DECODE}_sum"),
        decode_count=metrics.count(f"{DECODE}_count"),
    )


def kv_tokens(text: str) -> int | None:
    """What the whole KV cache holds, as the labels of its configuration tell."""
    return _capacity(Metrics(text, (CONFIG,)))


def _capacity(metrics: Metrics) -> int | None:
    """Older versions tell blocks only."""
    told = metrics.label_total(CONFIG, "kv_cache_size_tokens")
    if told is not None:
        return told
    blocks, size = metrics.label_total(CONFIG, "num_gpu_blocks"), _block_tokens(metrics)
    return None if blocks is None or size is None else blocks * size


def _block_tokens(metrics: Metrics) -> int | None:
    """All engines of a server have the same."""
    sizes = {sample.labels.get("block_size", "") for sample in metrics.of(CONFIG)}
    size = next(iter(sizes)) if len(sizes) == 1 else ""
    return int(size) if size.isascii() and size.isdigit() and len(size) < 10 else None


PATH = GaugePath(
    "/metrics", "metrics", read, off={404: "ask vLLM itself, not a gateway in front of it"}
)
