"""Embedded engines under real bursts: what they tell of their insides is what they did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from burstview_engines.core.engine_gauges import EngineStep, Holding
from burstview_engines.core.events import AnyEvent, EngineSampled, RequestEnded, RequestSent, decode
from burstview_engines.core.plan import BurstPlan
from burstview_engines.live import LiveSession
from burstview_engines.places.simulated import EmbeddedSource
from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.paged import BLOCK_TOKENS

BLOCKS = 41
STARVED = EngineSpec(engine="vllm", gpu="L4", model="qwen3-8b", quant="awq4", kv_blocks=BLOCKS)
SLOTS = EngineSpec(engine="ollama", gpu="L4", model="qwen3-0.6b", slots=4, context_tokens=512)


async def sampled(spec: EngineSpec, plan: BurstPlan, file: Path) -> list[EngineSampled]:
    """All that it told before, during and after one burst; every request succeeded."""
    session = LiveSession([EmbeddedSource([spec])], program="test", record=file, watch=True)
    await session.open()
    await session.settled()
    try:
        await session.fire([spec.engine], plan)
    finally:
        await session.close()
    events = recorded(file)
    ends = [event for event in events if isinstance(event, RequestEnded)]
    assert len(ends) >= plan.concurrency
    assert all(event.error is None for event in ends)
    first = min(event.at for event in events if isinstance(event, RequestSent))
    looks = [event for event in events if isinstance(event, EngineSampled)]
    assert looks[-1].at > first
    return looks


def recorded(file: Path) -> list[AnyEvent]:
    """Every event, as a replay gets it."""
    return [decode(line) for line in file.read_bytes().splitlines()]


def steps_of(looks: Sequence[EngineSampled]) -> list[EngineStep]:
    """Of all looks, in order."""
    return [step for look in looks for step in look.step_log]


def holders(look: EngineSampled) -> list[Holding]:
    """Those that hold blocks."""
    return [one for one in look.holdings or () if not one.is_waiting]


async def test_a_starved_vllm_preempts_as_its_own_log_says(tmp_path: Path) -> None:
    """Each preemption is in the log of steps, in the counter and, as long as its request is there,
    in the map; the map's blocks are those that are used."""
    plan = BurstPlan(concurrency=16, max_tokens=64, warm_up=False)
    looks = await sampled(STARVED, plan, tmp_path / "burst.jsonl")
    steps = steps_of(looks)
    last = looks[-1]
    assert last.source == "simulated"
    assert last.preemptions
    assert sum(len(step.preempted) for step in steps) == last.preemptions
    assert (len(steps), sum(step.batch_tokens for step in steps)) == (last.steps, last.step_tokens)
    for look in looks:
        assert look.kv_capacity_tokens == (BLOCKS - 1) * BLOCK_TOKENS
        assert look.kv_block_tokens == BLOCK_TOKENS
        held = sum(one.blocks for one in look.holdings or ())
        assert look.kv_usage == pytest.approx(held / (BLOCKS - 1), abs=1e-4)
        assert look.running == len(holders(look))
        assert look.waiting == len(look.holdings or ()) - len(holders(look))
        assert all(one.tokens <= one.blocks * BLOCK_TOKENS for one in holders(look))
        assert all(one.blocks == one.tokens == 0 for one in look.holdings or () if one.is_waiting)
        known = sum(one.preempted for one in look.holdings or ())
        assert look.preemptions is not None
        assert known <= look.preemptions + _begun(look, steps)
    assert any(one.preempted for look in looks for one in look.holdings or ())


def _begun(look: EngineSampled, steps: Sequence[EngineStep]) -> int:
    """Preemptions of the step that is under way: they count when it ends."""
    later = [step for step in steps if step.at > look.at - step.duration - 0.1]
    return max((len(step.preempted) for step in later), default=0)


async def test_the_steps_are_told_once_and_in_the_sessions_time(tmp_path: Path) -> None:
    """One after the other, none twice, none in the future of the look that tells it."""
    plan = BurstPlan(concurrency=16, max_tokens=32, warm_up=False)
    looks = await sampled(STARVED, plan, tmp_path / "burst.jsonl")
    ends = [step.at for step in steps_of(looks)]
    assert ends == sorted(set(ends))
    for look in looks:
        assert all(0 < step.at <= look.at for step in look.step_log)
    steps = steps_of(looks)
    assert max(step.kv_used_tokens for step in steps) <= (BLOCKS - 1) * BLOCK_TOKENS
    assert all(step.rows <= step.running for step in steps)
    assert max(step.running for step in steps) <= 16


async def test_slots_show_reserved_and_used_context(tmp_path: Path) -> None:
    """Each slot has its whole context, whoever is in it; what is used grows, and stays behind."""
    plan = BurstPlan(concurrency=8, max_tokens=64, warm_up=False)
    looks = await sampled(SLOTS, plan, tmp_path / "burst.jsonl")
    for look in looks:
        assert look.slots is not None
        assert look.seats == len(look.slots) == 4
        assert look.holdings is None
        assert look.preemptions is None
        busy = [slot for slot in look.slots if slot.is_busy]
        assert look.running == len(busy)
        assert look.kv_usage == pytest.approx(len(busy) / 4, abs=1e-4)
        for slot in look.slots:
            assert slot.context_tokens == 512
            assert slot.used_tokens is not None
            assert slot.used_tokens <= 512
        for slot in busy:
            assert slot.prompt_tokens is not None
            assert slot.task is not None
    assert max(look.running or 0 for look in looks) == 4
    left = looks[-1]
    assert left.running == 0
    assert left.slots is not None
    assert all((slot.used_tokens or 0) > 64 for slot in left.slots)
    assert all(step.kv_used_tokens == step.running * 512 for step in steps_of(looks))
