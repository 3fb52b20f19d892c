"""What one GPU is asked at every look; all of it is on one thread."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from burstview_engines.core.gpu import Gpu, GpuActivity, MigInstance
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.activity import Activity
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.cadence import Cadence
from burstview_engines.probes.nvml.calls import Nvml
from burstview_engines.probes.nvml.driver_history import Clocks, DriverHistory, thinned
from burstview_engines.probes.nvml.facts import name_of
from burstview_engines.probes.nvml.quick import quick_gauges
from burstview_engines.probes.nvml.seldom import Seldom

POWER_CALM, POWER_HURRIED, POWER_KEPT = 1.4, 0.25, 1.9
"""Seconds between two looks at the power history, and the most there may be: the driver keeps
2.4 s of it."""
POWER_STEP = 0.25
"""Seconds of which the highest value is told while nothing hurries: recordings last for hours."""


class QuickLook:
    """One GPU as long as it is there: made anew when it comes back."""

    def __init__(self, nvml: Nvml, index: int, clocks: Clocks, spread: float) -> None:
        """`spread` stretches the times between dear calls. Raises NVML's errors when the GPU
        cannot be opened."""
        self._ask = Asking(nvml, nvml.nvmlDeviceGetHandleByIndex(index))
        self._index, self._clocks = index, clocks
        self._name = name_of(self._ask, index)
        self._power = DriverHistory(codes.POWER_SAMPLES, clocks, plausible.watts)
        self._power_due = Cadence(min(POWER_CALM * spread, POWER_KEPT), POWER_HURRIED)
        support = self._ask(nvml.nvmlGpmQueryDeviceSupport)
        self._has_gpm = support is not None and bool(support.isSupportedDevice)
        self._activities: dict[int | None, Activity] = {}

    def look(self, seldom: Seldom, *, hurries: bool) -> Gpu:
        """All gauges; those of `seldom` are added. Raises GpuLostError."""
        now = self._clocks.now
        gpu = seldom.into(quick_gauges(self._ask, self._index, self._name))
        return msgspec.structs.replace(
            gpu,
            activity=None if seldom.mig else self._activity(None, now),
            mig=self._with_activities(seldom.mig, now),
            power_history=self._power_history(now(), hurries=hurries),
        )

    def close(self) -> None:
        """Give back what belongs to the driver."""
        for activity in self._activities.values():
            activity.close()

    def _activity(self, instance: int | None, now: Callable[[], float]) -> GpuActivity | None:
        if not self._has_gpm:
            return None
        if instance not in self._activities:
            self._activities[instance] = Activity(self._ask, instance)
        return self._activities[instance].look(now)

    def _with_activities(
        self, instances: tuple[MigInstance, ...], now: Callable[[], float]
    ) -> tuple[MigInstance, ...]:
        """GPM tells of GPU instances; their compute instances share it."""
        numbers = dict.fromkeys(one.gpu_instance for one in instances)
        seen = {number: self._activity(number, now) for number in numbers}
        return tuple(
            msgspec.structs.replace(one, activity=seen[one.gpu_instance]) for one in instances
        )

    def _power_history(self, now: float, *, hurries: bool) -> tuple[tuple[float, float], ...]:
        if not self._power_due.is_due(now, hurries=hurries):
            return ()
        seen = self._power.look(self._ask)
        return seen if hurries else thinned(seen, POWER_STEP)
