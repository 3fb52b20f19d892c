"""vLLM's /metrics: the names of version 0.32.0, as far as the simulation can fill them truly."""

from __future__ import annotations

from burstview_engines.simulator.paged import BLOCK_TOKENS
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.statistics import Histogram

REASONS = ("stop", "length", "abort", "error", "repetition")


def exposition(served: Served) -> str:
    """All series as text."""
    label = f'engine="0",model_name="{served.model}"'
    driver, counts = served.driver, served.driver.statistics
    waiting = float(len(driver.waiting))
    return "".join(
        (
            _one("num_requests_running", "gauge", "Number of requests in model execution batches.",
                 label, len(driver.running)),
            _one("num_requests_waiting", "gauge", "Number of requests waiting to be processed.",
                 label, waiting),
            _head("num_requests_waiting_by_reason", "gauge", "Number of waiting requests by reason."),
            _line("num_requests_waiting_by_reason", f'{label},reason="capacity"', waiting),
            _line("num_requests_waiting_by_reason", f'{label},reason="deferred"', 0.0),
            _one("kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.",
                 label, served.kv_usage),
            _one("num_preemptions_total", "counter",
                 "Cumulative number of preemption from the engine.", label, counts.preemptions),
            _one("prompt_tokens_total", "counter", "Number of prefill tokens processed.",
                 label, counts.prompt_tokens),
            _one("generation_tokens_total", "counter", "Number of generation tokens processed.",
                 label, counts.generated_tokens),
            _head("request_success_total", "counter", "Count of successfully processed requests."),
            *(_line("request_success_total", f'engine="0",finished_reason="{reason}",'
                    f'model_name="{served.model}"', counts.finished[reason]) for reason in REASONS),
            _histogram("time_to_first_token_seconds", "Histogram of time to first token in seconds.",
                       served.model, counts.ttft),
            _histogram("e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.",
                       served.model, counts.e2e),
            _histogram("request_queue_time_seconds",
                       "Histogram of time spent in WAITING phase for request.",
                       served.model, counts.queue),
            _histogram("request_prefill_time_seconds",
                       "Histogram of time spent in PREFILL phase for request.",
                       served.model, counts.prefill),
            _histogram("request_decode_time_seconds",
                       "Histogram of time spent in DECODE phase for request.",
                       served.model, counts.decode),
            _cache_config(served),
        )
    )  # fmt: skip


def _cache_config(served: Served) -> str:
    kv, blocks = served.capacity.kv_tokens, served.capacity.kv_blocks
    labels = (
        f'block_size="{BLOCK_TOKENS}",cache_dtype="auto",enable_prefix_caching="False",engine="0",'
        f'kv_cache_max_concurrency="{kv / served.context_tokens}",kv_cache_size_tokens="{kv}",'
        f'num_gpu_blocks="{blocks}"'
    )
    about = "Information of the LLMEngine CacheConfig"
    return _head("cache_config_info", "gauge", about) + _line("cache_config_info", labels, 1.0)


def _one(name: str, kind: str, about: str, labels: str, value: float) -> str:
    return _head(name, kind, about) + _line(name, labels, value)


def _head(name: str, kind: str, about: str) -> str:
    return f"# HELP vllm:{name} {about}\n# TYPE vllm:{name} {kind}\n"


def _line(name: str, labels: str, value: float) -> str:
    return f"vllm:{name}{{{labels}}} {float(value)}\n"


def _histogram(name: str, about: str, model: str, histogram: Histogram) -> str:
    labels = f'engine="0",model_name="{model}"'
    rows = [
        _line(f"{name}_bucket", f'engine="0",le="{bound}",model_name="{model}"', count)
        for bound, count in histogram.buckets()
    ]
    total = _line(f"{name}_count", labels, histogram.count)
    return (
        _head(name, "histogram", about)
        + "".join(rows)
        + total
        + _line(f"{name}_sum", labels, histogram.total)
    )
