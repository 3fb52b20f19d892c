"""One request at one moment, as cells on the time axis.

A slowed-down replay is the same function with an earlier moment: what came later is not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from burstview import format as say
from burstview.draw.axis import Axis
from burstview_engines.core.silence import SERVER_STALL, STREAM_STALL, stalled_for
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RequestView, RunView, State

LaneState = Literal["waiting", "streaming", "stalled", "done", "failed", "cancelled"]
Stage = Literal["", "waiting", "thinking", "streaming", "stalled", "done", "failed", "cancelled"]
"""What a cell of a lane shows; empty is before the request or after its end."""

Piece = tuple[Stage, int, int]
"""Stage, first cell, cell behind the last."""


class Lane(NamedTuple):
    """Cells on the axis: waiting from `start`, thinking from `first`, answer from `answer`, silence
    from `quiet`, nothing from `end`.
    """

    id: int
    start: int
    first: int
    answer: int
    quiet: int
    end: int
    state: LaneState
    label: str

    def pieces(self) -> tuple[Piece, ...]:
        """What the lane shows, in order, none empty."""
        told: Stage = self.state if self.state not in ("waiting", "stalled") else "streaming"
        pieces: tuple[Piece, ...] = (
            ("waiting", self.start, self.first),
            ("thinking", self.first, self.answer),
            (told, self.answer, self.quiet),
            ("stalled", self.quiet, self.end),
        )
        return tuple(piece for piece in pieces if piece[1] < piece[2])


def state_at(request: RequestView, at: float) -> State:
    """Where the request stood at session second `at`."""
    if request.ended is not None and request.ended <= at:
        return request.state
    has_token = request.first_token is not None and request.first_token <= at
    return "streaming" if has_token else "waiting"


def lane(request: RequestView, run: RunView, at: float, zero: float, axis: Axis) -> Lane | None:
    """The request at session second `at`, on an axis whose zero is session second `zero`.

    None before it was written.
    """
    if at < request.written:
        return None
    state = state_at(request, at)
    silence = _silence(request, run, state, at)
    start = axis.cell(request.written - zero)
    end = max(start + 1, axis.cell(_tip(request, state, at) - zero))
    first = answer = quiet = end
    if request.first_token is not None and request.first_token <= at:
        first = min(axis.cell(request.first_token - zero), end - 1)
        answer = _answer_cell(request, at, zero, axis, first, end)
    if silence is not None and first < end:
        quiet = max(answer, min(end, axis.cell(at - silence - zero) + 1))
    label = _label(request, state, silence)
    return Lane(request.id, start, first, answer, quiet, end, _shown(state, silence), label)


def _answer_cell(
    request: RequestView, at: float, zero: float, axis: Axis, first: int, end: int
) -> int:
    if not request.thinking_chunks:
        return first
    if request.first_answer is None or request.first_answer > at:
        return end
    return min(end, max(first, axis.cell(request.first_answer - zero)))


def _tip(request: RequestView, state: State, at: float) -> float:
    """Where the bar ends: now, or the last token of a success, or the end of anything else."""
    if state in ("waiting", "streaming"):
        return at
    end = request.ended if request.ended is not None else at
    return request.last_token if state == "done" and request.last_token is not None else end


def _silence(request: RequestView, run: RunView, state: State, at: float) -> float | None:
    """Seconds of silence if stalled at `at`; unknown news later than `at` count as no stall."""
    news = request.last_token if state == "streaming" else run.last_news
    news = request.written if news is None else news
    if state not in ("waiting", "streaming") or at - news < min(STREAM_STALL, SERVER_STALL):
        return None
    return stalled_for(replace(request, state=state), run, at)


def _shown(state: State, silence: float | None) -> LaneState:
    return state if silence is None else "stalled"


def _label(request: RequestView, state: State, silence: float | None) -> str:
    match state:
        case "done":
            end = request.last_token if request.last_token is not None else request.ended
            return say.seconds(None if end is None else end - request.written)
        case "failed":
            return "✗ " + (one_line(request.error) if request.error else "failed")
        case "cancelled":
            return "⊘ cancelled"
        case _:
            return "" if silence is None else f"‖ silent {say.seconds(float(int(silence)))}"
