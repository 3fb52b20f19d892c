"""llama.cpp and Ollama in virtual time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from burstview_engines.simulator.engine import Job, Step
from burstview_engines.simulator.slots import SlotsModel
from burstview_engines.simulator.spec import EngineSpec, SimulatedEngine, build
from tests.simulator.bursts import burst, drive, waves


def slots_model(
    slots: int = 1, engine: SimulatedEngine = "llamacpp", context: int = 4096
) -> SlotsModel:
    """A 0.6B model on an H200."""
    model = build(
        EngineSpec(
            engine=engine, gpu="H200", model="qwen3-0.6b", slots=slots, context_tokens=context
        )
    )
    assert isinstance(model, SlotsModel)
    return model


@pytest.mark.parametrize("engine", ["ollama", "llamacpp"])
def test_one_slot_is_a_staircase(engine: SimulatedEngine) -> None:
    """With one slot, each answer begins after the one before has ended, at even steps."""
    model = slots_model(1, engine)
    burst(model, 16)
    seen = drive(model)
    ends, firsts = list(seen.ended.values()), list(seen.first.values())
    assert all(end < first for end, first in zip(ends, firsts[1:], strict=False))
    gaps = [after - before for before, after in pairwise(ends)]
    assert max(gaps) < 1.1 * min(gaps)


def test_four_slots_make_four_waves() -> None:
    """16 equal requests on 4 slots end in four groups of four."""
    model = slots_model(4)
    burst(model, 16)
    assert waves(list(drive(model).ended.values()), gap=0.02) == [4, 4, 4, 4]


def test_more_slots_hardly_help() -> None:
    """One CPU thread picks the words: 16 slots give less than three times the speed of one."""
    spans = []
    for slots in (1, 16):
        model = slots_model(slots)
        burst(model, 16, output=128)
        spans.append(drive(model).now)
    assert 1.5 < spans[0] / spans[1] < 3.0


def test_apart_slots_decode_in_separate_passes() -> None:
    """Four requests on slots that are not neighbours take over twice as long a token."""

    def step_after_leaving(stay: set[int]) -> float:
        model = slots_model(16)
        burst(model, 16, output=64)

        def leave(number: int, _: Step) -> None:
            if number == 5:
                for job in set(range(1, 17)) - stay:
                    model.cancel(job)

        return drive(model, leave).steps[-5].duration

    neighbours, apart = step_after_leaving({1, 2, 3, 4}), step_after_leaving({2, 5, 8, 14})
    assert 2.0 < apart / neighbours < 4.0


def test_a_client_that_leaves_frees_its_slot() -> None:
    """The next in the queue gets the slot in the following step; the leaver gets no more tokens."""
    model = slots_model(1)
    burst(model, 3)

    def leave(number: int, _: Step) -> None:
        if number == 4:
            model.cancel(1)
            model.cancel(3)
            model.cancel(99)

    seen = drive(model, leave)
    assert seen.tokens == {1: 4, 2: 32}
    assert seen.steps[4].tokens == (2,)


def test_a_slots_context_ends_an_answer() -> None:
    """llama.cpp stops an answer where the slot's context is full."""
    model = slots_model(context=64)
    model.submit(Job(1, 0.0, 23, 500))
    assert drive(model).tokens == {1: 64 - 23}


def test_ollama_moves_its_window_on() -> None:
    """Ollama goes on past the context, and cuts a prompt that is longer than it."""
    model = slots_model(engine="ollama", context=64)
    model.submit(Job(1, 0.0, 200, 100))
    assert drive(model).tokens == {1: 100}
    assert model.kept_prompt(200) == 4 + 30
    assert model.kept_prompt(40) == 40


def test_llamacpp_refuses_a_prompt_beyond_its_context() -> None:
    """The job fails with the server's own words and the next one is served."""
    model = slots_model(context=64)
    model.submit(Job(1, 0.0, 64, 8))
    model.submit(Job(2, 0.0, 23, 8))
    seen = drive(model)
    assert seen.failed == {
        1: "request (64 tokens) exceeds the available context size (64 tokens), try increasing it"
    }
    assert seen.tokens == {2: 8}


@pytest.mark.parametrize("seed", range(25))
def test_every_token_is_delivered(seed: int) -> None:
    """Whatever arrives and whoever leaves: limits hold and all others get all their tokens."""
    rng = random.Random(seed)
    slots = rng.randint(1, 9)
    model = slots_model(slots)
    wanted = {n: rng.randint(1, 60) for n in range(1, rng.randint(2, 40))}
    leavers = {n for n in wanted if rng.random() < 0.2}
    later = {n for n in wanted if rng.random() < 0.3}
    for number in wanted.keys() - later:
        model.submit(Job(number, 0.0, rng.randint(1, 3000), wanted[number]))
    late = sorted(later)

    def watch(number: int, step: Step) -> None:
        assert step.running <= slots
        assert step.kv_used_tokens <= step.kv_capacity_tokens == slots * 4096
        assert step.batch_tokens <= 2048
        assert 0 < step.gpu_busy <= 1
        if number % 3 == 0 and late:
            job = late.pop()
            model.submit(Job(job, float(number), rng.randint(1, 3000), wanted[job]))
        if number % 5 == 0 and leavers:
            model.cancel(leavers.pop())

    everyone = set(leavers)
    seen = drive(model, watch)
    for number in wanted.keys() - everyone - set(late):
        assert seen.tokens[number] == wanted[number]
        assert number in seen.ended
