"""Histories of one GPU in columns of equal length in time, taken in as samples come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import floor, inf, nextafter

from burstview.gpu_metrics import METRICS, Metric
from burstview.gpu_shown import Key, key_of
from burstview.gpu_words import believed_gpu
from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.series import Series
from burstview_engines.core.views import RunView

STEPS = (0.1, 0.5, 2.0, 10.0)
"""Seconds a column."""
LONGEST = 2.0
"""Seconds that a value stands for the time before it at most; a longer silence is a gap."""
KEPT_COLUMNS = 4000


class Curve:
    """One metric: the highest value of each column, so that short peaks stay."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._highest: dict[int, float] = {}
        self._until = -inf

    def take(self, begin: float | None, end: float, value: float) -> None:
        """A value that holds from `begin`, or from the value before it, until `end`."""
        if begin is None:
            begin = self._until if end - self._until <= LONGEST else end
        last = self.column(end)
        first = min(last, self.column(begin) + 1)
        for column in range(first, last + 1):
            self._highest[column] = max(value, self._highest.get(column, value))
        self._until = max(self._until, end)
        if len(self._highest) > 2 * KEPT_COLUMNS:
            for column in sorted(self._highest)[:-KEPT_COLUMNS]:
                del self._highest[column]

    def column(self, at: float) -> int:
        """In which a second lies."""
        return column_of(at, self._step)

    def values(self, last: int, count: int) -> list[float | None]:
        """Of the `count` columns up to `last`; None where nothing is known."""
        return [self._highest.get(column) for column in range(last - count + 1, last + 1)]


def column_of(at: float, step: float) -> int:
    """Columns are counted from the session's begin; a hair's breadth belongs to the next one."""
    return floor(at / step + 1e-9)


class Curves:
    """All metrics of one GPU; begun anew for another GPU or another step."""

    def __init__(self, key: Key, step: float) -> None:
        self.key, self.step = key, step
        self._curves = {metric.name: Curve(step) for metric in METRICS}
        self._taken = -inf

    def take(self, series: Series[GpuSampled], until: float, runs: Sequence[RunView] = ()) -> None:
        """What came since the last time, up to second `until`; of `runs` those that a reading of
        utilisation cannot have reached leave a gap."""
        for sample in series.between(nextafter(self._taken, inf), until):
            self._taken = sample.at
            gpu = self._find(sample.gpus)
            if gpu is not None and gpu.state == "ok":
                self._take_gpu(believed_gpu(gpu, sample.at, runs), sample.at)

    def values(self, metric: Metric, last: int, count: int) -> list[float | None]:
        """Of the `count` columns up to `last`."""
        return self._curves[metric.name].values(last, count)

    def _find(self, gpus: Sequence[Gpu]) -> Gpu | None:
        return next((gpu for gpu in gpus if key_of(gpu) == self.key), None)

    def _take_gpu(self, gpu: Gpu, at: float) -> None:
        for metric in METRICS:
            curve = self._curves[metric.name]
            for begin, end, value in metric.read(gpu, at):
                curve.take(begin, end, value)


def step_beside(step: float, direction: int) -> float:
    """The next longer or shorter one."""
    at = bisect_right(STEPS, step) - 1 + direction
    return STEPS[max(0, min(len(STEPS) - 1, at))]
