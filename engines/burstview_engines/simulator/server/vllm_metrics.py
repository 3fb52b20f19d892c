"""vLLM's /metrics: the names of version 0.32.0, as far as the simulation can fill them truly."""

from __future__ import annotations

from burstview_engines.simulator.paged import BLOCK_TOKENS
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.statistics import Histogram

REASONS = ("stop", "length", "abort", "error", "repetition")


def exposition(served: Served) -> str:
    """All series as text."""
    driver, counts = served.driver, served.driver.statistics
    label = f'engine="0",model_name="{served.model}"'
    plain = (
        (
            "num_requests_running",
            "gauge",
            "Requests in model execution batches.",
            len(driver.running),
        ),
        ("num_requests_waiting", "gauge", "Requests waiting to be processed.", len(driver.waiting)),
        ("kv_cache_usage_perc", "gauge", "KV-cache usage, 0 to 1.", served.kv_usage),
        ("num_preemptions_total", "counter", "Preemptions so far.", counts.preemptions),
        ("prompt_tokens_total", "counter", "Prefill tokens processed.", counts.prompt_tokens),
        ("generation_tokens_total", "counter", "Tokens generated.", counts.generated_tokens),
    )
    timed = (
        ("iteration_tokens_total", counts.iteration),
        ("time_to_first_token_seconds", counts.ttft),
        ("e2e_request_latency_seconds", counts.e2e),
        ("request_queue_time_seconds", counts.queue),
        ("request_prefill_time_seconds", counts.prefill),
        ("request_decode_time_seconds", counts.decode),
    )
    parts = [
        _head(name, kind, about) + _line(name, label, value) for name, kind, about, value in plain
    ]
    parts += (_reasons_waiting(label, len(driver.waiting)), _endings(served))
    parts += (_histogram(name, served.model, histogram) for name, histogram in timed)
    return "".join((*parts, _cache_config(served)))


def _reasons_waiting(label: str, waiting: int) -> str:
    name = "num_requests_waiting_by_reason"
    return (
        _head(name, "gauge", "Requests waiting, by reason.")
        + _line(name, f'{label},reason="capacity"', waiting)
        + _line(name, f'{label},reason="deferred"', 0)
    )


def _endings(served: Served) -> str:
    name, ended = "request_success_total", served.driver.statistics.finished
    rows = (
        _line(
            name,
            f'engine="0",finished_reason="{reason}",model_name="{served.model}"',
            ended[reason],
        )
        for reason in REASONS
    )
    return _head(name, "counter", "Requests that ended, by reason.") + "".join(rows)


def _cache_config(served: Served) -> str:
    kv, blocks = served.capacity.kv_tokens, served.capacity.kv_blocks
    labels = (
        f'block_size="{BLOCK_TOKENS}",cache_dtype="auto",enable_prefix_caching="False",engine="0",'
        f'kv_cache_max_concurrency="{kv / served.context_tokens}",kv_cache_size_tokens="{kv}",'
        f'num_gpu_blocks="{blocks}"'
    )
    about = "Information of the LLMEngine CacheConfig"
    return _head("cache_config_info", "gauge", about) + _line("cache_config_info", labels, 1.0)


def _head(name: str, kind: str, about: str) -> str:
    return f"# HELP vllm:{name} {about}\n# TYPE vllm:{name} {kind}\n"


def _line(name: str, labels: str, value: float) -> str:
    return f"vllm:{name}{{{labels}}} {float(value)}\n"


def _histogram(name: str, model: str, histogram: Histogram) -> str:
    labels = f'engine="0",model_name="{model}"'
    rows = [
        _line(f"{name}_bucket", f'engine="0",le="{bound}",model_name="{model}"', count)
        for bound, count in histogram.buckets()
    ]
    unit = "seconds" if name.endswith("_seconds") else "tokens"
    about = f"Histogram of {name.removesuffix('_seconds').replace('_', ' ')} in {unit}."
    rows.append(_line(f"{name}_count", labels, histogram.count))
    rows.append(_line(f"{name}_sum", labels, histogram.total))
    return _head(name, "histogram", about) + "".join(rows)
