"""What an engine told during one run, put into the cells of a time axis as it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from burstview.draw.axis import Axis
from burstview.draw.track import Line, Track
from burstview.engine_looks import JoinedLooks
from burstview_engines.core.backend import Backend
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
        self._running, self._waiting, self._kv = (_Levels.of(cells) for _ in range(3))
        self._rows, self._step_tokens = _Means.of(cells), _Means.of(cells)
        self._prompt, self._output = _Means.of(cells), _Means.of(cells)
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
    def _lines(self) -> tuple[_Levels, _Levels, _Levels]:
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
            if (grown := grew(*counters)) is not None:
                means.spread(self.axis, begin, end, grown / seconds)
        steps, tokens = (
            grew(before.steps, sample.steps),
            grew(before.step_tokens, sample.step_tokens),
        )
        if steps and tokens is not None:
            self._step_tokens.spread(self.axis, begin, end, tokens / steps)
        if not sample.step_log and (cell := self._cell(end)) is not None:
            self._preempted[cell] += int(grew(before.preemptions, sample.preemptions) or 0)

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


def grew(before: int | float | None, after: int | float | None) -> float | None:
    """How far a counter went on; None when it is unknown, or began anew with the engine."""
    if before is None or after is None or after < before:
        return None
    return after - before


def capacity(sample: EngineSampled, backend: Backend) -> int | None:
    """Tokens that the KV cache holds; of slots that share nothing, all their contexts."""
    if (told := sample.kv_capacity_tokens or backend.kv_tokens) is not None:
        return told
    contexts = [slot.context_tokens for slot in sample.slots or ()]
    known = [tokens for tokens in contexts if tokens is not None]
    return sum(known) if known and len(known) == len(contexts) else None


def used_tokens(sample: EngineSampled, backend: Backend) -> int | None:
    """Tokens' worth of the KV cache that requests hold now, whole blocks of a paged one."""
    if sample.holdings is not None and sample.kv_block_tokens:
        return sum(held.blocks for held in sample.holdings) * sample.kv_block_tokens
    if sample.slots is not None:
        used = [slot.used_tokens for slot in sample.slots if slot.is_busy]
        return None if None in used else sum(tokens for tokens in used if tokens is not None)
    room = capacity(sample, backend)
    return None if sample.kv_usage is None or room is None else round(sample.kv_usage * room)


def kv_fill(sample: EngineSampled, backend: Backend) -> float | None:
    """Share of the KV cache that is held, 0 to 1; of slots, used of reserved, whatever the engine
    itself calls its usage."""
    if sample.kv_usage is not None and not sample.slots:
        return sample.kv_usage
    used, room = used_tokens(sample, backend), capacity(sample, backend)
    return None if used is None or not room else used / room


def running_of(sample: EngineSampled) -> int | None:
    """Requests in the batch, or busy slots."""
    if sample.running is not None or sample.slots is None:
        return sample.running
    return sum(slot.is_busy for slot in sample.slots)


def _levels(sample: EngineSampled, backend: Backend) -> tuple[float | None, ...]:
    return running_of(sample), sample.waiting, kv_fill(sample, backend)


@dataclass(slots=True)
class _Levels:
    """The highest value of each cell."""

    values: list[float | None] = field(default_factory=list)
    held: list[float | None] = field(default_factory=list)

    @classmethod
    def of(cls, cells: int) -> _Levels:
        return cls([None] * cells, [None] * cells)

    def lift(self, first: int, last: int, value: float | None) -> None:
        if value is None:
            return
        for cell in range(first, last + 1):
            known = self.values[cell]
            if known is None or value > known:
                self.values[cell] = value

    def hold(self, first: int, last: int, value: float | None) -> None:
        for cell in range(first + 1, last):
            self.held[cell] = value

    def line(self) -> Line:
        pairs = zip(self.values, self.held, strict=True)
        values = tuple([held if value is None else value for value, held in pairs])
        return Line(values, tuple([value is not None for value in self.values]))


@dataclass(slots=True)
class _Means:
    """The weighted mean of each cell."""

    sums: list[float]
    weights: list[float]

    @classmethod
    def of(cls, cells: int) -> _Means:
        return cls([0.0] * cells, [0.0] * cells)

    @property
    def is_known(self) -> bool:
        return any(self.weights)

    def add(self, first: int, last: int, value: float, weight: float) -> None:
        for cell in range(first, last + 1):
            self.sums[cell] += value * weight
            self.weights[cell] += weight

    def spread(self, axis: Axis, begin: float, end: float, value: float) -> None:
        """Over each cell by the time that it shares."""
        each = axis.span / axis.cells
        first = min(axis.cells - 1, axis.cell(begin))
        for cell in range(first, min(axis.cells - 1, axis.cell(end)) + 1):
            shared = min(end, (cell + 1) * each) - max(begin, cell * each)
            if shared > 0:
                self.add(cell, cell, value, shared)

    def line(self) -> Line:
        pairs = zip(self.sums, self.weights, strict=True)
        values = tuple([total / weight if weight else None for total, weight in pairs])
        return Line(values, tuple([bool(weight) for weight in self.weights]))
