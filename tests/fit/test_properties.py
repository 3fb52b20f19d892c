"""Rules that hold whatever is chosen, tried with a seeded generator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from burstview_engines.core.backend import Engine
from burstview_engines.fit.change import change_cost
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.pair import plan_pair
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.table import SHAPES
from burstview_engines.fit.words import signed
from tests.fit.cases import GIB, MIB, shape, spec

ROUNDS = 150


def draws(seed: int) -> Iterator[tuple[random.Random, ModelShape, GpuMemory]]:
    """Models in any format on GPUs of any size, some of them partly taken."""
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        total = dice.choice((8, 12, 16, 24, 48, 80, 141)) * GIB
        used = int(total * dice.choice((0, 0, 0.02, 0.3, 0.9)))
        model = shape(dice.choice(list(SHAPES)), dice.choice(("bf16", "q4_k_m", "q8_0", "awq4")))
        yield dice, model, GpuMemory(0, "NVIDIA Thing", total, used)


def test_more_slots_and_longer_contexts_never_take_less() -> None:
    """Of Ollama's KV cache; and what fits with more, fits with less."""
    for dice, model, gpu in draws(1):
        context = str(dice.choice((512, 2048, 4096)))
        slots = sorted(dice.sample(range(1, 65), 4))
        found = [
            fit(spec("ollama", num_parallel=str(n), context_length=context), model, [gpu])
            for n in slots
        ]
        for few, many in pairwise(found):
            assert (few.kv_total_bytes or 0) < (many.kv_total_bytes or 0)
            assert few.fits or not many.fits
        longer = fit(spec("ollama", context_length=str(2 * int(context))), model, [gpu])
        shorter = fit(spec("ollama", context_length=context), model, [gpu])
        assert (shorter.kv_total_bytes or 0) <= (longer.kv_total_bytes or 0)


def test_a_larger_share_never_holds_fewer() -> None:
    """vLLM's pool grows with its share; its seats shrink with the length of requests."""
    for dice, model, gpu in draws(2):
        shares = sorted(round(dice.uniform(0.1, 0.95), 2) for _ in range(3))
        wishes = [
            spec("vllm", gpu_memory_utilization=str(share), max_model_len="4096")
            for share in shares
        ]
        found = [fit(wish, model, [gpu], typical_tokens=256) for wish in wishes]
        for small, large in pairwise(found):
            assert (small.kv_total_bytes or 0) <= (large.kv_total_bytes or 0)
            assert (small.seats or 0) <= (large.seats or 0)
        for one in found:
            assert (one.seats or 0) <= (one.typical_seats or 0)


@pytest.mark.parametrize("engine", ["ollama", "llamacpp", "vllm"])
def test_a_bar_is_the_whole_card(engine: Engine) -> None:
    """Its parts add up to the memory; what fits leaves nothing missing."""
    for _, model, gpu in draws(3):
        found = fit(spec(engine, max_model_len="2048") if engine == "vllm" else spec(engine),
                    model, [gpu])  # fmt: skip
        assert sum(size for _, size in found.parts) in (0, gpu.total_bytes)
        if found.fits:
            assert dict(found.parts)["free"] >= 0
            assert (found.needed_bytes or 0) <= gpu.free_bytes


def test_what_a_change_costs_is_the_difference_of_both_fits() -> None:
    """With the right sign, there and back."""
    for dice, model, gpu in draws(4):
        one, other = dice.sample(range(1, 33), 2)
        old = spec("ollama", num_parallel=str(one), context_length="2048")
        new = spec("ollama", num_parallel=str(other), context_length="2048")
        before, after = (fit(wish, model, [gpu]) for wish in (old, new))
        delta = (after.kv_total_bytes or 0) - (before.kv_total_bytes or 0)
        there = change_cost(old, new, model, [gpu])
        assert f"{signed(delta)} KV" in there
        assert f"{signed(-delta)} KV" in change_cost(new, old, model, [gpu])
        assert ("would not fit" in there) == (after.fits is False and before.fits is not False)


def test_a_planned_pair_is_one_that_fits() -> None:
    """Wherever the plan says yes, both fit one after the other and the reserve stays free."""
    yes = 0
    for dice, model, gpu in draws(5):
        paged = dice.choice((model, replace(model)))
        plan = plan_pair(spec("vllm"), spec("ollama"), {"vllm": paged, "ollama": model}, gpu)
        taken = (plan.ollama_fit.needed_bytes or 0) + (plan.vllm_fit.needed_bytes or 0)
        if plan.fits:
            yes += 1
            assert gpu.used_bytes + taken <= gpu.total_bytes - GIB + MIB
            assert plan.vllm.options["max-model-len"] == plan.ollama.options["context-length"]
        else:
            assert "fit" in plan.sentence
    assert yes > ROUNDS // 4
