"""Charts on fixed scales, the bursts' marks and the seconds below them."""

from __future__ import annotations

import pytest

from burstview.draw.chart import Mark, axis_row, chart_rows, marks_row
from burstview.draw.runs import plain


def test_the_scale_is_fixed() -> None:
    """Full is the top of the scale, whatever the values; zero is seen, unknown is not."""
    assert chart_rows([0.0, 50.0, None, 100.0], 100.0, 1) == ["▁▄ █"]
    assert chart_rows([0.0, 50.0, None, 100.0], 100.0, 2) == ["   █", "▁█ █"]
    assert chart_rows([175.0, 350.0, 700.0], 700.0, 4) == ["  █", "  █", " ██", "███"]


def test_what_is_above_the_scale_stays_in_the_chart() -> None:
    """A card may take more than its limit for a moment."""
    assert chart_rows([708.0, 1400.0], 700.0, 2) == ["██", "██"]


def test_a_mark_has_its_name_inside_or_beside_it() -> None:
    """A burst of one column is named too, as far as there is room before the next."""
    row = plain(marks_row([Mark(2, 9, "vLLM 4"), Mark(14, 14, "Ollama 16")], 30))
    assert row == "  ━vLLM 4━    ━Ollama 16      "
    row = plain(marks_row([Mark(0, 0, "Ollama 16"), Mark(8, 8, "vLLM 16")], 12))
    assert row == "━Ollama…━   "


@pytest.mark.parametrize("mark", [Mark(-9, -3, "a"), Mark(-9, 40, "whole"), Mark(29, 40, "x 1")])
def test_marks_never_leave_the_row(mark: Mark) -> None:
    """What began before the window, or goes on, is cut."""
    assert len(plain(marks_row([mark], 30))) == 30


def test_the_axis_counts_back_from_now() -> None:
    """Few words where there is little room."""
    assert plain(axis_row(41, 0.5, "now")) == "−20 s     −15 s     −10 s     −5 s    now"
    assert plain(axis_row(18, 0.5, "now")).split() == ["−8.5", "s", "−4", "s", "now"]
    assert plain(axis_row(41, 10.0, "now")).split()[0] == "−6"
