"""vLLM in virtual time."""

from __future__ import annotations

import random
import time

import pytest

from burstview_engines.simulator.engine import Job, Step
from burstview_engines.simulator.paged import BLOCK_TOKENS, PagedModel
from burstview_engines.simulator.spec import EngineSpec, build
from tests.simulator.bursts import burst, drive, waves


def paged_model(
    seats: int = 256, blocks: int | None = None, budget: int = 8192, gpu: str = "H200"
) -> PagedModel:
    """A 0.6B model in 16 bits."""
    model = build(
        EngineSpec(
            engine="vllm",
            gpu=gpu,
            model="qwen3-0.6b",
            max_num_seqs=seats,
            kv_blocks=blocks,
            max_num_batched_tokens=budget,
        )
    )
    assert isinstance(model, PagedModel)
    return model


def test_a_burst_is_a_wall() -> None:
    """All answers run side by side and end in the same step."""
    model = paged_model()
    burst(model, 64)
    seen = drive(model)
    assert len(set(seen.ended.values())) == 1
    assert max(seen.first.values()) < min(seen.ended.values())


def test_max_num_seqs_makes_waves() -> None:
    """More requests than seats: the next group begins when seats come free."""
    model = paged_model(seats=4)
    burst(model, 12)
    seen = drive(model)
    assert waves(list(seen.ended.values()), gap=0.01) == [4, 4, 4]
    assert max(step.running for step in seen.steps) <= 4


def test_one_row_more_is_almost_free() -> None:
    """A step of 64 rows takes less than twice the step of one."""
    alone, many = paged_model(), paged_model()
    burst(alone, 1)
    burst(many, 64)
    assert drive(many).steps[-9].duration < 2 * drive(alone).steps[-9].duration


def test_a_starved_cache_preempts_and_still_delivers() -> None:
    """16 answers of 400 tokens in 300 blocks: the last running ones start over, none is lost."""
    model = paged_model(blocks=300)
    burst(model, 16, prompt=200, output=400)
    seen = drive(model)
    assert seen.tokens == dict.fromkeys(range(1, 17), 400)
    assert len(seen.preempted) > 0
    assert max(step.kv_used_tokens for step in seen.steps) == 299 * BLOCK_TOKENS
    assert seen.steps[-1].kv_used_tokens == 0


def test_a_long_prompt_is_computed_in_chunks() -> None:
    """No step computes more than the budget, and decoding goes on beside a chunk."""
    model = paged_model(budget=512)
    model.submit(Job(1, 0.0, 20, 40))

    def arrive(number: int, _: Step) -> None:
        if number == 12:
            model.submit(Job(2, 0.0, 3000, 4))

    seen = drive(model, arrive)
    assert max(step.batch_tokens for step in seen.steps) == 512
    chunks = [step for step in seen.steps if step.batch_tokens == 512]
    assert len(chunks) == 5
    assert all(step.tokens == (1,) for step in chunks)


def test_a_request_beyond_the_context_is_refused() -> None:
    """It fails with vLLM's sentence, at once, and leaves nothing behind."""
    model = paged_model(blocks=11)
    model.submit(Job(1, 0.0, 100, 61))
    seen = drive(model)
    assert seen.failed[1].startswith("This model's maximum context length is 160 tokens. However,")
    assert model.step(seen.now) is None


def test_a_client_that_leaves_frees_its_seat_and_blocks() -> None:
    """The next in line runs in the following step."""
    model = paged_model(seats=1)
    burst(model, 3)

    def leave(_: int, step: Step) -> None:
        if step.tokens == (1,):
            model.cancel(1)
            model.cancel(3)
            model.cancel(99)

    seen = drive(model, leave)
    assert seen.tokens == {1: 1, 2: 32}
    assert seen.steps[-1].kv_used_tokens == 0


def test_a_thousand_streams_simulate_in_no_time() -> None:
    """1,024 x 128 tokens take well under two seconds of CPU."""
    model = paged_model(seats=1024)
    burst(model, 1024, output=128)
    began = time.process_time()
    seen = drive(model)
    assert sum(seen.tokens.values()) == 1024 * 128
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("seed", range(25))
def test_every_token_is_delivered(seed: int) -> None:
    """Whatever arrives and whoever leaves: limits hold and all others get all their tokens."""
    rng = random.Random(seed)
    seats, budget = rng.randint(1, 20), rng.choice([64, 256, 2048])
    model = paged_model(seats=seats, blocks=rng.randint(40, 90), budget=budget)
    wanted = {n: rng.randint(1, 120) for n in range(1, rng.randint(2, 40))}
    leavers = {n for n in wanted if rng.random() < 0.2}
    late = [n for n in wanted if rng.random() < 0.3]
    stayers = wanted.keys() - leavers
    for number in wanted.keys() - set(late):
        model.submit(Job(number, 0.0, rng.randint(1, 500), wanted[number]))

    def watch(number: int, step: Step) -> None:
        assert step.running <= seats
        assert 0 <= step.kv_used_tokens <= step.kv_capacity_tokens
        assert step.batch_tokens <= budget
        if number % 3 == 0 and late:
            job = late.pop()
            model.submit(Job(job, float(number), rng.randint(1, 500), wanted[job]))
        if number % 5 == 0 and leavers:
            model.cancel(leavers.pop())

    seen = drive(model, watch)
    for number in stayers - set(late):
        assert seen.tokens[number] == wanted[number]
    assert seen.steps[-1].kv_used_tokens == 0


def test_the_model_is_deterministic() -> None:
    """The same jobs give the same steps."""
    runs = []
    for _ in range(2):
        model = paged_model(blocks=60, seats=9)
        burst(model, 20, prompt=60, output=90)
        runs.append(drive(model).steps)
    assert runs[0] == runs[1]
