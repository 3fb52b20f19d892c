"""The time axis: nice windows that jump."""

from __future__ import annotations

import pytest

from burstview.draw.axis import Axis, axis_line, nice_span, ticks


@pytest.mark.parametrize(
    ("seconds", "settled", "moving"),
    [(0.03, 0.03, 0.5), (0.45, 0.5, 0.5), (1.1, 1.2, 2.0), (8.49, 10.0, 10.0), (61, 90, 120)],
)
def test_the_window_is_a_nice_number_at_or_above(
    seconds: float, settled: float, moving: float
) -> None:
    """A settled window fits closely; a moving one has few sizes, so that it jumps seldom."""
    assert nice_span(seconds) == pytest.approx(settled)
    assert nice_span(seconds, moving=True) == pytest.approx(moving)


def test_a_window_that_is_just_full_does_not_jump() -> None:
    """A nice number is its own window, whatever floats make of it."""
    assert nice_span(0.1 + 0.2) == pytest.approx(0.3)


def test_cells_stay_within_the_axis() -> None:
    """What lies outside is held at the edges."""
    axis = Axis(10.0, 50)
    assert [axis.cell(at) for at in (-1, 0, 0.2, 9.99, 10, 11)] == [0, 0, 1, 49, 50, 50]


def test_labels_begin_at_their_cells() -> None:
    """Zero, nice steps, and the end of the window."""
    line = axis_line(Axis(10.0, 50), 57)
    assert line == "0 ────────2 s ──────4 s ──────6 s ──────8 s ──────10 s ──"
    assert all(line[cell:].startswith(label) for cell, label in ticks(Axis(10.0, 50)))


@pytest.mark.parametrize("span", [0.001, 0.05, 0.8, 15.0, 90.0, 1200.0, 86400.0])
@pytest.mark.parametrize("cells", [10, 26, 46, 107])
def test_labels_never_touch(span: float, cells: int) -> None:
    """At any scale there is a rule between two labels, and the line keeps its width."""
    line = axis_line(Axis(span, cells), cells + 9)
    assert len(line) == cells + 9
    assert line.count("─") >= len(ticks(Axis(span, cells))) - 1
