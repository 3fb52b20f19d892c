"""Gauges of a run in virtual time: what an embedded engine would have told meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from burstview_engines.core.backend import Backend
from burstview_engines.core.engine_gauges import EngineStep
from burstview_engines.core.events import EngineSampled, GpuSampled
from burstview_engines.core.gpu import Gpu, GpuActivity
from burstview_engines.simulator.cost import Use
from burstview_engines.simulator.engine import Step

PERIOD = 0.1
"""Virtual seconds between two looks, as in a burst on real GPUs."""


class VirtualGauges:
    """Collects passes and tells of them again and again."""

    def __init__(self, backend: Backend, block_tokens: int | None) -> None:
        """`block_tokens`: of a paged engine."""
        self._backend, self._block_tokens = backend, block_tokens
        self._steps: list[EngineStep] = []
        self._use = Use()
        self._busy = 0.0
        self._since = 0.0
        self._preemptions = 0

    def begin(self, now: float) -> Iterator[EngineSampled | GpuSampled]:
        """A look at the idle engine; what follows is counted from here."""
        yield from self._look(now, None)

    def add(self, step: Step, now: float) -> Iterator[EngineSampled | GpuSampled]:
        """One pass that is over at `now`."""
        self._use = Use(
            self._use.memory + step.use.memory, self._use.arithmetic + step.use.arithmetic
        )
        self._busy += step.gpu_busy * step.duration
        self._preemptions += len(step.preempted)
        self._steps.append(
            EngineStep(
                at=now,
                duration=step.duration,
                running=step.running,
                waiting=step.waiting,
                batch_tokens=step.batch_tokens,
                rows=step.rows,
                kv_used_tokens=step.kv_used_tokens,
                preempted=step.preempted,
            )
        )
        if now - self._since >= PERIOD:
            yield from self._look(now, step)

    def end(self, now: float) -> Iterator[EngineSampled | GpuSampled]:
        """The last look, at what was not told yet."""
        if now > self._since:
            yield from self._look(now, None)

    def _look(self, now: float, step: Step | None) -> Iterator[EngineSampled | GpuSampled]:
        length = now - self._since
        gpu = Gpu(
            index=0,
            name=self._backend.gpu or "simulated GPU",
            utilisation=min(100.0, 100.0 * self._busy / length) if length > 0 else None,
            activity=self._activity(now) if length > 0 else None,
            backend=self._backend.key,
        )
        yield GpuSampled(at=now, simulated=True, gpus=(gpu,))
        capacity = step.kv_capacity_tokens if step else 0
        yield EngineSampled(
            at=now,
            backend=self._backend.key,
            source="simulated",
            running=step.running if step else 0,
            waiting=step.waiting if step else 0,
            kv_usage=step.kv_used_tokens / capacity if step and capacity else None,
            kv_block_tokens=self._block_tokens,
            seats=self._backend.seats,
            preemptions=self._preemptions if self._block_tokens else None,
            step_log=tuple(self._steps),
        )
        self._steps, self._use, self._busy, self._since = [], Use(), 0.0, now

    def _activity(self, now: float) -> GpuActivity:
        length = now - self._since
        return GpuActivity(
            begin=self._since,
            end=now,
            tensor=min(100.0, 100.0 * self._use.arithmetic / length),
            dram=min(100.0, 100.0 * self._use.memory / length),
        )
