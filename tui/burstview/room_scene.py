"""A side of the engine room before it is put into words: a run, its samples, and its track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from burstview.deck import SideView
from burstview.draw.axis import Axis
from burstview.draw.track import Track
from burstview.engine_looks import last_of
from burstview.engine_track import TrackMemory
from burstview.engine_usage import kv_fill, running_of
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.series import Series
from burstview_engines.core.views import RunView


class Scene(NamedTuple):
    """One side with a run."""

    view: SideView
    run: RunView
    zero: float
    """Session second of the axis' zero."""
    samples: Sequence[EngineSampled]
    """Of the run, with the one before and the one after."""
    memory: TrackMemory
    track: Track
    gained: float
    """How many times wider it is, or could be, on an axis of its own."""

    @property
    def good(self) -> Sequence[EngineSampled]:
        """Looks that did not fail."""
        return [sample for sample in self.samples if sample.problem is None]


class Memories:
    """What was put into cells, for the newest run of each side."""

    def __init__(self) -> None:
        self._tracks: dict[int, TrackMemory] = {}

    def of(
        self, run: RunView, zero: float, axis: Axis, series: Series[EngineSampled]
    ) -> TrackMemory:
        """Begun anew when the axis is another one."""
        memory = self._tracks.pop(run.run, None)
        if memory is None or memory.axis != axis or memory.zero != zero:
            log = last_of(series, "log", zero)
            memory = TrackMemory(run.backend, zero, axis, log)
        self._tracks[run.run] = memory
        while len(self._tracks) > 2:
            self._tracks.pop(next(iter(self._tracks)))
        return memory


class Peaks:
    """The fullest look of each run that is over, found once."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[int, EngineSampled | None]] = {}

    def of(self, scene: Scene) -> EngineSampled | None:
        """None if no look fell into the burst."""
        number, count = scene.run.run, len(scene.samples)
        known = self._found.get(number)
        if known is None or known[0] != count:
            found = fullest(scene.good, scene.run.backend, scene.zero, scene.run.ended)
            known = (count, found)
            self._found = (
                {**self._found, number: known} if len(self._found) < 4 else {number: known}
            )
        return known[1]


def fullest(
    good: Sequence[EngineSampled], backend: Backend, zero: float, end: float | None
) -> EngineSampled | None:
    """The look of a burst at which most of the KV cache was held; None if none fell into it."""
    within = [one for one in good if zero <= one.at and (end is None or one.at <= end)]
    return max(within, key=lambda one: _fullness(one, backend), default=None)


def _fullness(sample: EngineSampled, backend: Backend) -> tuple[bool, float, int, int]:
    """One in which anybody runs is fuller than one without, however little is told of it; of
    equally full ones, the one in which most were pushed back."""
    fill, running = kv_fill(sample, backend), running_of(sample) or 0
    pushed = sum(one.is_waiting and one.preempted > 0 for one in sample.holdings or ())
    return running > 0, (-1.0 if fill is None else fill), pushed, running
