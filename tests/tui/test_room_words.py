"""The engine room's sentences."""

from __future__ import annotations

import msgspec
import pytest
from tests.tui.room_samples import one_slot, paged
from tests.tui.scripted import OLLAMA, REMOTE, VLLM

from burstview.room_known import caption, known
from burstview.room_words import NOTHING_TOLD, State, source_of
from burstview.room_words import caption as sentence
from burstview_engines.core.backend import Backend
from burstview_engines.core.engine_gauges import GaugeSource, Slot
from burstview_engines.core.events import EngineSampled

PAGED = State(
    backend=VLLM,
    is_paged=True,
    is_slots=False,
    seats=256,
    context_tokens=40960,
    is_over=False,
    running=None,
    waiting=None,
    fill=None,
    preempted=None,
    block_tokens=16,
    shares_pool=False,
)
SLOTS = State(
    backend=OLLAMA,
    is_paged=False,
    is_slots=True,
    seats=1,
    context_tokens=4096,
    is_over=False,
    running=1,
    waiting=15,
    fill=0.02,
    preempted=None,
    block_tokens=None,
    shares_pool=False,
)


def changed(state: State, **fields: object) -> State:
    """The same but for these."""
    whole = {name: getattr(state, name) for name in State.__dataclass_fields__}
    return State(**{**whole, **fields})


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PAGED, "Paged: a request takes blocks of 16 tokens as it grows"),
        (changed(PAGED, running=16, waiting=0), "the next token of all 16 at once"),
        (changed(PAGED, running=1, waiting=0), "the next token of the running request"),
        (changed(PAGED, running=256, waiting=40), "All 256 seqs are taken"),
        (changed(PAGED, running=9, waiting=40, fill=0.95), "nearly full: new requests wait"),
        (changed(PAGED, running=9, waiting=4, preempted=3), "The newest was pushed back"),
        (changed(PAGED, is_over=True, running=0), "only its last is partly empty"),
        (SLOTS, "One slot (Ollama's default): one request at a time; 15 wait in line."),
        (SLOTS, "keeps all 4,096 tokens of its context reserved"),
        (changed(SLOTS, seats=4, running=4), "4 slots share each pass; 15 wait until one ends."),
        (changed(SLOTS, seats=4, waiting=0), "The KV cache keeps what the model computed"),
        (changed(SLOTS, seats=4, shares_pool=True), "The slots share one pool"),
        (changed(SLOTS, is_slots=False), "does not tell how it divides it"),
    ],
)
def test_captions_change_with_what_is_seen(state: State, words: str) -> None:
    """The gravest thing to explain first."""
    assert words in sentence(state)


def test_captions_fit_three_short_lines() -> None:
    """59 cells wide, as on a screen of 120."""
    states = [
        PAGED,
        SLOTS,
        changed(PAGED, preempted=3),
        changed(PAGED, waiting=9, fill=0.95),
        changed(PAGED, running=1024, seats=1024, waiting=9),
        changed(PAGED, running=1024),
        changed(SLOTS, seats=16, waiting=1000, context_tokens=131072),
    ]
    assert max(len(sentence(state)) for state in states) <= 3 * 54


def test_only_a_slot_engine_of_ollama_is_ollamas_default() -> None:
    """llama.cpp with one slot was told so."""
    assert "Ollama" not in sentence(changed(SLOTS, backend=REMOTE))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("metrics", "aggregate: llama.cpp's /metrics tells only the sum, not whose it is"),
        ("log", "from slot lines in llama.cpp's log"),
        ("ps", "aggregate: llama.cpp's /api/ps tells memory only"),
        (None, "an old recording tells only the sum"),
    ],
)
def test_the_source_is_named(source: GaugeSource | None, words: str) -> None:
    """How exact the map is, and who says so."""
    assert words in source_of(EngineSampled(at=0.0, backend="x", source=source), REMOTE)


def test_slots_that_are_told_are_exact_whatever_was_asked_first() -> None:
    """llama.cpp is asked for /metrics and /slots together."""
    look = sampled(source="metrics", slots=[{"id": 0}])
    assert source_of(look, REMOTE) == "exact: llama.cpp's /slots tells each slot"


def test_what_an_embedded_engine_tells_is_exact_and_simulated() -> None:
    """Blocks or slots."""
    assert source_of(paged(0.0), VLLM) == "exact: the embedded vLLM tells each block (SIMULATED)"
    assert source_of(one_slot(0.0, 1), OLLAMA).endswith("tells each slot (SIMULATED)")
    assert source_of(None, OLLAMA) == NOTHING_TOLD


def sampled(**fields: object) -> EngineSampled:
    """A look with these fields."""
    return msgspec.convert({"at": 0.0, "backend": "x", **fields}, EngineSampled)


def test_a_real_vllm_gives_one_sum() -> None:
    """Its tokens are reckoned from share and capacity."""
    found = known(
        sampled(source="metrics", kv_usage=0.25, kv_capacity_tokens=4000), REMOTE, None, 0
    )
    assert found is not None
    assert (found.paged, found.seats) == (None, None)
    assert (found.usage, found.used_tokens, found.capacity_tokens) == (0.25, 1000, 4000)


def test_ollamas_memory_and_when_it_is_unloaded() -> None:
    """From /api/ps; slots only by the backend's facts."""
    ps = sampled(source="ps", model_bytes=4 << 30, model_gpu_bytes=3 << 30, expires_wall=1252.4)
    found = known(ps, OLLAMA, None, 1000.0)
    assert found is not None
    assert found.memory == "loaded model 4.0 GiB, 75% of it on GPUs, unloaded in 4 m 12 s"
    assert found.reserved == (1, 4096)
    later = known(ps, OLLAMA, None, None)
    assert later is not None
    assert "unloaded" not in later.memory


def test_slots_that_are_more_than_the_cache_share_it() -> None:
    """llama.cpp with a unified cache."""
    slots = [{"id": n, "context_tokens": 4096, "used_tokens": 10} for n in range(4)]
    look = sampled(source="slots", slots=slots, kv_capacity_tokens=4096)
    found = known(look, REMOTE, None, None)
    assert found is not None
    assert found.seats is not None
    assert found.seats.pool_tokens == 4096
    assert "share one pool" in caption(look, REMOTE, None)
    assert found.seats.slots[0] == Slot(id=0, context_tokens=4096, used_tokens=10)


@pytest.mark.parametrize("backend", [VLLM, OLLAMA, REMOTE])
def test_an_engine_that_told_nothing_has_a_caption_all_the_same(backend: Backend) -> None:
    """And no map."""
    assert caption(None, backend, None)
    assert known(None, backend, None, None) is None
