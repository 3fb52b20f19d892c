"""Frames only as fast as the terminal takes them."""

from __future__ import annotations

import pytest

from burstview.pacing import PATIENCE, Pacer


def test_the_next_frame_waits_for_the_answer() -> None:
    """Between question and answer nothing is drawn; the round trip is known afterwards."""
    pacer = Pacer()
    assert pacer.may_draw(10.0)
    pacer.asked(10.0)
    assert not pacer.may_draw(10.1)
    pacer.answered(10.2)
    assert pacer.may_draw(10.2)
    assert pacer.round_trip == pytest.approx(0.2)


def test_a_terminal_that_never_answers_is_drawn_once_a_second() -> None:
    """Patience has an end, and the late answer does no harm."""
    pacer = Pacer()
    pacer.asked(10.0)
    assert pacer.may_draw(10.0 + PATIENCE)
    pacer.answered(12.0)
    pacer.answered(13.0)
    assert pacer.round_trip == pytest.approx(2.0)
    assert pacer.may_draw(13.0)
