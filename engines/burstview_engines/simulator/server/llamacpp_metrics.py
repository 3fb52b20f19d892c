"""llama.cpp's /metrics: its own names, as far as the simulation can fill them truly."""

from __future__ import annotations

from burstview_engines.simulator.server.served import Served


def exposition(served: Served) -> str:
    """All series as text; none has labels, and none tells of the KV cache."""
    driver, counts = served.driver, served.driver.statistics
    prompt, predicted = counts.ended_prompt_tokens, counts.ended_generated_tokens
    prompt_time, decode_time = counts.prompt_time, counts.decode_time
    counters = {
        "prompt_tokens_total": prompt,
        "prompt_tokens_cached_total": 0,
        "prompt_seconds_total": prompt_time,
        "tokens_predicted_total": predicted,
        "tokens_predicted_seconds_total": decode_time,
        "n_decode_total": counts.steps,
        "n_tokens_max": counts.longest,
    }
    levels = {
        "prompt_tokens_seconds": _rate(prompt, prompt_time),
        "predicted_tokens_seconds": _rate(predicted, decode_time),
        "requests_processing": len(driver.running),
        "requests_deferred": len(driver.waiting),
        "n_busy_slots_per_decode": _rate(counts.rows, counts.steps),
    }
    rows = [_row(name, "counter", value) for name, value in counters.items()]
    return "".join(rows + [_row(name, "gauge", value) for name, value in levels.items()])


def _row(name: str, kind: str, value: float) -> str:
    full = f"llamacpp:{name}"
    about = name.replace("_", " ")
    return f"# HELP {full} {about}\n# TYPE {full} {kind}\n{full} {value:.6g}\n"


def _rate(amount: float, base: float) -> float:
    return amount / base if base else 0.0
