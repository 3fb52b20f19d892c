"""How full an engine's KV cache is from one look. Pure."""

from __future__ import annotations

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled


def capacity(sample: EngineSampled, backend: Backend) -> int | None:
    """Tokens that the KV cache holds; of slots that share nothing, all their contexts."""
    if (told := sample.kv_capacity_tokens or backend.kv_tokens) is not None:
        return told
    contexts = [slot.context_tokens for slot in sample.slots or ()]
    known = [tokens for tokens in contexts if tokens is not None]
    return sum(known) if known and len(known) == len(contexts) else None


def used_tokens(sample: EngineSampled, backend: Backend) -> int | None:
    """Tokens' worth of the KV cache that requests hold now, whole blocks of a paged one."""
    if sample.holdings is not None and sample.kv_block_tokens:
        return sum(held.blocks for held in sample.holdings) * sample.kv_block_tokens
    if sample.slots is not None:
        used = [slot.used_tokens for slot in sample.slots if slot.is_busy]
        return None if None in used else sum(tokens for tokens in used if tokens is not None)
    room = capacity(sample, backend)
    return None if sample.kv_usage is None or room is None else round(sample.kv_usage * room)


def kv_fill(sample: EngineSampled, backend: Backend) -> float | None:
    """Share of the KV cache that is held, 0 to 1; of slots, used of reserved, whatever the engine
    itself calls its usage. A log tells what a slot holds only when it is left, never while it is in
    use: then the zeros in between would be all that is known of a burst, and its most."""
    if sample.source == "log":
        return None
    if sample.kv_usage is not None and not sample.slots:
        return sample.kv_usage
    used, room = used_tokens(sample, backend), capacity(sample, backend)
    return None if used is None or not room else used / room


def running_of(sample: EngineSampled) -> int | None:
    """Requests in the batch, or busy slots."""
    if sample.running is not None or sample.slots is None:
        return sample.running
    return sum(slot.is_busy for slot in sample.slots)
