"""What an embedded engine tells of itself, as an event: all of it exact."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.counters import increase
from burstview_engines.core.engine_gauges import EngineStep
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.gpu import GpuActivity
from burstview_engines.simulator.server.messages import Gauges, GpuGauges


def sampled(
    backend: Backend, told: Gauges, *, at: float, took: float, epoch: float
) -> EngineSampled:
    """`epoch`: the session's zero on CLOCK_MONOTONIC, by which the engine's steps are stamped."""
    counts = told.counters
    return EngineSampled(
        at=at,
        backend=backend.key,
        source="simulated",
        took=took,
        running=told.running,
        waiting=told.waiting,
        kv_usage=told.kv_usage,
        kv_capacity_tokens=told.kv_tokens,
        kv_block_tokens=told.block_tokens,
        seats=told.seats,
        context_tokens=told.context_tokens,
        preemptions=counts.preemptions if told.holdings is not None else None,
        prompt_tokens=counts.prompt_tokens,
        output_tokens=counts.output_tokens,
        steps=counts.steps,
        step_tokens=counts.step_tokens,
        queue_seconds=counts.queue_seconds,
        queue_count=counts.ended,
        prefill_seconds=counts.prefill_seconds,
        prefill_count=counts.ended,
        decode_seconds=counts.decode_seconds,
        decode_count=counts.ended,
        slots=told.slots,
        holdings=told.holdings,
        step_log=_in_session(told.steps, epoch),
    )


def activity(
    before: tuple[float, GpuGauges] | None, now: tuple[float, GpuGauges]
) -> GpuActivity | None:
    """What GPM would tell of the simulated GPU between two looks, each with its time. The model
    knows bytes and operations; SM activity and occupancy are not simulated."""
    if before is None or now[0] <= before[0]:
        return None
    (begin, then), (end, told) = before, now
    memory = increase(then.memory_seconds, told.memory_seconds)
    tensor = increase(then.tensor_seconds, told.tensor_seconds)
    return GpuActivity(
        begin=begin,
        end=end,
        tensor=_share(tensor, end - begin),
        dram=_share(memory, end - begin),
    )


def _share(seconds: float | None, of: float) -> float | None:
    """Percent; passes are counted at their end, so that one look may have a little too many."""
    return None if seconds is None else min(100.0, 100.0 * seconds / of)


def _in_session(steps: Sequence[EngineStep], epoch: float) -> tuple[EngineStep, ...]:
    return tuple(msgspec.structs.replace(step, at=step.at - epoch) for step in steps)
