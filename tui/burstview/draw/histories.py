"""All histories of a GPU in a grid on one time axis, or one of them as large as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from burstview import format as say
from burstview.draw.chart import Mark, Values, axis_row, beside, chart_rows, marks_row
from burstview.draw.runs import Run, clip, fit

GAP = 2
_NAME, _NUMBER = 9, 9
_SCALE = 9
_LEAST_COLUMN = 38


class History(NamedTuple):
    """One metric over the columns in sight."""

    name: str
    now: str
    """The newest value, in words."""
    top: str
    """The top of the scale, in words."""
    values: Values
    ceiling: float | None
    """None: the GPU does not tell it, so that there is no scale."""
    missing: str = ""
    """Which limit that is."""


class Times(NamedTuple):
    """What all histories have in common."""

    step: float
    """Seconds a column."""
    marks: Sequence[Mark]
    """Bursts, their columns counted from the newest one backwards: 0, -1, -2."""
    end: str
    """What the right edge is called."""


def columns_in(width: int, metrics: int) -> int:
    """How many stand beside each other."""
    return max(1, min(4, (width + GAP) // (_LEAST_COLUMN + GAP), metrics))


def cell_width(width: int, columns: int) -> int:
    """Cells of one of them."""
    return (width - 1 - GAP * (columns - 1)) // columns


def chart_cells(width: int, metrics: int, height: int) -> int:
    """How many columns of time are in sight in a grid of that size."""
    columns = columns_in(width, metrics)
    cells = cell_width(width, columns)
    return max(1, cells - _lead(_each(metrics, columns, height)))


def grid_rows(
    histories: Sequence[History], selected: int, times: Times, width: int, height: int
) -> list[tuple[Run, ...]]:
    """Every metric, marks and seconds below each column; where there is no room for all, those
    around the selected one."""
    columns = columns_in(width, len(histories))
    each = _each(len(histories), columns, height)
    cells = cell_width(width, columns)
    lines = ceil(len(histories) / columns)
    shown = max(1, min(lines, (height - 2) // each))
    first = max(0, min(selected // columns - shown // 2, lines - shown))
    rows: list[tuple[Run, ...]] = []
    for line in range(first, first + shown):
        at = line * columns
        blocks = [
            _block(one, at + number == selected, cells, each)
            for number, one in enumerate(histories[at : at + columns])
        ]
        rows += beside(blocks, GAP)
    lead = _lead(each)
    foot = [_marks(times, lead, cells), _axis(times, lead, cells)]
    rows += beside([foot] * columns, GAP)
    return [fit((Run(" "), *row), width) for row in rows[: max(0, height)]]


def large_rows(history: History, times: Times, width: int, height: int) -> list[tuple[Run, ...]]:
    """One metric with its scale at the left."""
    cells = max(1, width - 2 - _SCALE)
    title = fit((Run(" "), *_title(history, True)), width)
    room = max(1, height - 3)
    if history.ceiling is None:
        rows = [(Run(_unscaled(history, cells), "word"),), *[(Run(" "),)] * (room - 1)]
    else:
        rows = [(Run(row, "spark"),) for row in chart_rows(history.values, history.ceiling, room)]
    scale = {0: history.top, room - 1: "0"}
    lines = [
        fit((Run(f" {scale.get(at, ''):>{_SCALE - 1}} ", "axis"), *row), width)
        for at, row in enumerate(rows)
    ]
    lead = _SCALE + 1
    foot = [
        fit(_marks(times, lead, width - 1), width),
        fit(_axis(times, lead, width - 1), width),
    ]
    return [title, *lines, *foot][: max(0, height)]


def large_cells(width: int) -> int:
    """Columns of time in sight where one history has all the room."""
    return max(1, width - 2 - _SCALE)


def _each(metrics: int, columns: int, height: int) -> int:
    """Rows of one history."""
    return max(1, (height - 2) // ceil(metrics / columns))


def _lead(each: int) -> int:
    """Cells before the chart: of one row, name and number stand in it."""
    return _NAME + _NUMBER + 2 if each == 1 else 0


def _block(history: History, is_selected: bool, cells: int, each: int) -> list[tuple[Run, ...]]:
    if each == 1:
        return [_in_line(history, is_selected, cells)]
    title = fit(_title(history, is_selected), cells)
    if history.ceiling is None:
        words = (Run(_unscaled(history, cells), "word"),)
        return [title, fit(words, cells), *[fit((), cells)] * (each - 2)]
    rows = chart_rows(history.values, history.ceiling, each - 1)
    return [title, *(fit((Run(row.rjust(cells), "spark"),), cells) for row in rows)]


def _in_line(history: History, is_selected: bool, cells: int) -> tuple[Run, ...]:
    room = cells - _lead(1)
    if history.ceiling is None:
        chart = Run(_unscaled(history, room), "word")
    else:
        chart = Run(chart_rows(history.values, history.ceiling, 1)[0].rjust(room), "spark")
    name = Run(f"{_pointer(is_selected)}{history.name:<{_NAME - 1}}", _kind(is_selected))
    return fit((name, Run(f" {history.now:>{_NUMBER - 1}}  ", "value"), chart), cells)


def _title(history: History, is_selected: bool) -> tuple[Run, ...]:
    of = f" of {history.top}" if history.ceiling is not None else ""
    return (
        Run(f"{_pointer(is_selected)}{history.name} ", _kind(is_selected)),
        Run(history.now, "value"),
        Run(of, "word"),
    )


def _unscaled(history: History, cells: int) -> str:
    if all(value is None for value in history.values) and history.now == say.UNKNOWN:
        return clip("not told by this GPU", cells)
    return clip(f"no scale: its {history.missing} is not told", cells)


def _marks(times: Times, lead: int, cells: int) -> tuple[Run, ...]:
    width = max(1, cells - lead)
    marks = [
        mark._replace(first=width - 1 + mark.first, last=width - 1 + mark.last)
        for mark in times.marks
    ]
    word = Run(f"{' bursts':<{lead}}" if lead > 7 else " " * lead, "axis")
    return fit((word, *marks_row([one for one in marks if one.last >= 0], width)), cells)


def _axis(times: Times, lead: int, cells: int) -> tuple[Run, ...]:
    width = max(1, cells - lead)
    return fit((Run(" " * lead), *axis_row(width, times.step, times.end)), cells)


def _pointer(is_selected: bool) -> str:
    return "▸" if is_selected else " "


def _kind(is_selected: bool) -> str:
    return "pointer" if is_selected else "name"
