"""Measures over time as columns of block characters, below each other on one axis. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import ceil
from typing import NamedTuple

from rich.cells import cell_len

from burstview.draw.axis import Axis, axis_line
from burstview.draw.runs import Run, clip, fit
from burstview.draw.track import Line

LABEL_CELLS = 15
"""What is measured and the top of its scale, with the line on which the columns stand."""
VALUE_CELLS = 11
"""Behind the axis: one value in figures."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ZERO = "_"
_CURSOR = "┃"
PREEMPTED, FAILED = "▾", "!"


class Chart(NamedTuple):
    """One measure."""

    name: str
    line: Line
    top: float
    """The end of the scale, which begins at zero."""
    top_words: str
    kind: str
    """Of its columns."""
    value: str
    """What stands behind the axis."""


def chart_rows(chart: Chart, height: int, width: int) -> list[tuple[Run, ...]]:
    """`height` rows: `_` is a known zero, an empty cell is unknown, dimmed is the look before's."""
    eighths = [_eighths(value, chart.top, height) for value in chart.line.values]
    rows = []
    for row in range(height):
        above = 8 * (height - 1 - row)
        cells = [
            (_glyph(level, above), chart.kind if seen else "held")
            for level, seen in zip(eighths, chart.line.seen, strict=True)
        ]
        rows.append(fit((*_label(chart, row, height), *_grouped(cells), *_tail(chart, row)), width))
    return rows


def mark_row(
    preempted: Sequence[int], failed: Sequence[int], cursor: int | None, value: str, width: int
) -> tuple[Run, ...]:
    """`▾` where a request was pushed back, `!` where a look failed, `┃` the moment shown."""
    cells = [
        _mark(pushed, bad, cell == cursor)
        for cell, (pushed, bad) in enumerate(zip(preempted, failed, strict=True))
    ]
    label = Run("preempted".ljust(LABEL_CELLS - 1) + "┤", "word")
    return fit((label, *_grouped(cells), Run(f" {value}", "value")), width)


def axis_row(axis: Axis, cursor: int | None, width: int) -> tuple[Run, ...]:
    """The axis of the lanes, with `▲` under the moment shown."""
    text = axis_line(axis, axis.cells + VALUE_CELLS)
    runs = [Run(" " * (LABEL_CELLS - 1) + "└", "axis")]
    if cursor is not None:
        runs += [Run(text[:cursor], "axis"), Run("▲", "cursor"), Run(text[cursor + 1 :], "axis")]
    else:
        runs.append(Run(text, "axis"))
    return fit(runs, width)


def axis_cells(width: int) -> int:
    """Cells of a side `width` wide that are left for the axis."""
    return max(4, width - LABEL_CELLS - VALUE_CELLS)


def nice_top(value: float | None) -> float:
    """1, 2 or 5 times a power of ten at or above the value."""
    top = 1.0
    while value is not None and top < value:
        top *= 2.5 if str(top)[0] == "2" else 2
    return top


def packed(phrases: Sequence[str], width: int, kind: str, most: int) -> list[tuple[Run, ...]]:
    """Phrases one after another with `·` between, each in one piece, on `most` lines at most."""
    lines: list[str] = []
    for phrase in phrases:
        if lines and cell_len(lines[-1]) + 3 + cell_len(phrase) <= width - 1:
            lines[-1] += f" · {phrase}"
        else:
            lines.append(phrase)
    return [fit((Run(" "), Run(clip(line, width - 1), kind)), width) for line in lines[:most]]


def _eighths(value: float | None, top: float, height: int) -> int | None:
    if value is None or value <= 0:
        return None if value is None else 0
    return min(8 * height, max(1, ceil(value / top * 8 * height - 1e-6)))


def _glyph(level: int | None, above: int) -> str:
    if level is None:
        return " "
    if level == 0:
        return " " if above else _ZERO
    return _EIGHTHS[min(8, max(0, level - above))]


def _label(chart: Chart, row: int, height: int) -> tuple[Run, ...]:
    room = LABEL_CELLS - 1
    if row == 0:
        name = clip(chart.name, room - len(chart.top_words) - 1)
        gap = room - cell_len(name) - len(chart.top_words)
        return Run(name, "word"), Run(" " * gap + chart.top_words + "┤", "axis")
    foot = "0" if row == height - 1 else ""
    return (Run(foot.rjust(room) + "┤", "axis"),)


def _tail(chart: Chart, row: int) -> tuple[Run, ...]:
    return (Run(f" {chart.value}", "value"),) if row == 0 else ()


def _mark(pushed: int, failed: int, is_cursor: bool) -> tuple[str, str]:
    if pushed:
        return PREEMPTED, "preempted"
    if failed:
        return FAILED, "problem"
    return (_CURSOR, "cursor") if is_cursor else (" ", "")


def _grouped(cells: Sequence[tuple[str, str]]) -> list[Run]:
    return [
        Run("".join(glyph for glyph, _ in group), kind)
        for kind, group in groupby(cells, key=lambda cell: cell[1])
    ]
