"""The pure parts of a session: duel order, warmth, keys, the stream."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    EngineSampled,
    GpuProcessesSeen,
    Noticed,
    RequestEnded,
    TokensReceived,
)
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.recording import Recorder
from burstview_engines.duel import decide
from burstview_engines.keys import BLOT, Blotter, read_key
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream
from burstview_engines.warmth import STAYS_LOADED, Warmth

VLLM = Backend(key="v", name="vLLM", engine="vllm", place="url", url="http://a", hardware="here")
OLLAMA = Backend(
    key="o", name="Ollama", engine="ollama", place="url", url="http://b", hardware="here"
)
APART = msgspec.structs.replace(OLLAMA, hardware="there")


@pytest.mark.parametrize(
    ("other", "order", "together", "contended"),
    [
        (OLLAMA, "auto", False, False),
        (OLLAMA, "in-turns", False, False),
        (OLLAMA, "together", True, True),
        (APART, "auto", True, False),
        (APART, "in-turns", False, False),
        (APART, "together", True, False),
    ],
)
def test_duel_order(other: Backend, order: Order, together: bool, contended: bool) -> None:
    """Shared hardware takes turns by itself; together there is only a choice, and CONTENDED."""
    decision = decide([VLLM, other], order)
    assert (decision.together, decision.contended) == (together, contended)
    assert ("CONTENDED" in decision.sentence) == contended


def test_simulated_sides_say_so() -> None:
    """Embedded engines run together because each has a simulated GPU of its own."""
    sides = [msgspec.structs.replace(b, simulated=True, hardware=b.key) for b in (VLLM, OLLAMA)]
    assert "simulated GPU of its own" in decide(sides, "auto").sentence


def test_warmth_by_shape() -> None:
    """Where kernels are compiled a new shape is cold; slots are warm once for all shapes."""
    warmth, plan, wider = Warmth(), BurstPlan(), BurstPlan(concurrency=64)
    for backend in (VLLM, OLLAMA):
        assert warmth.needs_warm_up(backend, plan, 1.0)
        warmth.warmed(backend, plan, 1.0)
        assert not warmth.needs_warm_up(backend, plan, 2.0)
    assert warmth.needs_warm_up(VLLM, wider, 2.0)
    assert not warmth.needs_warm_up(OLLAMA, wider, 2.0)
    assert warmth.needs_warm_up(msgspec.structs.replace(OLLAMA, model="x"), plan, 2.0)


def test_warmth_ends() -> None:
    """An engine that was away, unloaded its model, or may have by now, is cold."""
    warmth, plan = Warmth(), BurstPlan()
    warmth.warmed(VLLM, plan, 1.0)
    warmth.warmed(OLLAMA, plan, 1.0)
    assert warmth.needs_warm_up(OLLAMA, plan, 1.0 + STAYS_LOADED + 1)
    assert not warmth.needs_warm_up(VLLM, plan, 1.0 + STAYS_LOADED + 1)
    assert warmth.needs_warm_up(msgspec.structs.replace(OLLAMA, loaded=False), plan, 2.0)
    warmth.forget("v")
    assert warmth.needs_warm_up(VLLM, plan, 2.0)


def test_keys_from_the_environment() -> None:
    """A key comes from its variable; a missing or unusable one is a sentence without the key."""
    assert read_key(None, {}) is None
    assert read_key("K", {"K": " sk-1 \n"}) == "sk-1"
    with pytest.raises(SessionError, match="K is not set"):
        read_key("K", {"K": " "})
    with pytest.raises(SessionError) as refusal:
        read_key("K", {"K": "sk\x00secret"})
    assert "secret" not in str(refusal.value)


def test_keys_are_blotted_out() -> None:
    """Wherever a server repeats the key, it is blotted out; everything else is untouched."""
    blotter = Blotter()
    blotter.learn("sk-secret")
    error: AnyEvent = RequestEnded(at=0.0, run=1, phase="burst", id=1, error="no sk-secret!")
    text: AnyEvent = TokensReceived(
        at=0.0, run=1, phase="burst", id=1, chunks=((0.0, "a sk-secret"), (0.1, "b"))
    )
    assert getattr(blotter.clean(error), "error", None) == f"no {BLOT}!"
    assert getattr(blotter.clean(text), "chunks", None) == ((0.0, f"a {BLOT}"), (0.1, "b"))
    process = GpuProcess(gpu=0, pid=1, command="vllm serve --api-key sk-secret")
    seen = blotter.clean(GpuProcessesSeen(at=0.0, processes=(process, GpuProcess(gpu=0, pid=2))))
    assert isinstance(seen, GpuProcessesSeen)
    assert seen.processes[0].command == f"vllm serve --api-key {BLOT}"
    look = blotter.clean(EngineSampled(at=0.0, backend="v", problem="401: sk-secret"))
    assert getattr(look, "problem", None) == f"401: {BLOT}"
    notice = Noticed(at=0.0, text="fine")
    assert blotter.clean(notice) is notice


def test_full_disk() -> None:
    """When the recording cannot go on, the session does, and a notice says so once."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    stream = EventStream(Recorder(full), lambda: 5.0)
    stream.begin("burstview test", 1e9)
    stream.notice("still here")
    notices = stream.fold.snapshot().notices
    assert notices[-1] == "still here"
    assert sum("No space left" in notice for notice in notices) == 1
