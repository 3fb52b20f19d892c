"""What engines tell of their insides: slots, KV blocks, steps. Unknown is None."""

from __future__ import annotations

from typing import Literal

import msgspec

GaugeSource = Literal["simulated", "metrics", "slots", "ps", "log"]
"""`simulated`: the embedded engine, exact; `metrics`: the engine's /metrics; `slots`: llama.cpp's
/slots; `ps`: Ollama's /api/ps; `log`: slot lines in its log."""


class Slot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One seat of a slot engine, with context that is reserved for it whether it is used or not."""

    id: int
    is_busy: bool = False
    task: int | None = None
    """The engine's own number of the request in it."""
    context_tokens: int | None = None
    """Reserved."""
    used_tokens: int | None = None
    """Prompt and answer in it now; of an idle slot what the last request left."""
    prompt_tokens: int | None = None
    """Of the request in it: where a log tells no more, it uses at least these."""


class Holding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The KV blocks of one request in a paged engine."""

    request: int
    """The engine's own number, in order of arrival; in the embedded engine's bursts they are
    consecutive."""
    blocks: int
    tokens: int
    """Of prompt and answer that are computed: the last block is rarely full."""
    preempted: int = 0
    """How often it was pushed back so far."""
    is_waiting: bool = False
    """Pushed back, or not yet begun: it holds nothing."""


class EngineStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One pass of the model, as the embedded engine logs it."""

    at: float
    """Its end, session seconds."""
    duration: float
    running: int
    waiting: int
    batch_tokens: int = 0
    """Tokens computed in it: one for each request that decodes, many for a prompt."""
    rows: int = 0
    """Requests computed in it."""
    kv_used_tokens: int = 0
    preempted: tuple[int, ...] = ()
    """Requests that lost their blocks in it."""
