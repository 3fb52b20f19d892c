"""What an engine says of its insides, and where a profile says that it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from burstview_engines.backends.prometheus import Metrics
from burstview_engines.core.engine_gauges import GaugeSource, Slot


class UnreadableGauges(Exception):  # noqa: N818 - an answer that tells nothing, not a failure
    """An answer without gauges; the text is what it is instead: `a web page`."""


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of `EngineSampled`, by the same names; unknown is None."""

    running: int | None = None
    waiting: int | None = None
    kv_usage: float | None = None
    kv_capacity_tokens: int | None = None
    kv_block_tokens: int | None = None
    seats: int | None = None
    context_tokens: int | None = None
    preemptions: int | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    prefix_queries: int | None = None
    prefix_hits: int | None = None
    prefix_hit_rate: float | None = None
    output_tokens_per_second: float | None = None
    steps: int | None = None
    step_tokens: int | None = None
    rows_per_step: float | None = None
    queue_seconds: float | None = None
    queue_count: int | None = None
    prefill_seconds: float | None = None
    prefill_count: int | None = None
    decode_seconds: float | None = None
    decode_count: int | None = None
    slots: tuple[Slot, ...] | None = None
    model_bytes: int | None = None
    model_gpu_bytes: int | None = None
    expires_wall: float | None = None


@dataclass(frozen=True, slots=True)
class GaugePath:
    """One path that tells gauges."""

    path: str
    source: GaugeSource
    read: Callable[[str, str | None], Gauges]
    """Given the body and the model's name; pure. Raises UnreadableGauges."""
    off: Mapping[int, str]
    """Statuses that mean it was started without, with the next step."""
    least_pause: float = 0.0
    """Seconds between two looks, however often it could be asked."""


def metrics_of(text: str, names: Sequence[str]) -> Metrics:
    """The samples of those names. Raises UnreadableGauges when there is none."""
    found = Metrics(text, names)
    if not found:
        raise UnreadableGauges(_instead(text))
    return found


def together(parts: Sequence[Gauges]) -> Gauges:
    """Each figure from the first that tells it."""
    told: dict[str, object] = {}
    for part in reversed(parts):
        fields = msgspec.structs.asdict(part)
        told |= {name: value for name, value in fields.items() if value is not None}
    return msgspec.structs.replace(Gauges(), **told)


def _instead(text: str) -> str:
    start = text.lstrip()[:1]
    if not start:
        return "an empty answer"
    return {"<": "a web page", "{": "JSON", "[": "JSON"}.get(start, "no metrics of this engine")
