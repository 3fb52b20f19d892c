"""The lanes widget: one picture of one or two runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs
from tests.tui.bursts import done, run_of, staircase, wall
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot

from burstview.draw.side import moment_of
from burstview.widgets.lanes import Cursor, Lanes, Side


class Hall(App[None]):
    """Nothing but lanes; keeps what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        """The widget under test."""
        yield Lanes()

    def on_mount(self) -> None:
        """Keys go to the lanes."""
        self.lanes.focus()

    @property
    def lanes(self) -> Lanes:
        """The widget under test."""
        return self.query_one(Lanes)

    def on_lanes_request_highlighted(self, message: Lanes.RequestHighlighted) -> None:
        """Keep it."""
        self.told.append(message)

    def on_lanes_request_chosen(self, message: Lanes.RequestChosen) -> None:
        """Keep it."""
        self.told.append(message)

    def rows(self) -> list[str]:
        """What is on screen."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


@asynccontextmanager
async def hall(
    *sides: Side, size: tuple[int, int] = (120, 20)
) -> AsyncIterator[tuple[Hall, Pilot[None]]]:
    """The app with these sides drawn."""
    app = Hall()
    async with app.run_test(size=size) as pilot:
        app.lanes.sides = sides
        await pilot.pause()
        yield app, pilot


def duel(moment: float = 100.0, count: int = 16) -> tuple[Side, Side]:
    """A wall against a staircase."""
    return (
        Side(wall(count), moment, "vLLM", "all together · ×15"),
        Side(staircase(count), moment, "Ollama", "one at a time · ×1.0"),
    )


async def test_a_duel_stands_on_one_axis() -> None:
    """Equal seconds are equal cells on both sides, and every request has its row."""
    async with hall(*duel()) as (app, _):
        rows = app.rows()
    left, right = zip(*(row.split("│", 1) for row in rows), strict=True)
    assert left[0].startswith(" vLLM  all together · ×15 ─")
    assert right[0].startswith(" Ollama  one at a time · ×1.0 ─")
    assert left[1].strip() == "01 ██ 0.50 s"
    assert [row.strip() for row in right[1:4]] == [
        "01 ██ 0.50 s",
        "02 ░░░┃█ 1.0 s",
        "03 ░░░░░┃██ 1.5 s",
    ]
    assert right[16].strip().endswith("┃██ 8.0 s")
    assert "z own axis ×16" in left[-1]
    assert right[-1].rstrip("─ ").endswith("8 s")


async def test_an_own_axis_widens_the_fast_side() -> None:
    """The smudge becomes a full lane, and the factor is printed."""
    async with hall(*duel()) as (app, pilot):
        app.lanes.own_axis = True
        await pilot.pause()
        left = [row.split("│")[0] for row in app.rows()]
    assert left[1].count("█") > 30
    assert left[-1].rstrip().endswith("own axis ×16")
    assert "z own" not in left[-1]


async def test_an_earlier_moment_shows_the_run_as_it_was() -> None:
    """A slowed-down replay: what came later is not drawn, the axis stands still."""
    async with hall(*duel(moment=1.2)) as (app, _):
        right = [row.split("│")[1].strip() for row in app.rows()]
    assert right[1:4] == ["01 ██ 0.50 s", "02 ░░░┃█ 1.0 s", "03 ░░░░░▓"]
    assert right[-1].rstrip("─ ").endswith("8 s")


@pytest.mark.parametrize(("count", "truth"), [(18, ""), (36, "36, 2 a row"), (1024, "57 a row")])
async def test_all_requests_are_on_screen_however_many(count: int, truth: str) -> None:
    """More requests than rows share rows, and the heading says so."""
    async with hall(Side(staircase(count), 1e3, "Ollama"), size=(100, 20)) as (app, _):
        heading, *lanes, _axis = app.rows()
    assert truth in heading
    assert sum(1 for row in lanes if row.strip()) == 18
    assert str(count) in lanes[-1] or f"{count - 1}" in lanes[-1]


async def test_detail_gives_each_request_a_row_and_scrolls_to_the_cursor() -> None:
    """Every request can be reached; the heading tells which are shown."""
    async with hall(Side(staircase(1024), 1e3, "Ollama"), size=(100, 20)) as (app, pilot):
        app.lanes.detail = "lanes"
        await pilot.pause()
        assert "showing 1–18 of 1,024" in app.rows()[0]
        app.lanes.cursor = Cursor(0, 1000)
        await pilot.pause()
        assert "showing 983–1,000 of 1,024" in app.rows()[0]
        assert app.rows()[18].startswith("▸1000 ")
        await pilot.press("end")
        assert app.lanes.cursor == Cursor(0, 1024)


async def test_keys_move_the_cursor_over_both_sides() -> None:
    """Down, right and enter; each move is told once."""
    async with hall(*duel()) as (app, pilot):
        await pilot.press("down", "down", "right", "up", "up", "enter")
        await pilot.pause()
        told = [(type(message).__name__, message.side, message.id) for message in app.told]  # type: ignore[attr-defined]  # both have them
        assert told == [
            ("RequestHighlighted", 0, 1),
            ("RequestHighlighted", 0, 2),
            ("RequestHighlighted", 1, 2),
            ("RequestHighlighted", 1, 1),
            ("RequestChosen", 1, 1),
        ]
        assert app.rows()[1].split("│")[1].startswith("▸01")


async def test_a_click_highlights_and_a_second_one_opens() -> None:
    """The mouse does what the keys do."""
    async with hall(*duel()) as (app, pilot):
        await pilot.click(Lanes, offset=(70, 3))
        await pilot.click(Lanes, offset=(70, 3))
        await pilot.pause()
        assert [type(message).__name__ for message in app.told] == [
            "RequestHighlighted",
            "RequestChosen",
        ]
        assert app.lanes.cursor == Cursor(1, 3)


async def test_unchanged_rows_keep_their_strips_and_a_finished_burst_costs_nothing() -> None:
    """Only rows whose picture changed are drawn again."""
    async with hall(*duel(moment=1.2)) as (app, pilot):
        lanes = app.lanes
        before = [lanes.render_line(y) for y in range(20)]
        lanes.sides = duel(moment=1.7)
        await pilot.pause()
        after = [lanes.render_line(y) for y in range(20)]
        assert [y for y in range(20) if before[y] is not after[y]] == list(range(3, 17))
        refreshed: list[Region] = []
        lanes.refresh = lambda *regions, **_: refreshed.extend(regions)  # type: ignore[method-assign,assignment]  # counts calls
        lanes.sides = duel(moment=1.7)
        lanes.sides = tuple(
            replace(side, run=replace(side.run)) for side in lanes.sides if side.run
        )
        assert refreshed == []


async def test_two_columns_fit_a_small_terminal() -> None:
    """At 80x24 both sides are there, and no row is wider than the screen."""
    async with hall(*duel(), size=(80, 24)) as (app, _):
        rows = app.rows()
    assert all(len(row) == 80 for row in rows)
    assert all(row.count("│") == 1 for row in rows)
    assert rows[16].split("│")[1].strip().endswith("8.0 s")


async def test_colours_follow_the_theme() -> None:
    """A change of theme is seen in lanes that stand still."""
    async with hall(*duel()) as (app, pilot):
        dark = app.lanes.render_line(1)
        app.theme = "textual-light"
        await pilot.pause()
        light = app.lanes.render_line(1)
    assert dark.text == light.text
    assert [segment.style for segment in dark] != [segment.style for segment in light]


async def test_foreign_text_stays_text() -> None:
    """An error with escape sequences and wide characters neither colours nor widens the row."""
    error = "\x1b[2J서버가 죽었다\x07 " + "매우 " * 40
    failed = structs.replace(done(1, 0.0, 0.1, 0.5), state="failed", error=error)
    async with hall(Side(run_of((failed, done(2, 0.0, 1.0, 9.0))), 9.0, "vLLM"), size=(60, 8)) as (
        app,
        _,
    ):
        strip = app.lanes.render_line(1)
    assert "\x1b" not in strip.text
    assert "✗ 서버가 죽었다 매우" in strip.text
    assert strip.cell_length == 60


def test_a_run_stands_still_after_its_end() -> None:
    """The moment is counted from the burst's start and stops at the run's end."""
    run = staircase(4, zero=10.0)
    assert moment_of(run, 11.0) == pytest.approx(1.0)
    assert moment_of(run, 99.0) == pytest.approx(2.0)
    assert moment_of(None, 5.0) == 0.0


async def test_alone_and_warm_up_are_shown_before_the_burst() -> None:
    """Each phase has its own zero and says what it is."""
    alone = tuple(done(n, 5.0, 0.1 + n, 0.9 + n, written=n) for n in (0, 1, 2))
    run = replace(run_of((), ended=False), burst_started=None, phase="alone", alone=alone)
    async with hall(Side(run, moment_of(run, 8.0), "vLLM", settled=False)) as (app, _):
        rows = app.rows()
    assert "one request alone" in rows[0]
    assert sum("0.90 s" in row for row in rows) == 3
