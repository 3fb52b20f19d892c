"""A managed engine as (name, value) rows: where it is, what it holds, serves and uses. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from burstview import format as say
from burstview.engine_words import gpus_word
from burstview.facts import Facts
from burstview_engines.core.managed import EngineFacts, ManagedEngine, Usage
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EngineView
from burstview_engines.core.wording import count

_ID_LETTERS = 12
"""As many as `docker ps` shows."""


def facts_of(view: EngineView) -> Facts:
    """Rows with anything to tell, the weightiest first."""
    engine = view.engine
    rows = [
        ("memory", _memory(engine)),
        ("serves", _serves(engine.facts)),
        ("options", options_words(engine)),
        ("differs", _joined(engine.drift)),
        ("traffic", _traffic(view.usage)),
        ("where", _where(engine)),
    ]
    return [(name, value) for name, value in rows if value]


def options_words(engine: ManagedEngine) -> str:
    """`max-num-seqs 128 · gpu-memory-utilization 0.6`; defaults are left out."""
    return _joined(f"{name} {value}" for name, value in engine.options.items())


def _memory(engine: ManagedEngine) -> str:
    facts = engine.facts
    parts = [f"weights {say.size(facts.weights_bytes)}"] if facts.weights_bytes else []
    if facts.kv_tokens is not None:
        size = f", {say.size(facts.kv_bytes)}" if facts.kv_bytes else ""
        parts.append(f"KV cache {say.count(facts.kv_tokens)} tokens{size}")
    elif facts.kv_bytes:
        parts.append(f"KV cache {say.size(facts.kv_bytes)}")
    if facts.gpu_layers is not None:
        parts.append("{} of {} layers on the GPU".format(*facts.gpu_layers))
    if facts.has_gpu is False:
        parts.append("no GPU seen by it")
    return _joined(parts)


def _serves(facts: EngineFacts) -> str:
    parts = []
    if facts.seats is not None:
        parts.append(f"{count(facts.seats, 'request')} at once")
    if facts.context_tokens is not None:
        parts.append(f"context {say.count(facts.context_tokens)} tokens")
    if facts.max_concurrency is not None:
        parts.append(f"room for {facts.max_concurrency:.1f} of full context")
    if facts.load_seconds is not None:
        parts.append(f"loaded in {say.seconds(facts.load_seconds)}")
    return _joined(parts)


def _traffic(usage: Usage | None) -> str:
    """CPU and memory stand in the table."""
    if usage is None:
        return ""
    parts = []
    if usage.network_in_bytes is not None or usage.network_out_bytes is not None:
        received, sent = say.size(usage.network_in_bytes), say.size(usage.network_out_bytes)
        parts.append(f"network {received} in, {sent} out")
    if usage.block_read_bytes is not None or usage.block_written_bytes is not None:
        read, written = say.size(usage.block_read_bytes), say.size(usage.block_written_bytes)
        parts.append(f"disk {read} read, {written} written")
    return _joined(parts)


def _where(engine: ManagedEngine) -> str:
    if engine.place == "process":
        parts = [f"process {engine.id}" if engine.id else "a local process"]
    else:
        parts = [f"container {engine.id[:_ID_LETTERS]}" if engine.id else "no container yet"]
    parts += [engine.url] if engine.url else []
    parts += [f"GPUs {gpus_word(engine)}"] if engine.gpus is not None else []
    parts += [engine.image] if engine.image else []
    parts += [f"version {engine.facts.version}"] if engine.facts.version else []
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(one_line(part, 200) for part in parts if part)
