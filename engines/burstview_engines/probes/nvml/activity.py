"""GPM: what share of a GPU works, over windows that join without a gap."""

from __future__ import annotations

import math
from collections.abc import Callable

from burstview_engines.core.gpu import GpuActivity
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.calls import GpmMetrics

SHORTEST = 0.095
"""Seconds. The hardware refreshes its counters every 0.1 s."""
LONGEST_STALE = 1.0
"""Seconds after which a memory share that is still not a number is taken as never told."""
ASKED = (codes.GPM_SM, codes.GPM_OCCUPANCY, codes.GPM_TENSOR, codes.GPM_DRAM)


class Activity:
    """One GPU's, or one MIG instance's; owns two buffers of the driver until `close`."""

    def __init__(self, ask: Asking, instance: int | None = None) -> None:
        self._ask, self._instance = ask, instance
        self._buffers: list[object] = []
        self._begin: float | None = None

    def look(self, now: Callable[[], float]) -> GpuActivity | None:
        """The window since the last one; None at first, while the counters are those of its
        beginning still, and where the driver does not tell. Raises GpuLostError."""
        begin = self._begin
        if begin is not None and now() - begin < SHORTEST:
            return None
        if not self._sample():
            return None
        end = round(now(), 4)
        if begin is None:
            self._begin_at(end)
            return None
        seen = self._window(begin, end)
        if seen is not None:
            self._begin_at(end)
        return seen

    def close(self) -> None:
        """Give the buffers back; a driver that is gone has none."""
        buffers, self._buffers, self._begin = self._buffers, [], None
        for buffer in buffers:
            try:
                self._ask.nvml.nvmlGpmSampleFree(buffer)
            except self._ask.nvml.NVMLError:
                return

    def _begin_at(self, at: float) -> None:
        """The newest sample is the next window's beginning."""
        self._begin = at
        self._buffers.reverse()

    def _sample(self) -> bool:
        """Into the second buffer: the first holds the beginning."""
        while len(self._buffers) < 2:
            buffer = self._ask(self._allocated)
            if buffer is None:
                return False
            self._buffers.append(buffer)
        return self._ask(self._filled) is not None

    def _allocated(self, _: object) -> object:
        return self._ask.nvml.nvmlGpmSampleAlloc()

    def _filled(self, handle: object) -> object:
        nvml, buffer = self._ask.nvml, self._buffers[1]
        if self._instance is None:
            return nvml.nvmlGpmSampleGet(handle, buffer)
        return nvml.nvmlGpmMigSampleGet(handle, self._instance, buffer)

    def _window(self, begin: float, end: float) -> GpuActivity | None:
        asked = self._ask(self._metrics)
        if asked is None:
            return None
        values = [
            metric.value if metric.nvmlReturn == codes.SUCCESS else None
            for metric in (asked.metrics[place] for place in range(len(ASKED)))
        ]
        if _is_stale(values[-1]) and end - begin < LONGEST_STALE:
            return None
        sm, occupancy, tensor, dram = map(plausible.percent, values)
        return GpuActivity(
            begin=begin, end=end, sm=sm, occupancy=occupancy, tensor=tensor, dram=dram
        )

    def _metrics(self, _: object) -> GpmMetrics:
        nvml = self._ask.nvml
        asked = nvml.c_nvmlGpmMetricsGet_t()
        asked.version, asked.numMetrics = codes.GPM_VERSION, len(ASKED)
        asked.sample1, asked.sample2 = self._buffers
        for place, metric in enumerate(ASKED):
            asked.metrics[place].metricId = metric
        return nvml.nvmlGpmMetricsGet(asked)


def _is_stale(dram: float | None) -> bool:
    """A share of no memory cycles at all: the counters were not refreshed, and the zeros beside
    it are none either (seen on an H100 under full load)."""
    return dram is not None and math.isnan(dram)
