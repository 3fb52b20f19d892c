"""The newest passes of a simulated engine, for those who ask now and then."""

from __future__ import annotations

from collections import deque
from itertools import islice

from burstview_engines.core.engine_gauges import EngineStep
from burstview_engines.simulator.engine import Step

KEPT = 4000
"""Some 20 s of a fast vLLM."""


class StepLog:
    """A ring; steps are numbered from 1 since the engine began."""

    def __init__(self, kept: int = KEPT) -> None:
        self._steps: deque[EngineStep] = deque(maxlen=kept)
        self.last_number = 0
        """Of the newest; 0 before the first."""

    def add(self, step: Step, end: float) -> None:
        """One that ended at `end` on the engine's clock."""
        self.last_number += 1
        self._steps.append(
            EngineStep(
                at=end,
                duration=step.duration,
                running=step.running + len(step.finished),
                waiting=step.waiting,
                batch_tokens=step.batch_tokens,
                rows=step.rows,
                kv_used_tokens=step.kv_held_tokens,
                preempted=step.preempted,
            )
        )

    def since(self, number: int) -> tuple[EngineStep, ...]:
        """Those after that number that are still kept, oldest first."""
        count = min(max(self.last_number - number, 0), len(self._steps))
        return tuple(islice(self._steps, len(self._steps) - count, None))
