"""llama.cpp's /metrics: its own names, as far as the simulation can fill them truly."""

from __future__ import annotations

from burstview_engines.simulator.server.served import Served


def exposition(served: Served) -> str:
    """All series as text; none has labels, and none tells of the KV cache."""
    driver, counts = served.driver, served.driver.statistics
    prompt, predicted = counts.ended_prompt_tokens, counts.ended_generated_tokens
    rows = (
        ("prompt_tokens_total", "counter", "Number of prompt tokens processed, excluding cached tokens", prompt),
        ("prompt_tokens_cached_total", "counter", "Number of prompt tokens reused from the cache", 0),
        ("prompt_seconds_total", "counter", "Total time spent processing prompts", counts.prompt_time),
        ("tokens_predicted_total", "counter", "Number of generation tokens processed", predicted),
        ("tokens_predicted_seconds_total", "counter", "Total time spent generating tokens", counts.decode_time),
        ("n_decode_total", "counter", "Total number of llama_decode() calls", counts.steps),
        ("n_tokens_max", "counter", "Largest observed sequence length (prompt + generation)", counts.longest),
        ("prompt_tokens_seconds", "gauge", "Average prompt throughput in tokens/s", _rate(prompt, counts.prompt_time)),
        ("predicted_tokens_seconds", "gauge", "Average generation throughput in tokens/s", _rate(predicted, counts.decode_time)),
        ("requests_processing", "gauge", "Number of requests processing", len(driver.running)),
        ("requests_deferred", "gauge", "Number of requests deferred", len(driver.waiting)),
        ("n_busy_slots_per_decode", "gauge", "Average number of busy slots per llama_decode() call", _rate(counts.rows, counts.steps)),
    )  # fmt: skip
    return "".join(
        f"# HELP llamacpp:{name} {about}\n# TYPE llamacpp:{name} {kind}\nllamacpp:{name} {value:.6g}\n"
        for name, kind, about, value in rows
    )


def _rate(amount: float, base: float) -> float:
    return amount / base if base else 0.0
