"""What one GPU is asked now and then; these calls take milliseconds, so they have a thread of
their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.core.gpu import GpuFacts
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.cadence import Cadence
from burstview_engines.probes.nvml.calls import Nvml, ProcessUse
from burstview_engines.probes.nvml.driver_history import Clocks, DriverHistory
from burstview_engines.probes.nvml.facts import facts_of
from burstview_engines.probes.nvml.mig import instances_of
from burstview_engines.probes.nvml.nvlink import LinkRates
from burstview_engines.probes.nvml.rows import Row, Uses, rows_of, with_use
from burstview_engines.probes.nvml.seldom import Seldom, seldom_gauges

FACTS_EVERY = 30.0
SELDOM_EVERY = 3.0
PROCESSES_EVERY, PROCESSES_HURRIED = 1.0, 0.5
USES_EVERY, USES_HURRIED, USES_MOST = 2.0, 1.0, 4.0
"""It costs 2 to 3 ms a call. In a burst there is never more in between than the last."""
UTILISATION_EVERY, UTILISATION_HURRIED, UTILISATION_KEPT = 6.0, 0.5, 18.0
"""It costs the same; the driver keeps 20 s of it, so that there may be no more in between."""


@dataclass(frozen=True, slots=True)
class Slow:
    """What one round brought; None: it was not its turn."""

    facts: GpuFacts | None = None
    seldom: Seldom | None = None
    rows: tuple[Row, ...] | None = None
    lists_processes: bool = True
    utilisation: tuple[tuple[float, float], ...] = ()


class SlowLook:
    """One GPU as long as it is there."""

    def __init__(self, nvml: Nvml, index: int, clocks: Clocks, spread: float) -> None:
        """`spread` stretches the times between dear calls. Raises NVML's errors when the GPU
        cannot be opened."""
        self._ask = Asking(nvml, nvml.nvmlDeviceGetHandleByIndex(index))
        self._index, self._now = index, clocks.now
        self._has_mig = False
        self._links = LinkRates()
        self._uses = Uses(clocks.wall)
        self._utilisation = DriverHistory(codes.UTILISATION_SAMPLES, clocks, plausible.percent)
        self._facts_due = Cadence(FACTS_EVERY)
        self._seldom_due = Cadence(SELDOM_EVERY * spread, SELDOM_EVERY * spread)
        self._rows_due = Cadence(PROCESSES_EVERY, PROCESSES_HURRIED)
        self._uses_due = Cadence(USES_EVERY * spread, min(USES_HURRIED * spread, USES_MOST))
        self._utilisation_due = Cadence(
            min(UTILISATION_EVERY * spread, UTILISATION_KEPT), UTILISATION_HURRIED * spread
        )
        self._latest_uses: Sequence[ProcessUse] = ()

    def look(self, *, hurries: bool) -> Slow:
        """The first of what is due: what takes long waits its turn. Raises GpuLostError."""
        now = self._now()
        if self._facts_due.is_due(now, hurries=hurries):
            facts = facts_of(self._ask, self._index)
            self._has_mig = facts.mig is True
            return Slow(facts=facts)
        if self._rows_due.is_due(now, hurries=hurries):
            return self._rows(now, hurries=hurries)
        if self._utilisation_due.is_due(now, hurries=hurries):
            return Slow(utilisation=self._utilisation.look(self._ask))
        if self._seldom_due.is_due(now, hurries=hurries):
            mig = instances_of(self._ask) if self._has_mig else ()
            return Slow(seldom=seldom_gauges(self._ask, now, self._links, mig))
        return Slow()

    def seconds_left(self, *, hurries: bool) -> float:
        """Until something is due."""
        now = self._now()
        cadences = (self._facts_due, self._seldom_due, self._rows_due, self._utilisation_due)
        return min(cadence.seconds_left(now, hurries=hurries) for cadence in cadences)

    def _rows(self, now: float, *, hurries: bool) -> Slow:
        rows = rows_of(self._ask)
        if not rows:
            self._latest_uses = ()
        elif self._uses_due.is_due(now, hurries=hurries):
            self._latest_uses = self._uses.look(self._ask)
        if rows is None:
            return Slow(rows=(), lists_processes=False)
        return Slow(rows=with_use(rows, self._latest_uses))
