"""In which order the requests of a run stand below each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from burstview_engines.core.views import RequestView, RunView

Place = tuple[int, float, int]


def served(requests: Sequence[RequestView]) -> tuple[RequestView, ...]:
    """Those served from the start by number, then the others as they were served, then who waits.

    A server is free to take requests in any order; so a queue is a staircase whatever it chose.
    """
    ends = [_end(one) for one in requests if one.state == "done"]
    first_end = min(ends, default=inf)
    return tuple(sorted(requests, key=lambda one: _place(one, first_end)))


def _place(request: RequestView, first_end: float) -> Place:
    start = request.first_token if request.first_token is not None else request.ended
    if start is None:
        return 2, 0.0, request.id
    return (0, 0.0, request.id) if start < first_end else (1, start, request.id)


def _end(request: RequestView) -> float:
    end = request.last_token if request.last_token is not None else request.ended
    return inf if end is None else end


class LaneOrder:
    """Runs with their requests in the order to draw; an unchanged run gives the same object."""

    def __init__(self) -> None:
        self.is_by_service = True
        """False: by number, as they were sent."""
        self._known: dict[int, _Known] = {}

    def of(self, run: RunView | None) -> RunView | None:
        """The run as it is drawn."""
        if run is None or not self.is_by_service:
            return run
        known = self._known.setdefault(run.run, _Known())
        if known.run is not run:
            known.take(run)
        return known.drawn


@dataclass(slots=True)
class _Known:
    """One run's order: sorted anew only when a request began, was served or ended."""

    run: RunView | None = None
    drawn: RunView | None = None
    ids: tuple[int, ...] = ()
    news: tuple[int, int, int] = (0, 0, 0)

    def take(self, run: RunView) -> None:
        requests = run.requests
        started = sum([one.first_token is not None for one in requests])
        ended = sum([one.ended is not None for one in requests])
        if (news := (len(requests), started, ended)) != self.news:
            self.news, self.ids = news, tuple([one.id for one in served(requests)])
        by_id = {one.id: one for one in requests}
        ordered = tuple([by_id[number] for number in self.ids])
        self.run, self.drawn = run, run if ordered == requests else replace(run, requests=ordered)
