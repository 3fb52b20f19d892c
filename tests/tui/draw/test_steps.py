"""Steps as one line or a ladder, and the bar of a share."""

from __future__ import annotations

import pytest

from burstview.draw.progress import progress_row
from burstview.draw.runs import plain
from burstview.draw.steps import Step, ladder, rail

STEPS = (
    Step("checking", "done"),
    Step("pulling image", "done"),
    Step("booting", "now"),
    Step("loading weights", "left"),
    Step("ready", "left"),
)


def test_a_ladder_has_a_row_for_each_step() -> None:
    """Glyph and words."""
    rows = [plain(row).rstrip() for row in ladder(STEPS, 30)]
    assert rows == [
        " ✓ checking",
        " ✓ pulling image",
        " ▸ booting",
        " · loading weights",
        " · ready",
    ]


def test_a_rail_shows_all_steps_where_they_fit() -> None:
    """In one line."""
    assert plain(rail(STEPS, 90)).rstrip() == (
        " ✓ checking › ✓ pulling image › ▸ booting › · loading weights › · ready"
    )


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("width", [20, 30, 45, 60])
def test_a_rail_keeps_the_present_step_in_sight(at: int, width: int) -> None:
    """Whatever is cut; the cut ends are marked."""
    steps = tuple(
        Step(step.words, "now" if number == at else "done" if number < at else "left")
        for number, step in enumerate(STEPS)
    )
    shown = plain(rail(steps, width))
    assert len(shown) == width
    assert f"▸ {steps[at].words}" in shown
    assert "…" in shown


def test_no_steps_are_an_empty_line() -> None:
    """Of the right width."""
    assert plain(rail((), 7)) == " " * 7


@pytest.mark.parametrize(
    ("fraction", "full", "percent"), [(0.0, 0, "0%"), (0.999, 29, "99%"), (1.0, 30, "100%")]
)
def test_a_bar_is_full_only_at_the_end(fraction: float, full: int, percent: str) -> None:
    """And its percent too."""
    shown = plain(progress_row(fraction, "3 of 7 layers", 90))
    assert shown.count("█") == full
    assert percent in shown
    assert "3 of 7 layers" in shown
    assert len(shown) == 90


def test_without_a_share_the_words_stand_alone() -> None:
    """No bar is made up."""
    assert plain(progress_row(None, "no byte for 23 s", 40)).rstrip() == " no byte for 23 s"
