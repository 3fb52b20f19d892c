"""What the step models show of themselves: in each step the map is what is held."""

from __future__ import annotations

import random

import pytest

from burstview_engines.simulator.engine import Job, Step
from burstview_engines.simulator.paged import BLOCK_TOKENS, SHOWN_WAITING, PagedModel
from burstview_engines.simulator.server.step_log import StepLog
from burstview_engines.simulator.slots import SlotsModel
from burstview_engines.simulator.spec import EngineSpec, build


def paged(blocks: int = 41, seats: int = 16) -> PagedModel:
    """A 0.6B model on an H200 that has only so many blocks."""
    spec = EngineSpec(
        engine="vllm", gpu="H200", model="qwen3-0.6b", kv_blocks=blocks, max_num_seqs=seats
    )
    model = build(spec)
    assert isinstance(model, PagedModel)
    return model


def slots(count: int = 2, context: int = 128, engine: str = "llamacpp") -> SlotsModel:
    """A small one."""
    spec = EngineSpec(
        engine="ollama" if engine == "ollama" else "llamacpp",
        gpu="H200",
        model="qwen3-0.6b",
        slots=count,
        context_tokens=context,
    )
    model = build(spec)
    assert isinstance(model, SlotsModel)
    return model


def check_paged(model: PagedModel, step: Step, preempted: dict[int, int]) -> None:
    """The map against the step that runs."""
    holdings = model.inside().holdings
    assert holdings is not None
    holding = [one for one in holdings if not one.is_waiting]
    held = sum(one.blocks for one in holdings) * BLOCK_TOKENS
    assert held == model.kv_held_tokens == step.kv_held_tokens
    assert held <= step.kv_capacity_tokens
    assert len(holding) == step.running + len(step.finished)
    assert {one.request for one in holding} >= set(step.tokens)
    for one in holding:
        assert (one.blocks - 1) * BLOCK_TOKENS < one.tokens <= one.blocks * BLOCK_TOKENS
    for one in holdings:
        assert one.preempted == preempted.get(one.request, 0)
        if one.is_waiting:
            assert (one.blocks, one.tokens) == (0, 0)


@pytest.mark.parametrize("seed", range(12))
def test_blocks_add_up_in_every_step_whatever_comes_and_goes(seed: int) -> None:
    """Arrivals, preemptions and clients that leave, in any order."""
    chance = random.Random(seed)
    model, now, next_id, alive = paged(), 0.0, 0, set[int]()
    preempted: dict[int, int] = {}
    steps = 0
    while steps < 400 and (steps < 40 or alive):
        if next_id < 40 and chance.random() < 0.5:
            next_id += 1
            alive.add(next_id)
            model.submit(Job(next_id, now, chance.randint(1, 100), chance.randint(1, 90)))
        step = model.step(now)
        steps += 1
        if step is None:
            now += 0.01
            continue
        now += step.duration
        for job in step.preempted:
            preempted[job] = preempted.get(job, 0) + 1
        alive -= {*step.finished, *(job for job, _ in step.failed)}
        check_paged(model, step, preempted)
        if alive and chance.random() < 0.05:
            left = chance.choice(sorted(alive))
            alive.discard(left)
            model.cancel(left)
            held = sum(one.blocks for one in model.inside().holdings or ()) * BLOCK_TOKENS
            assert held == model.kv_held_tokens
            assert left not in {one.request for one in model.inside().holdings or ()}
    assert model.step(now) is None
    assert model.inside().holdings == ()
    assert model.kv_held_tokens == 0


def test_a_request_holds_its_blocks_while_its_last_token_is_made() -> None:
    """Afterwards nobody does."""
    model = paged()
    model.submit(Job(1, 0.0, 20, 1))
    now, held = 0.0, []
    while (step := model.step(now)) is not None:
        now += step.duration
        if step.finished:
            held = [(one.request, one.blocks) for one in model.inside().holdings or ()]
            assert step.kv_used_tokens == 0
            assert step.kv_held_tokens == 2 * BLOCK_TOKENS
    assert held == [(1, 2)]
    assert model.inside().holdings == ()


def test_of_a_long_queue_the_first_are_listed() -> None:
    """They hold nothing; how many there are is told beside."""
    model = paged(seats=1)
    for number in range(1, 1001):
        model.submit(Job(number, 0.0, 10, 5))
    now = 0.0
    step = model.step(now)
    while step is not None and not step.rows:
        now += step.duration
        step = model.step(now)
    assert step is not None
    holdings = model.inside().holdings
    assert holdings is not None
    assert len(holdings) == 1 + SHOWN_WAITING
    assert [one.request for one in holdings[:3]] == [1, 2, 3]
    assert step.waiting == 999


@pytest.mark.parametrize("engine", ["llamacpp", "ollama"])
def test_slots_add_up_in_every_step(engine: str) -> None:
    """Each has its context reserved; only Ollama goes on past it, and never uses more."""
    model, now = slots(engine=engine), 0.0
    for number in range(1, 8):
        model.submit(Job(number, 0.0, 20 * number, 60))
    most = 0
    while (step := model.step(now)) is not None:
        now += step.duration
        shown = model.inside().slots
        assert shown is not None
        busy = [slot for slot in shown if slot.is_busy]
        assert len(busy) * 128 == model.kv_held_tokens == step.kv_held_tokens
        if step.rows:
            assert len(busy) == step.running + len(step.finished) == step.rows
            assert {slot.task for slot in busy} >= set(step.tokens)
        for slot in shown:
            assert slot.used_tokens is not None
            most = max(most, slot.used_tokens)
            assert slot.used_tokens <= 128
    assert most == 128 or engine == "llamacpp"
    left = model.inside().slots
    assert left is not None
    assert not any(slot.is_busy for slot in left)
    assert all(slot.used_tokens for slot in left)


def test_a_client_that_leaves_frees_its_slot_at_once() -> None:
    """What it had computed stays in it."""
    model = slots()
    model.submit(Job(1, 0.0, 20, 60))
    model.step(0.0)
    model.cancel(1)
    shown = model.inside().slots
    assert shown is not None
    assert [slot.is_busy for slot in shown] == [False, False]
    assert sorted(slot.used_tokens or 0 for slot in shown) == [0, 20]


def test_the_step_log_is_a_ring_with_numbers_that_go_on() -> None:
    """Who asks too seldom misses the oldest."""
    log = StepLog(kept=3)
    assert log.since(0) == ()
    for number in range(1, 6):
        log.add(Step(duration=0.1, running=number, finished=(9,), kv_held_tokens=32), number)
    assert log.last_number == 5
    assert [step.at for step in log.since(0)] == [3, 4, 5]
    assert [step.at for step in log.since(4)] == [5]
    assert log.since(5) == log.since(99) == ()
    assert (log.since(4)[0].running, log.since(4)[0].kv_used_tokens) == (6, 32)
