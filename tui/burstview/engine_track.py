"""What an engine told during one run, put into the cells of a time axis as it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview.draw.axis import Axis
from burstview.draw.track import Track
from burstview.engine_looks import JoinedLooks
from burstview.engine_usage import capacity, kv_fill, running_of
from burstview.track_cells import Levels, Means
from burstview_engines.core.backend import Backend
from burstview_engines.core.counters import increase
from burstview_engines.core.engine_gauges import EngineStep
from burstview_engines.core.events import EngineSampled

LONGEST_HOLD = 2.5
"""Seconds between two looks over which the earlier one's value is drawn on, dimmed."""


@dataclass(slots=True)
class StepTotals:
    """Sums over a run's passes, where the engine tells each."""

    passes: int = 0
    """With at least one request in them."""
    rows: int = 0
    """Requests in them, summed."""
    most_rows: int = 0
    preempted: int = 0

    def take(self, step: EngineStep) -> None:
        """Add one pass."""
        self.passes += bool(step.rows)
        self.rows += step.rows
        self.most_rows = max(self.most_rows, step.rows)
        self.preempted += len(step.preempted)


class TrackMemory:
    """Takes a run's samples as they come; each is looked at once while the axis stays."""

    def __init__(
        self, backend: Backend, zero: float, axis: Axis, log: EngineSampled | None = None
    ) -> None:
        """`zero` is the session second of the axis' zero; `log` is what the engine's log told last
        before it."""
        self.backend, self.zero, self.axis = backend, zero, axis
        self.looks = JoinedLooks(log)
        self.totals = StepTotals()
        self._end = zero
        self._begin()

    def _begin(self) -> None:
        cells = self.axis.cells
        self.totals = StepTotals()
        self._taken: list[EngineSampled] = []
        self._good: EngineSampled | None = None
        self._running, self._waiting, self._kv = (Levels.of(cells) for _ in range(3))
        self._rows, self._step_tokens = Means.of(cells), Means.of(cells)
        self._prompt, self._output = Means.of(cells), Means.of(cells)
        self._preempted, self._failed = [0] * cells, [0] * cells

    def follow(self, samples: Sequence[EngineSampled], end: float) -> Track:
        """The track of all samples of the run, the one before and the one after included.

        Samples that were taken before must come first; if not, all are taken anew. Passes after
        session second `end` are left out.
        """
        self._end = end
        known = len(self._taken)
        if known > len(samples) or (known and samples[known - 1] is not self._taken[-1]):
            self._begin()
            known = 0
        for sample in samples[known:]:
            self._take(sample)
            self._taken.append(sample)
        return self._track()

    def _track(self) -> Track:
        is_tokens = not self._rows.is_known and self._step_tokens.is_known
        batch = self._step_tokens if is_tokens else self._rows
        return Track(
            self._running.line(),
            self._waiting.line(),
            batch.line(),
            is_tokens,
            self._kv.line(),
            self._prompt.line(),
            self._output.line(),
            tuple(self._preempted),
            tuple(self._failed),
        )

    def _take(self, sample: EngineSampled) -> None:
        at = sample.at - self.zero
        cell = self._cell(at)
        if sample.problem is not None:
            if cell is not None:
                self._failed[cell] += 1
            return
        room = None if sample.slots else capacity(sample, self.backend)
        for step in sample.step_log:
            self._take_step(step, room)
        levels = _levels(sample, self.backend)
        if cell is not None:
            for line, value in zip(self._lines, levels, strict=True):
                line.lift(cell, cell, value)
        if self._good is not None and sample.at > self._good.at:
            self._take_pair(self._good, sample)
        self._good = sample

    @property
    def _lines(self) -> tuple[Levels, Levels, Levels]:
        return self._running, self._waiting, self._kv

    def _take_step(self, step: EngineStep, room: int | None) -> None:
        begin, end = step.at - step.duration - self.zero, step.at - self.zero
        if end < 0 or step.at > self._end:
            return
        self.totals.take(step)
        if begin > self.axis.span:
            return
        first, last = self._clamped(begin), self._clamped(end)
        self._running.lift(first, last, max(step.running, step.rows))
        self._waiting.lift(first, last, step.waiting)
        self._kv.lift(first, last, step.kv_used_tokens / room if room else None)
        if step.rows:
            self._rows.add(first, last, step.rows, 1.0)
        self._preempted[last] += len(step.preempted)

    def _take_pair(self, before: EngineSampled, sample: EngineSampled) -> None:
        begin, end = before.at - self.zero, sample.at - self.zero
        if end <= 0 or begin >= self.axis.span:
            return
        self._hold(before, begin, end)
        seconds = sample.at - before.at
        for counters, means in (
            ((before.prompt_tokens, sample.prompt_tokens), self._prompt),
            ((before.output_tokens, sample.output_tokens), self._output),
        ):
            if (grown := increase(*counters)) is not None:
                means.spread(self.axis, begin, end, grown / seconds)
        steps, tokens = (
            increase(before.steps, sample.steps),
            increase(before.step_tokens, sample.step_tokens),
        )
        if steps and tokens is not None:
            self._step_tokens.spread(self.axis, begin, end, tokens / steps)
        if not sample.step_log and (cell := self._cell(end)) is not None:
            self._preempted[cell] += int(increase(before.preemptions, sample.preemptions) or 0)

    def _hold(self, before: EngineSampled, begin: float, end: float) -> None:
        if begin < 0 or end - begin > LONGEST_HOLD:
            return
        first, last = self._clamped(begin), self._clamped(end)
        for line, value in zip(self._lines, _levels(before, self.backend), strict=True):
            line.hold(first, last, value)

    def _cell(self, at: float) -> int | None:
        """None outside of the axis."""
        return self._clamped(at) if 0 <= at <= self.axis.span else None

    def _clamped(self, at: float) -> int:
        return min(self.axis.cells - 1, self.axis.cell(at))


def _levels(sample: EngineSampled, backend: Backend) -> tuple[float | None, ...]:
    return running_of(sample), sample.waiting, kv_fill(sample, backend)
