"""Drives a step model in virtual time and keeps what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from burstview_engines.simulator.engine import Job, Step, StepModel

Watch = Callable[[int, Step], None]


@dataclass
class Outcome:
    """What a driver saw, by job id."""

    first: dict[int, float] = field(default_factory=dict)
    ended: dict[int, float] = field(default_factory=dict)
    tokens: dict[int, int] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    preempted: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    now: float = 0.0


def drive(model: StepModel, watch: Watch | None = None, now: float = 0.0) -> Outcome:
    """Step until the model is idle; `watch` sees (number, step) and may cancel or submit."""
    seen = Outcome(now=now)
    while (step := model.step(seen.now)) is not None:
        seen.now += step.duration
        seen.steps.append(step)
        seen.preempted.extend(step.preempted)
        seen.failed.update(step.failed)
        for job in step.tokens:
            seen.first.setdefault(job, seen.now)
            seen.tokens[job] = seen.tokens.get(job, 0) + 1
        seen.ended.update(dict.fromkeys(step.finished, seen.now))
        if watch is not None:
            watch(len(seen.steps), step)
        assert len(seen.steps) < 100_000, "the model does not come to an end"
    return seen


def burst(model: StepModel, count: int, *, prompt: int = 23, output: int = 32) -> None:
    """Submit `count` equal jobs at time 0, numbered from 1."""
    for number in range(1, count + 1):
        model.submit(Job(number, 0.0, prompt, output))


def waves(times: list[float], gap: float) -> list[int]:
    """Sizes of the groups of times that lie closer together than `gap`."""
    sizes = [1]
    ordered = sorted(times)
    for before, after in pairwise(ordered):
        if after - before < gap:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return sizes
