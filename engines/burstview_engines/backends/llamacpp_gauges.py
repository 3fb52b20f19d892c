"""llama.cpp's /metrics and /slots: each may be switched off, and tells what the other lacks."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.gauges import GaugePath, Gauges, UnreadableGauges, metrics_of
from burstview_engines.backends.prometheus import MOST_COUNT, Metrics
from burstview_engines.core.engine_gauges import Slot

RUNNING = "llamacpp:requests_processing"
WAITING = "llamacpp:requests_deferred"
USAGE = "llamacpp:kv_cache_usage_ratio"
"""Gone since 2025."""
PROMPT = "llamacpp:prompt_tokens_total"
"""Without those that were found in the cache."""
CACHED = "llamacpp:prompt_tokens_cached_total"
OUTPUT = "llamacpp:tokens_predicted_total"
STEPS = "llamacpp:n_decode_total"
ROWS = "llamacpp:n_busy_slots_per_decode"
PREFILL = "llamacpp:prompt_seconds_total"
DECODE = "llamacpp:tokens_predicted_seconds_total"
NAMES = (RUNNING, WAITING, USAGE, PROMPT, CACHED, OUTPUT, STEPS, ROWS, PREFILL, DECODE)


class _Progress(msgspec.Struct, frozen=True):
    n_decoded: int | None = None


class _Slot(msgspec.Struct, frozen=True):
    id: int
    is_processing: bool
    n_ctx: int | None = None
    id_task: int | None = None
    n_prompt_tokens: int | None = None
    """All that are in it, the answer's included."""
    next_token: list[_Progress] | _Progress | None = None
    """A list or not, depending on the build."""


_SLOTS = msgspec.json.Decoder(list[_Slot])
MOST_SLOTS = 4096
"""No server has so many."""


def read_metrics(text: str, model: str | None = None) -> Gauges:
    """Right in mid-burst, but totals of tokens move when a request ends. Raises
    UnreadableGauges."""
    metrics = metrics_of(text, NAMES)
    computed, cached = metrics.count(PROMPT), metrics.count(CACHED)
    prompt = None if computed is None else computed + (cached or 0)
    return Gauges(
        running=metrics.count(RUNNING),
        waiting=metrics.count(WAITING),
        kv_usage=metrics.share(USAGE),
        prompt_tokens=prompt,
        output_tokens=metrics.count(OUTPUT),
        prefix_queries=prompt if cached is not None else None,
        prefix_hits=cached,
        steps=metrics.count(STEPS),
        rows_per_step=_rows(metrics),
        prefill_seconds=metrics.total(PREFILL),
        decode_seconds=metrics.total(DECODE),
    )


def read_slots(text: str, model: str | None = None) -> Gauges:
    """Raises UnreadableGauges."""
    try:
        told = _SLOTS.decode(text)
    except (msgspec.DecodeError, RecursionError) as damage:
        raise UnreadableGauges("no list of slots") from damage
    if len(told) > MOST_SLOTS:
        raise UnreadableGauges(f"{len(told):,} slots")
    slots = tuple(_slot(each) for each in told)
    contexts = [slot.context_tokens for slot in slots if slot.context_tokens is not None]
    return Gauges(
        running=sum(slot.is_busy for slot in slots),
        seats=len(slots),
        context_tokens=max(contexts, default=None),
        slots=slots,
    )


def _rows(metrics: Metrics) -> float | None:
    """Of no pass there is no mean."""
    return metrics.total(ROWS) if metrics.count(STEPS) else None


def _slot(told: _Slot) -> Slot:
    used = _sane(told.n_prompt_tokens)
    progress = told.next_token
    if isinstance(progress, list):
        progress = progress[0] if progress else None
    made = _sane(progress.n_decoded) if progress else None
    prompt = used - made if used is not None and made and made <= used else None
    return Slot(
        id=told.id,
        is_busy=told.is_processing,
        task=_sane(told.id_task) if told.is_processing else None,
        context_tokens=_sane(told.n_ctx),
        used_tokens=used,
        prompt_tokens=prompt if told.is_processing else None,
    )


def _sane(value: int | None) -> int | None:
    return value if value is not None and 0 <= value < MOST_COUNT else None


PATHS = (
    GaugePath(
        "/metrics",
        "metrics",
        read_metrics,
        off={501: "start llama-server with --metrics to see its queue"},
    ),
    GaugePath(
        "/slots",
        "slots",
        read_slots,
        off={501: "start llama-server with --slots to see who is served"},
    ),
)
