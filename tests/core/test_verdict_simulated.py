"""The verdict on simulated bursts just above a limit: right when sure, and seldom not sure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from burstview_engines.core.seats import Answer
from burstview_engines.core.verdict import judge
from burstview_engines.simulator.engine import Job
from burstview_engines.simulator.spec import EngineSpec, build

BURSTS = 600
LIMITS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Case:
    """One burst and what is true of it."""

    requests: int
    seats: int
    answers: tuple[Answer, ...]

    @property
    def label(self) -> str:
        """From the limit that the engine was built with."""
        if self.requests <= self.seats:
            return "all-together"
        return "one-at-a-time" if self.seats == 1 else "k-at-a-time"


def cases(seed: int) -> Iterator[Case]:
    """Bursts at, just above and far above a limit; prompts to 2,000 tokens, jitter to 20 ms."""
    chance = random.Random(seed)
    for _ in range(BURSTS):
        seats = chance.choice(LIMITS)
        requests = max(2, seats + chance.choice((0, 1, 1, 1, 2, 3, 2 * seats)))
        yield Case(requests, seats, tuple(_burst(chance, seats, requests)))


def _burst(chance: random.Random, seats: int, requests: int) -> list[Answer]:
    tokens = chance.choice((32, 64, 128, 256))
    prompt = chance.choice((20, 23, 60, 200, 500, 2000))
    jitter = chance.choice((0.0, 0.001, 0.005, 0.02))
    spread = chance.choice((0.0, 0.4))
    jobs = [
        Job(
            id=number,
            arrived=0.0,
            prompt_tokens=max(1, int(prompt * chance.uniform(0.8, 1.2))),
            output_tokens=max(2, int(tokens * chance.lognormvariate(0, spread))),
        )
        for number in range(requests)
    ]
    seen = _times(_spec(chance, seats), jobs)
    shifted = [(first + chance.uniform(0, jitter), last) for first, last in seen]
    return [Answer(0.0, f, max(f, last + chance.uniform(0, jitter))) for f, last in shifted]


def _spec(chance: random.Random, seats: int) -> EngineSpec:
    gpu = chance.choice(("L4", "RTX 4090", "H200"))
    model = "qwen3-0.6b" if seats > 8 else chance.choice(("qwen3-0.6b", "qwen3-4b"))
    if chance.random() < 0.5:
        return EngineSpec(engine="vllm", gpu=gpu, model=model, max_num_seqs=seats)
    return EngineSpec(engine="llamacpp", gpu=gpu, model=model, slots=seats, context_tokens=4096)


def _times(spec: EngineSpec, jobs: list[Job]) -> list[tuple[float, float]]:
    model, now = build(spec), 0.0
    for job in jobs:
        model.submit(job)
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    while (step := model.step(now)) is not None:
        now += step.duration
        for number in step.tokens:
            first.setdefault(number, now)
            last[number] = now
    return [(first[job.id], last[job.id]) for job in jobs if job.id in first]


@pytest.mark.parametrize("seed", [1, 2])
def test_right_when_sure_and_seldom_unsure(seed: int) -> None:
    """At least 99 % of the sure verdicts are right; at most 10 % are not sure."""
    counted: Counter[str] = Counter()
    for case in cases(seed):
        verdict = judge(case.answers)
        is_sure = verdict.label != "not-sure"
        counted["unsure"] += not is_sure
        counted["right"] += is_sure and verdict.label == case.label
        counted["exact"] += is_sure and verdict.k == min(case.seats, case.requests)
    sure = BURSTS - counted["unsure"]
    assert counted["unsure"] <= 0.10 * BURSTS
    assert counted["right"] >= 0.99 * sure
    assert counted["exact"] >= 0.97 * sure
