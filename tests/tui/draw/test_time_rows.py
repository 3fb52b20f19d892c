"""Measures over time as columns of blocks."""

from __future__ import annotations

import pytest

from burstview.draw.axis import Axis
from burstview.draw.runs import plain
from burstview.draw.time_rows import (
    LABEL_CELLS,
    VALUE_CELLS,
    Chart,
    axis_row,
    chart_rows,
    mark_row,
    nice_top,
    packed,
)
from burstview.draw.track import Line

AXIS = Axis(1.0, 8)
WIDTH = LABEL_CELLS + 8 + VALUE_CELLS


def line(*values: float | None) -> Line:
    """Each cell looked at where a value is known."""
    return Line(values, tuple(value is not None for value in values))


def columns(*values: float | None, top: float = 8.0, height: int = 1) -> list[str]:
    """What stands between the label and the value."""
    chart = Chart("running", line(*values), top, "8", "running", "max 8")
    rows = chart_rows(chart, height, WIDTH)
    return [plain(row)[LABEL_CELLS : LABEL_CELLS + len(values)] for row in rows]


def test_a_known_zero_is_not_an_unknown() -> None:
    """`_` stands for zero; what nobody looked at stays empty."""
    assert columns(0, None, 8, 4, 1) == ["_ █▄▁"]


def test_more_rows_tell_more_steps() -> None:
    """A value fills the rows from below."""
    assert columns(0, 1, 4, 6, 8, height=2) == ["   ▄█", "_▂███"]


def test_anything_above_zero_shows() -> None:
    """One of a thousand is a line, not nothing."""
    assert columns(1, top=1000) == ["▁"]


def test_the_scale_is_named_and_begins_at_zero() -> None:
    """Name and top stand on the first row, zero at the last, the value behind the axis."""
    chart = Chart("running", line(*[8.0] * 8), 8, "8", "running", "max 8")
    first, last = (plain(row) for row in chart_rows(chart, 2, WIDTH))
    assert first.startswith("running      8┤████████ max 8")
    assert last.startswith("             0┤████████")


def test_values_of_the_look_before_are_dimmed() -> None:
    """The same column in another style."""
    chart = Chart("running", Line((4, 4), (True, False)), 8, "8", "running", "")
    runs = [run for run in chart_rows(chart, 1, WIDTH)[0] if "▄" in run.text]
    assert [(run.text, run.kind) for run in runs] == [("▄", "running"), ("▄", "held")]


def test_marks_stand_at_their_cells() -> None:
    """A request pushed back, a look that failed, and the moment that is shown."""
    row = mark_row((0, 1, 0, 0), (0, 0, 1, 0), 3, "1×", WIDTH)
    assert plain(row)[LABEL_CELLS:].rstrip() == " ▾!┃ 1×"
    assert [run.kind for run in row if run.text in "▾!┃"] == ["preempted", "problem", "cursor"]


def test_the_axis_is_that_of_the_lanes() -> None:
    """Zero at the first cell, the window's end behind the last one."""
    text = plain(axis_row(AXIS, None, WIDTH))[LABEL_CELLS:]
    assert text.startswith("0 ")
    assert text.index("1 s") == AXIS.cells
    assert plain(axis_row(AXIS, 3, WIDTH))[LABEL_CELLS + 3] == "▲"


@pytest.mark.parametrize(
    ("value", "top"), [(None, 1), (0.0, 1), (1, 1), (3, 5), (7, 10), (123, 200), (4100, 5000)]
)
def test_scales_end_at_round_numbers(value: float | None, top: float) -> None:
    """1, 2 or 5 times a power of ten."""
    assert nice_top(value) == top


def test_phrases_stay_whole() -> None:
    """A phrase that does not fit begins a new line."""
    rows = packed(("one two", "three", "four"), 16, "value", 5)
    assert [plain(row).rstrip() for row in rows] == [" one two · three", " four"]
    assert [plain(row).rstrip() for row in packed(("far too long a phrase",), 12, "v", 1)] == [
        " far too lo…"
    ]
