"""One request at one moment, as cells on the time axis.

A slowed-down replay is the same function with an earlier moment: what came later is not looked at.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from burstview import format as say
from burstview.draw.axis import ROUNDING, Axis
from burstview_engines.core.silence import STREAM_STALL, stalled_for
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RequestView, RunView, State

LaneState = Literal["waiting", "streaming", "stalled", "done", "failed", "cancelled"]
Stage = Literal["", "waiting", "thinking", "streaming", "stalled", "done", "failed", "cancelled"]
"""What a cell of a lane shows; empty is before the request or after its end."""

Piece = tuple[Stage, int, int]
"""Stage, first cell, cell behind the last."""


class Shape(NamedTuple):
    """Cells on the axis: waiting from `start`, thinking from `first`, answer from `answer`, silence
    from `quiet`, nothing from `end`.
    """

    start: int
    first: int
    answer: int
    quiet: int
    end: int
    state: LaneState

    def pieces(self) -> tuple[Piece, ...]:
        """What the lane shows, in order, none empty."""
        start, first, answer, quiet, end, state = self
        told: Stage = state if state != "waiting" and state != "stalled" else "streaming"
        pieces: tuple[Piece, ...] = (
            ("waiting", start, first),
            ("thinking", first, answer),
            (told, answer, quiet),
            ("stalled", quiet, end),
        )
        return tuple([piece for piece in pieces if piece[1] < piece[2]])


class Outline(NamedTuple):
    """A request in progress without its tip: only the tip moves until the next news of it."""

    start: int
    first: int | None
    answer: int | None
    """None while it thinks; 0 when it never did."""

    def shape(self, tip: int) -> Shape:
        """With its tip at that cell."""
        start, first, answer = self
        end = tip if tip > start else start + 1
        if first is None:
            return Shape(start, end, end, end, end, "waiting")
        first = first if first < end else end - 1
        answer = end if answer is None else max(first, min(end, answer))
        return Shape(start, first, answer, end, end, "streaming")


def outline(request: RequestView, zero: float, axis: Axis) -> Outline:
    """Of a request that has not ended and is not stalled, at any moment from its newest news on."""
    scale, first_token = axis.cells / axis.span, request.first_token
    start = int((request.written - zero) * scale + ROUNDING)
    if first_token is None:
        return Outline(start, None, None)
    first = int((first_token - zero) * scale + ROUNDING)
    if not request.thinking_chunks:
        return Outline(start, first, 0)
    begun = request.first_answer
    return Outline(start, first, None if begun is None else axis.cell(begun - zero))


class Lane(NamedTuple):
    """One request's shape and what stands behind its tip."""

    shape: Shape
    label: str


def lane(request: RequestView, run: RunView, at: float, zero: float, axis: Axis) -> Lane | None:
    """The request at session second `at`, on an axis whose zero is session second `zero`.

    None before it was written.
    """
    drawn = shape(request, run, at, zero, axis)
    return None if drawn is None else Lane(drawn, _label(request, drawn.state, at))


def shape(request: RequestView, run: RunView, at: float, zero: float, axis: Axis) -> Shape | None:
    """The lane without its label: called for every request of every frame, so it stays short."""
    if at < request.written:
        return None
    scale, ended, first_token = axis.cells / axis.span, request.ended, request.first_token
    has_token = first_token is not None and first_token <= at
    state: State = "streaming" if has_token else "waiting"
    tip = at
    if ended is not None and ended <= at:
        state, last = request.state, request.last_token
        tip = last if state == "done" and last is not None else ended
    start = int((request.written - zero) * scale + ROUNDING)
    end = int((tip - zero) * scale + ROUNDING)
    end = end if end < axis.cells else axis.cells
    end = end if end > start else start + 1
    first = answer = quiet = end
    if first_token is not None and has_token:
        first = int((first_token - zero) * scale + ROUNDING)
        first = first if first < end else end - 1
        answer = first
        if request.thinking_chunks:
            answer = max(first, _answer_cell(request, at, zero, axis, end))
    if at - (request.last_token or request.written) < STREAM_STALL:
        return Shape(start, first, answer, quiet, end, state)
    silence = _silence(request, run, state, at)
    if silence is not None and first < end:
        quiet = max(answer, min(end, axis.cell(at - silence - zero) + 1))
    return Shape(start, first, answer, quiet, end, state if silence is None else "stalled")


def _answer_cell(request: RequestView, at: float, zero: float, axis: Axis, end: int) -> int:
    """Where thinking ended, as far as it did."""
    if request.first_answer is None or request.first_answer > at:
        return end
    return min(end, axis.cell(request.first_answer - zero))


def _silence(request: RequestView, run: RunView, state: State, at: float) -> float | None:
    """Seconds of silence if stalled at `at`; the core's rule, on what was known then."""
    if state not in ("waiting", "streaming"):
        return None
    return stalled_for(request, run, at, state)


def _label(request: RequestView, state: LaneState, at: float) -> str:
    match state:
        case "done":
            end = request.last_token if request.last_token is not None else request.ended
            return say.seconds(None if end is None else end - request.written)
        case "failed":
            return "✗ " + (one_line(request.error) if request.error else "failed")
        case "cancelled":
            return "⊘ cancelled"
        case "stalled":
            news = request.last_token if request.last_token is not None else request.written
            return f"‖ silent {say.seconds(float(int(at - news)))}"
        case _:
            return ""
