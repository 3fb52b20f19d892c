"""In which order the requests of a run stand below each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
        self._known: dict[int, tuple[RunView, RunView]] = {}

    def of(self, run: RunView | None) -> RunView | None:
        """The run as it is drawn."""
        if run is None or not self.is_by_service:
            return run
        known = self._known.get(run.run)
        if known is None or known[0] is not run:
            known = self._known[run.run] = (run, _ordered(run))
        return known[1]


def _ordered(run: RunView) -> RunView:
    if all(one.first_token is not None and one.ended is None for one in run.requests):
        return run  # a crowd that streams: nothing to sort, ten times a second
    requests = served(run.requests)
    return run if requests == run.requests else replace(run, requests=requests)
