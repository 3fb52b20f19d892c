"""Which requests each phase of a run sends, and in which waves."""

from __future__ import annotations

from dataclasses import dataclass

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan, Phase
from burstview_engines.warmth import SLOT_ENGINES


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """One phase: its waves are sent one after the other, the requests of a wave together."""

    phase: Phase
    waves: tuple[tuple[int, ...], ...]

    @property
    def requests(self) -> int:
        """Of all waves."""
        return sum(map(len, self.waves))


def schedule(backend: Backend, plan: BurstPlan, *, warm_up_needed: bool) -> tuple[PhasePlan, ...]:
    """The phases of a run. Without a warm-up wish nothing is sent alone either."""
    phases: list[PhasePlan] = []
    if plan.warm_up and warm_up_needed:
        phases.append(PhasePlan("warm_up", (_numbers(warm_up_size(backend, plan)),)))
    if plan.warm_up and plan.alone > 0:
        phases.append(PhasePlan("alone", tuple((number,) for number in _numbers(plan.alone))))
    return (*phases, PhasePlan("burst", (_numbers(plan.concurrency),)))


def warm_up_size(backend: Backend, plan: BurstPlan) -> int:
    """The whole shape where kernels are compiled per shape; one wave where there are slots."""
    if backend.engine in SLOT_ENGINES:
        return min(backend.seats or 1, plan.concurrency)
    return plan.concurrency


def _numbers(count: int) -> tuple[int, ...]:
    return tuple(range(1, count + 1))
