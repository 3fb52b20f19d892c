"""What is known of a KV cache at one look, and which caption goes with it. Pure."""

from __future__ import annotations

from burstview import format as say
from burstview.draw import kv_map, slot_map
from burstview.draw.room_rows import Known
from burstview.engine_figures import counted, preempted
from burstview.engine_usage import capacity, kv_fill, running_of, used_tokens
from burstview.room_scene import Scene
from burstview.room_words import State
from burstview.room_words import caption as sentence
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.events import EngineSampled

PAGED: tuple[Engine, ...] = ("vllm", "sglang")
SLOTS: tuple[Engine, ...] = ("ollama", "llamacpp")


def known(
    sample: EngineSampled | None, backend: Backend, scene: Scene | None, wall: float | None
) -> Known | None:
    """The most exact that the look tells; None without a look."""
    if sample is None:
        return None
    room = capacity(sample, backend)
    return Known(
        paged=_paged(sample, room, scene),
        seats=_seats(sample, backend),
        usage=kv_fill(sample, backend),
        used_tokens=used_tokens(sample, backend),
        capacity_tokens=room,
        reserved=_reserved(sample, backend),
        memory=_memory(sample, wall),
    )


def caption(sample: EngineSampled | None, backend: Backend, scene: Scene | None) -> str:
    """What is seen at the moment of the map."""
    slots = sample.slots if sample is not None else None
    contexts = [slot.context_tokens for slot in slots or ()]
    state = State(
        backend=backend,
        is_paged=backend.engine in PAGED,
        is_slots=backend.engine in SLOTS,
        seats=_seats_of(sample, backend),
        context_tokens=contexts[0] if contexts else _context_of(sample, backend),
        is_over=scene is None or scene.run.outcome is not None,
        running=running_of(sample) if sample is not None else None,
        waiting=sample.waiting if sample is not None else None,
        fill=kv_fill(sample, backend) if sample is not None else None,
        preempted=_preempted(scene),
        block_tokens=sample.kv_block_tokens if sample is not None else None,
        shares_pool=_pool(sample, backend) is not None if sample is not None else False,
    )
    return sentence(state)


def _preempted(scene: Scene | None) -> int | None:
    if scene is None:
        return None
    return preempted(scene.memory.totals, counted(scene.samples, scene.zero))


def _paged(sample: EngineSampled, room: int | None, scene: Scene | None) -> kv_map.Paged | None:
    if sample.holdings is None or not sample.kv_block_tokens:
        return None
    blocks = None if room is None else room // sample.kv_block_tokens
    first = _first_request(scene) if scene is not None else None
    if first is None:
        first = min((one.request for one in sample.holdings), default=0)
    return kv_map.Paged(sample.holdings, sample.kv_block_tokens, blocks, first)


def _first_request(scene: Scene) -> int | None:
    """The engine's lowest number in the burst: the same symbols at each moment."""
    for sample in scene.good:
        if sample.at >= scene.zero and sample.holdings:
            return min(one.request for one in sample.holdings)
    return None


def _seats(sample: EngineSampled, backend: Backend) -> slot_map.Seats | None:
    if not sample.slots:
        return None
    return slot_map.Seats(sample.slots, _pool(sample, backend))


def _pool(sample: EngineSampled, backend: Backend) -> int | None:
    """Tokens of the cache where the slots' contexts are more than there is: they share it."""
    room = sample.kv_capacity_tokens or backend.kv_tokens
    contexts = [slot.context_tokens or 0 for slot in sample.slots or ()]
    return room if room is not None and sum(contexts) > room else None


def _reserved(sample: EngineSampled, backend: Backend) -> tuple[int | None, int | None] | None:
    if backend.engine not in SLOTS:
        return None
    return _seats_of(sample, backend), _context_of(sample, backend)


def _seats_of(sample: EngineSampled | None, backend: Backend) -> int | None:
    if sample is not None and sample.slots:
        return len(sample.slots)
    told = sample.seats if sample is not None else None
    return told if told is not None else backend.seats


def _context_of(sample: EngineSampled | None, backend: Backend) -> int | None:
    told = sample.context_tokens if sample is not None else None
    return told if told is not None else backend.context_tokens


def _memory(sample: EngineSampled, wall: float | None) -> str:
    """`model 5.7 GiB, 100% of it on GPUs, unloaded in 4 m 12 s`."""
    if sample.model_bytes is None:
        return ""
    parts = [f"loaded model {say.size(sample.model_bytes)}"]
    if sample.model_gpu_bytes is not None and sample.model_bytes:
        share = 100 * sample.model_gpu_bytes / sample.model_bytes
        parts.append(f"{say.percent(share)} of it on GPUs")
    if sample.expires_wall is not None and wall is not None:
        parts.append(f"unloaded in {say.seconds(max(0.0, round(sample.expires_wall - wall)))}")
    return ", ".join(parts)
