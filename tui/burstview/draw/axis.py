"""The time axis of the lanes: a window from zero whose end jumps by nice steps, never scrolls.

A scrolling window changes every cell of every frame; a window that stands still changes only tips.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil

_DECADES = (0.001, 0.01, 0.1, 1.0, 10.0)
_MINUTES = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1440)
_SETTLED_MINUTES = (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 45, 60, 90, 120, 300, 600, 1440)
_UNTIL_A_MINUTE = 60.0


def _ladder(steps: tuple[float, ...], minutes: tuple[float, ...]) -> tuple[float, ...]:
    below = (round(step * decade, 9) for decade in _DECADES for step in steps)
    beyond = (minute * 60.0 for minute in minutes)
    return (*(span for span in below if span < _UNTIL_A_MINUTE), *beyond)


MOVING_SPANS = _ladder((1, 2, 5), _MINUTES)
"""Window lengths while a run is under way: few jumps."""
SETTLED_SPANS = _ladder((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), _SETTLED_MINUTES)
"""Window lengths once all is known: a close fit."""
SHORTEST_MOVING = 0.5
"""Seconds shown at first, before anything is known of a run's length."""
_SLACK = 1 - 1e-9
ROUNDING = 1e-9
"""Keeps a second that is exactly a cell's in that cell."""


def nice_span(seconds: float, moving: bool = False) -> float:
    """The window's length that holds `seconds`; beyond the ladder, whole days."""
    spans = MOVING_SPANS if moving else SETTLED_SPANS
    wanted = max(seconds, SHORTEST_MOVING) if moving else seconds
    return _at_least(wanted, spans)


def _at_least(wanted: float, ladder: tuple[float, ...]) -> float:
    place = bisect_left(ladder, wanted * _SLACK)
    return ladder[place] if place < len(ladder) else ceil(wanted / ladder[-1]) * ladder[-1]


@dataclass(frozen=True, slots=True)
class Axis:
    """`span` seconds across `cells` cells, beginning at zero."""

    span: float
    cells: int

    def cell(self, seconds: float) -> int:
        """The cell that holds second `seconds`, held within 0 .. cells."""
        return min(self.cells, max(0, int(seconds * self.cells / self.span + ROUNDING)))


def ticks(axis: Axis, apart: int = 10) -> tuple[tuple[int, str], ...]:
    """(cell, label) of the marks: zero, then `apart` cells or more from each other, the end."""
    step = _at_least(axis.span * apart / max(apart, axis.cells), MOVING_SPANS)
    inner = [number * step for number in range(1, ceil(axis.span / step * _SLACK))]
    marks = [(axis.cell(at), _label(at)) for at in inner if axis.cells - axis.cell(at) >= apart]
    return ((0, "0"), *marks, (axis.cells, _label(axis.span)))


def axis_line(axis: Axis, width: int) -> str:
    """The axis as a rule, each label beginning at its cell; one without room is left out."""
    line = ["─"] * width
    for cell, label in ticks(axis):
        if cell + len(label) <= width:
            text = (label + " ")[: width - cell]
            line[cell : cell + len(text)] = text
    return "".join(line)


def _label(at: float) -> str:
    if at < 0.0995:
        return f"{at * 1000:.3g} ms"
    if at < _UNTIL_A_MINUTE:
        return f"{at:.3g} s"
    minutes, rest = divmod(round(at), 60)
    return f"{minutes} m {rest} s" if rest else f"{minutes} m"
