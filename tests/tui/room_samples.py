"""What engines tell of their insides, written by hand: a starved paged one, one with a slot."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.core.engine_gauges import EngineStep, Holding, Slot
from burstview_engines.core.events import EngineSampled

BLOCK = 16


def paged(
    at: float,
    *holdings: Holding,
    backend: str = "vllm",
    blocks: int = 12,
    preemptions: int = 0,
    output_tokens: int = 0,
    steps: Sequence[EngineStep] = (),
) -> EngineSampled:
    """An embedded vLLM with a cache of so many blocks."""
    held = sum(one.blocks for one in holdings)
    waiting = sum(one.is_waiting for one in holdings)
    return EngineSampled(
        at=at,
        backend=backend,
        source="simulated",
        running=len(holdings) - waiting,
        waiting=waiting,
        kv_usage=held / blocks,
        kv_capacity_tokens=blocks * BLOCK,
        kv_block_tokens=BLOCK,
        seats=256,
        preemptions=preemptions,
        prompt_tokens=10 * output_tokens,
        output_tokens=output_tokens,
        queue_seconds=0.5 * output_tokens,
        queue_count=output_tokens,
        prefill_seconds=0.25 * output_tokens,
        prefill_count=output_tokens,
        holdings=holdings,
        step_log=tuple(steps),
    )


def step(
    at: float, rows: int, used_blocks: int, *, waiting: int = 0, preempted: tuple[int, ...] = ()
) -> EngineStep:
    """A pass of a tenth of a second that ends at `at`."""
    return EngineStep(
        at=at,
        duration=0.1,
        running=rows,
        waiting=waiting,
        batch_tokens=rows,
        rows=rows,
        kv_used_tokens=used_blocks * BLOCK,
        preempted=preempted,
    )


def one_slot(
    at: float, used: int, *, busy: bool = True, waiting: int = 0, backend: str = "ollama"
) -> EngineSampled:
    """An embedded Ollama as it comes."""
    return EngineSampled(
        at=at,
        backend=backend,
        source="simulated",
        running=int(busy),
        waiting=waiting,
        seats=1,
        slots=(Slot(id=0, is_busy=busy, context_tokens=4096, used_tokens=used),),
    )


def starved(zero: float = 0.0) -> tuple[EngineSampled, ...]:
    """A burst of four on twelve blocks: one is pushed back at 0.5 s, all is over at 1 s."""
    full = (
        Holding(request=7, blocks=4, tokens=60),
        Holding(request=8, blocks=4, tokens=62),
        Holding(request=9, blocks=4, tokens=64),
        Holding(request=10, blocks=0, tokens=0, preempted=1, is_waiting=True),
    )
    begun = tuple(Holding(request=7 + n, blocks=3, tokens=40) for n in range(4))
    late = (Holding(request=10, blocks=4, tokens=50, preempted=1),)
    first = [step(zero + 0.1 * n, 4, 12) for n in (1, 2, 3)]
    second = [
        step(zero + 0.4, 4, 12),
        step(zero + 0.5, 3, 12, waiting=1, preempted=(10,)),
        step(zero + 0.6, 3, 12, waiting=1),
    ]
    third = [step(zero + 0.1 * n, 1, 4) for n in (7, 8, 9)]
    return (
        paged(zero - 0.1),
        paged(zero + 0.3, *begun, output_tokens=12, steps=first),
        paged(zero + 0.6, *full, preemptions=1, output_tokens=22, steps=second),
        paged(zero + 0.9, *late, preemptions=1, output_tokens=25, steps=third),
        paged(zero + 1.1, preemptions=1, output_tokens=25),
    )


def queue(zero: float = 0.0, count: int = 16) -> tuple[EngineSampled, ...]:
    """One at a time, a second each; two looks a second."""
    looks = [one_slot(zero - 0.1, 0, busy=False)]
    for number in range(2 * count):
        served = number // 2
        looks.append(
            one_slot(zero + 0.25 + number / 2, 30 + 20 * (number % 2), waiting=count - 1 - served)
        )
    return (*looks, one_slot(zero + count + 0.1, 70, busy=False))
