"""Requests as rows of text, at any moment of their run."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs
from tests.tui.bursts import done, run_of

from burstview.draw.axis import Axis
from burstview.draw.lane import lane, shape
from burstview.draw.lane_rows import bar, bar_label, crowd, group_label, halves
from burstview.draw.runs import clip, fit, plain
from burstview_engines.core.views import RequestView

AXIS = Axis(10.0, 20)


def drawn(request: RequestView, at: float = 100.0, room: int = 40) -> str:
    """The lane and its label as text; half a second is a cell, session zero is the axis' zero."""
    one = lane(request, run_of((request,)), at, 0.0, AXIS)
    return plain((*bar(one), *bar_label(one, room)))


def test_a_lane_at_each_moment_of_its_life() -> None:
    """Nothing, waiting, streaming, done: a replay is the same function with an earlier moment."""
    request = done(1, zero=0.0, written=1.0, first=3.0, end=6.0)
    assert drawn(request, at=0.5) == ""
    assert drawn(request, at=1.0) == "  ░"
    assert drawn(request, at=2.6) == "  ░░░"
    assert drawn(request, at=4.0) == "  ░░░░┃▓"
    assert drawn(request, at=5.9) == "  ░░░░┃▓▓▓▓"
    assert drawn(request, at=6.0) == "  ░░░░┃█████ 5.0 s"


def test_thinking_has_a_glyph_of_its_own() -> None:
    """Reasoning runs up to the first answer, or to the tip while there is none."""
    request = structs.replace(done(1, 0.0, first=1.0, end=6.0), thinking_chunks=4, first_answer=4.0)
    assert drawn(request, at=3.0) == "░░┃▒▒▒"
    assert drawn(request) == "░░┃▒▒▒▒▒████ 6.0 s"


def test_failed_lanes_keep_what_was_seen_and_say_why() -> None:
    """The server's words stand behind the tip, harmless and cut to the room."""
    request = structs.replace(
        done(1, 0.0, first=1.0, end=3.0), state="failed", error="500: \x1b[31mrunner\x1b[0m died"
    )
    assert drawn(request) == "░░┃▓▓▓ ✗ 500: runner died"
    assert drawn(request, room=10) == "░░┃▓▓▓ ✗ 500: r…"


def test_cancelled_lanes_keep_what_was_seen() -> None:
    """Cancelled is told from failed by its sign."""
    request = structs.replace(done(1, 0.0, first=1.0, end=3.0), state="cancelled", last_token=2.0)
    assert drawn(request) == "░░┃▓▓▓ ⊘ cancelled"


def test_a_silent_stream_is_stalled_from_its_last_token() -> None:
    """After ten seconds the silence is drawn and counted."""
    axis = Axis(20.0, 20)
    request = structs.replace(done(1, 0.0, first=1.0, end=4.0), state="streaming", ended=None)
    run = run_of((request,), ended=False)
    before, after = (lane(request, run, at, 0.0, axis) for at in (13.9, 15.0))
    assert plain((*bar(before), *bar_label(before, 30))) == "░┃▓▓▓▓▓▓▓▓▓▓▓"
    assert plain((*bar(after), *bar_label(after, 30))) == "░┃▓▓▓╌╌╌╌╌╌╌╌╌╌ ‖ silent 11.0 s"


def test_a_queue_is_not_a_stall() -> None:
    """A request waits for long without a sign while others get tokens."""
    waiting = structs.replace(done(2, 0.0, 0.0, 0.0), state="waiting", first_token=None, ended=None)
    waiting = structs.replace(waiting, first_answer=None, last_token=None)
    busy, quiet = (replace(run_of((waiting,)), last_news=news) for news in (90.0, 10.0))
    assert [lane(waiting, run, 100.0, 0.0, AXIS).label for run in (busy, quiet) if run] == [
        "",
        "‖ silent 1 m 40 s",
    ]


def test_an_answer_that_was_not_streamed_is_waiting_until_it_is_there() -> None:
    """No first token is made up."""
    request = structs.replace(
        done(1, 0.0, 0.0, 4.0), first_token=None, last_token=None, first_answer=None
    )
    assert drawn(request) == "░░░░░░░░ 4.0 s"


def test_a_lane_smaller_than_a_cell_is_still_seen() -> None:
    """The whole of a fast request is one full cell without a mark in it."""
    assert drawn(done(1, 0.0, first=0.01, end=0.09)) == "█ 90 ms"


def test_two_lanes_share_a_row() -> None:
    """Upper and lower half; each pair of stages has a glyph, and colours tell the rest."""
    run = run_of(())
    upper = lane(done(1, 0.0, first=0.0, end=2.0), run, 9.0, 0.0, AXIS)
    lower = lane(done(2, 0.0, first=2.0, end=4.0), run, 9.0, 0.0, AXIS)
    late = lane(done(3, 0.0, first=8.0, end=8.0), run, 5.0, 0.0, AXIS)
    assert plain(halves(upper, lower)) == "▀▀▀▀▄▄▄▄"
    assert [(piece.kind, piece.under) for piece in halves(upper, lower)] == [
        ("done", "waiting"),
        ("done", ""),
    ]
    assert plain(halves(upper, upper)) == "████"
    assert plain(halves(upper, late)) == "▀▀▀▀⣤⣤⣤⣤⣤⣤"
    assert plain(halves(late, None)) == "⠛⠛⠛⠛⠛⠛⠛⠛⠛⠛"
    assert plain(halves(late, late)) == "░░░░░░░░░░"


def test_a_crowd_shows_the_share_that_is_served() -> None:
    """Four of eight streaming is half a cell over the colour of waiting."""
    run = run_of(())
    served = shape(done(1, 0.0, first=0.0, end=2.0), run, 9.0, 0.0, AXIS)
    queued = shape(done(2, 0.0, first=2.0, end=4.0), run, 9.0, 0.0, AXIS)
    assert served
    assert queued
    runs = crowd([(served, 4), (queued, 4)], of=8)
    assert plain(runs) == "▄▄▄▄▄▄▄▄"
    assert [piece.under for piece in runs] == ["waiting", ""]
    assert plain(crowd([(served, 8)], of=8)) == "████"
    assert plain(crowd([(queued, 1)], of=100)) == "░░░░▁▁▁▁"


def test_a_group_counts_what_became_of_it() -> None:
    """Nothing before the first end, then a share, then the last time."""
    assert group_label(0, 0, 35, None) == ""
    assert group_label(34, 1, 35, None) == "34/35 ✗1"
    assert group_label(2, 0, 2, 1.15) == "to 1.1 s"


def test_wide_characters_are_never_halved() -> None:
    """Clipping and fitting count cells, not characters."""
    assert clip("서버가 죽었다", 6) == "서버…"
    assert plain(fit(bar_label(None, 9), 4)) == "    "
    assert len(clip("abcdef", 4)) == 4
