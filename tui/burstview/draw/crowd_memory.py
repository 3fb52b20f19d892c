"""A crowd's row from frame to frame: without news of its requests only their common tip moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from burstview.draw.axis import ROUNDING, Axis
from burstview.draw.lane import Outline, Shape, outline, shape
from burstview_engines.core.silence import SERVER_STALL, STREAM_STALL
from burstview_engines.core.views import RequestView, RunView

Thing = TypeVar("Thing", Shape, Outline)
Counts = tuple[tuple[Shape, int], ...]
"""Shapes with how many lanes have them."""
_news = attrgetter("id", "state", "written", "first_token", "first_answer", "is_thinking")
"""Which request, and all that its lane shows while it goes on; later tokens change nothing."""


@dataclass(slots=True)
class CrowdMemory:
    """What is kept of one row. `shapes` is `draw.lane.shape` of each request, counted."""

    run: RunView | None = None
    ids: tuple[int, int] = (0, 0)
    """First and last request."""
    zero: float = 0.0
    axis: Axis | None = None
    since: float = 0.0
    """Every stamp of the row's requests is at or before this session second."""
    news: tuple[object, ...] = ()
    over: dict[Shape, int] | None = None
    """Of requests that ended."""
    open: dict[Outline, int] | None = None
    """Of requests in progress."""

    def shapes(
        self, shown: Sequence[RequestView], run: RunView, at: float, zero: float, axis: Axis
    ) -> Counts:
        """The row at session second `at`, on an axis whose zero is session second `zero`."""
        if not self._holds(shown, run, at, zero, axis):
            self._learn(shown, run, at, zero, axis)
        over, forms = self.over, self.open
        if over is None or forms is None or _may_be_stalled(shown, run, at, zero):
            drawn = [shape(one, run, at, zero, axis) for one in shown]
            return tuple(_counted([one for one in drawn if one is not None]).items())
        tip = min(axis.cells, int((at - zero) * axis.cells / axis.span + ROUNDING))
        counts = over.copy()
        for form, count in forms.items():
            now_drawn = form.shape(tip)
            counts[now_drawn] = counts.get(now_drawn, 0) + count
        return tuple(counts.items())

    def _holds(
        self, shown: Sequence[RequestView], run: RunView, at: float, zero: float, axis: Axis
    ) -> bool:
        if self.axis != axis or self.zero != zero or at < self.since:
            return False
        if self.ids != (shown[0].id, shown[-1].id):
            return False
        if self.run is not run:
            if self.news != tuple(map(_news, shown)):
                return False
            self.run = run
        return True

    def _learn(
        self, shown: Sequence[RequestView], run: RunView, at: float, zero: float, axis: Axis
    ) -> None:
        self.run, self.zero, self.axis, self.since = run, zero, axis, at
        self.ids = shown[0].id, shown[-1].id
        self.news = tuple(map(_news, shown))
        self.over = self.open = None
        if max(map(_newest, shown)) > at:
            return
        ended = [shape(one, run, at, zero, axis) for one in shown if one.ended is not None]
        self.over = _counted([one for one in ended if one is not None])
        self.open = _counted([outline(one, zero, axis) for one in shown if one.ended is None])


def _counted(things: list[Thing]) -> dict[Thing, int]:
    """How many of each; a Counter costs several times as much for so few."""
    counts: dict[Thing, int] = {}
    for thing in things:
        counts[thing] = counts.get(thing, 0) + 1
    return counts


def _newest(request: RequestView) -> float:
    """The newest of its stamps that a lane shows."""
    first = request.first_token if request.first_token is not None else request.written
    answer = request.first_answer if request.first_answer is not None else first
    return max(request.written, first, answer, request.ended or 0.0)


def _may_be_stalled(shown: Sequence[RequestView], run: RunView, at: float, zero: float) -> bool:
    if at - zero < STREAM_STALL:
        return False
    limit = at - STREAM_STALL
    started = (one.last_token for one in shown if one.ended is None)
    if any(last is not None and last <= limit for last in started):
        return True
    if at - (run.last_news or 0.0) < SERVER_STALL:
        return False
    return any(one.state == "waiting" for one in shown)
