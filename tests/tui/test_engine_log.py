"""The log's screen: following, holding, searching, filtering, saving, and what it costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.tui.monitor import monitor, settle, words
from tests.tui.scripted_control import (
    READY,
    STARTING,
    WHERE,
    EnginesSession,
    ScriptedControl,
    ScriptedLog,
    changed,
)
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from burstview.app import BurstviewApp
from burstview.screens.engine_log import EngineLogScreen
from burstview.screens.engines import EnginesScreen
from burstview.widgets.log_pane import LogPane
from burstview_engines.core.managed import ManagedEngine


class Opened:
    """The screen on a scripted log."""

    def __init__(self, pilot: Pilot[None], app: BurstviewApp, session: EnginesSession) -> None:
        self.pilot, self.app, self.session = pilot, app, session

    @property
    def log(self) -> ScriptedLog:
        """What is followed."""
        return self.session.control.log_of(READY.key)

    @property
    def pane(self) -> LogPane:
        """Where it is shown."""
        return self.app.screen.query_one(LogPane)

    @property
    def shown(self) -> list[str]:
        """The pane's lines on screen, without their blank ends."""
        top = self.pane.region.y
        lines = words(self.app).splitlines()[top : top + self.pane.size.height]
        return [line[: self.pane.size.width].rstrip() for line in lines]

    @property
    def state(self) -> str:
        """The line under the pane."""
        return words(self.app).splitlines()[-2].strip()

    async def press(self, *keys: str) -> None:
        """Keys, and what they draw."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def write(self, *texts: str) -> None:
        """New lines, and the next tick."""
        self.log.write(*texts)
        await settle(self.pilot, self.app)


@asynccontextmanager
async def log_of(
    *texts: str, engine: ManagedEngine = READY, size: tuple[int, int] = (80, 24), kept: int = 5_000
) -> AsyncIterator[Opened]:
    """These lines are there, and the newest are shown."""
    session = EnginesSession(engine)
    session.control.logs[READY.key] = ScriptedLog(kept)
    session.control.log_of(READY.key).write(*texts)
    async with monitor(session, size=size) as (pilot, app, _):
        await pilot.press("g")
        await settle(pilot, app)
        await pilot.press("l")
        await settle(pilot, app)
        assert isinstance(app.screen, EngineLogScreen)
        yield Opened(pilot, app, session)


def numbered(count: int, first: int = 0) -> list[str]:
    """`line 0`, `line 1` …"""
    return [f"line {number}" for number in range(first, first + count)]


async def test_it_follows_the_newest_lines() -> None:
    """They come without any event of the session."""
    async with log_of(*numbered(50)) as opened:
        assert opened.shown[-1] == "line 49"
        assert opened.state.startswith("FOLLOWING")
        await opened.write("line 50", "line 51")
        assert opened.shown[-2:] == ["line 50", "line 51"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size(size: tuple[int, int]) -> None:
    """Name, endpoint, rail, log, state and keys."""
    async with log_of(*numbered(100), engine=STARTING, size=size) as opened:
        shown = words(opened.app)
        assert [len(line) for line in shown.splitlines()] == [size[0]] * size[1]
        for said in ("Log of burstview-ai-vllm", WHERE, "▸ loading weights 12 s", "FOLLOWING"):
            assert said in shown
        footer = shown.splitlines()[-1]
        for key in ("/ Search", "f Filter", "space Pause", "w Save", "esc Back", "q Quit"):
            assert key in footer


async def test_the_rail_goes_on_with_the_engine() -> None:
    """And leaves when it is ready."""
    async with log_of("x", engine=STARTING) as opened:
        opened.session.see(changed(STARTING, phase="compiling"))
        await settle(opened.pilot, opened.app)
        assert "✓ loading weights › ▸ compiling" in words(opened.app)
        opened.session.see(READY)
        await settle(opened.pilot, opened.app)
        assert "● ready" in words(opened.app)
        assert "compiling" not in words(opened.app)


async def test_an_engine_that_was_removed_leaves_its_lines() -> None:
    """And a sentence."""
    async with log_of("its last words") as opened:
        opened.session.lose(READY.key)
        await settle(opened.pilot, opened.app)
        assert "It is not there any more" in words(opened.app)
        assert opened.shown[0] == "its last words"


async def test_space_holds_the_log_and_lets_it_go_on() -> None:
    """New lines are counted, and none is lost."""
    async with log_of(*numbered(50)) as opened:
        await opened.press("space")
        await opened.write("line 50", "line 51")
        assert opened.shown[-1] == "line 49"
        assert opened.state.startswith("PAUSED, 2 new lines · End goes on")
        await opened.press("space")
        assert opened.shown[-3:] == ["line 49", "line 50", "line 51"]
        assert opened.state.startswith("FOLLOWING")


@pytest.mark.parametrize("key", ["up", "pageup", "home", "wheel"])
async def test_scrolling_up_holds_the_log_and_end_goes_on(key: str) -> None:
    """What is read stays where it is."""
    async with log_of(*numbered(50)) as opened:
        if key == "wheel":
            await opened.pilot._post_mouse_events([MouseScrollUp], LogPane)
            await opened.pilot.pause()
        else:
            await opened.press(key)
        assert opened.pane.is_held
        before = opened.shown
        assert before[-1] != "line 49"
        await opened.write(*numbered(30, 50))
        assert opened.shown == before
        await opened.press("end")
        assert opened.shown[-1] == "line 79"
        assert not opened.pane.is_held


async def test_scrolling_back_to_the_end_goes_on_too() -> None:
    """Down is as good as End."""
    async with log_of(*numbered(50)) as opened:
        await opened.press("up", "up")
        await opened.write("line 50")
        await opened.press("down", "down")
        assert not opened.pane.is_held
        assert opened.shown[-1] == "line 50"


async def test_the_ring_says_how_many_lines_are_not_kept() -> None:
    """While it is read, and after a pause that was longer than the memory."""
    async with log_of(*numbered(6_000), kept=10_000) as opened:
        assert len(opened.pane.book.lines) == 5_000
        await opened.press("home")
        assert opened.shown[:2] == ["— 1,000 lines before this are not kept —", "line 1000"]
        opened.log.write(*numbered(20_000, 6_000))
        await opened.press("end", "home")
        assert opened.shown[:2] == ["— 21,000 lines before this are not kept —", "line 21000"]


async def test_lines_dropped_by_the_control_are_a_marker_too() -> None:
    """In the middle, where they are missing."""
    async with log_of("line 0", kept=3) as opened:
        await opened.write(*numbered(5, 1))
        assert opened.shown[:3] == ["line 0", "— 2 lines before this are not kept —", "line 3"]


async def test_search_marks_while_typing_and_counts() -> None:
    """Enter goes to the newest match; n and N go round."""
    async with log_of(*numbered(60)) as opened:
        await opened.press("slash", *"LINE 1")
        assert "“line 1”: 11 lines" in opened.state
        await opened.press("enter")
        assert "11 of 11 lines" in opened.state
        assert opened.pane.is_held
        assert "line 19" in opened.shown
        seen = []
        for key in ("n", "n", "N"):
            await opened.press(key)
            seen.append(opened.pane.current)
            assert opened.pane.current is not None
            assert f"line {opened.pane.current - 1}" in opened.shown
        assert seen == [2, 11, 2]
        assert "1 of 11 lines" in opened.state


async def test_escape_in_the_search_box_searches_for_nothing() -> None:
    """The first goes back to the log, the second to the engines."""
    async with log_of(*numbered(60)) as opened:
        await opened.press("slash", *"line", "escape")
        assert opened.pane.book.query == ""
        assert not opened.app.screen.query_one(Input).display
        await opened.press("escape")
        assert isinstance(opened.app.screen, EnginesScreen)


async def test_keys_that_need_a_search_are_grey_without_one() -> None:
    """And do nothing."""
    async with log_of(*numbered(60)) as opened:
        screen = opened.app.screen
        assert screen.check_action("match", (1,)) is None
        assert screen.check_action("filter", ()) is None
        await opened.press("n", "f")
        assert not opened.pane.is_held
        await opened.press("slash", "5", "enter")
        assert screen.check_action("match", (1,)) is True
        assert screen.check_action("filter", ()) is True


async def test_the_filter_shows_matches_only_also_new_ones() -> None:
    """And gives all lines back."""
    async with log_of(*numbered(30)) as opened:
        await opened.press("slash", *"line 2", "enter", "end", "f")
        assert [line for line in opened.shown if line] == ["line 2", *numbered(10, 20)]
        assert "“line 2” only" in opened.state
        await opened.write("other", "line 200")
        assert "line 200" in opened.shown
        assert "other" not in opened.shown
        await opened.press("f")
        assert "other" in opened.shown


async def test_times_are_shown_on_demand() -> None:
    """As the daemon stamped them; ours have none."""
    async with log_of("one", "two") as opened:
        opened.log.write("— stopped —", is_remark=True)
        await settle(opened.pilot, opened.app)
        await opened.press("T")
        assert opened.shown[:3] == [
            "10:00:00.100 one",
            "10:00:00.200 two",
            "             — stopped —",
        ]
        await opened.press("T")
        assert opened.shown[0] == "one"


async def test_long_lines_are_broken_or_cut_and_scrolled_sideways() -> None:
    """`r` changes it; wide characters stay whole."""
    long = "a" * 70 + "한글" * 20 + "end"
    async with log_of(long) as opened:
        assert "".join(opened.shown).count("한글") == 20
        assert "".join(opened.shown).endswith("end")
        await opened.press("r")
        assert opened.shown[1] == ""
        assert "long lines cut" in opened.state
        await opened.press("right")
        assert opened.shown[0].startswith("a" * 69 + "한")
        await opened.press("ctrl+pagedown")
        assert "end" in opened.shown[0]


async def test_w_saves_all_that_is_kept_into_new_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is filtered; the name is shown; nothing is overwritten."""
    monkeypatch.chdir(tmp_path)
    async with log_of(*numbered(3)) as opened:
        await opened.press("w", "w")
        said = [str(notice.message) for notice in opened.app._notifications]
    names = ["burstview-ai-vllm.log", "burstview-ai-vllm-2.log"]
    assert said == [f"Saved {tmp_path / name}" for name in names]
    for name in names:
        assert (tmp_path / name).read_text("utf-8").count("line ") == 3


async def test_a_log_that_cannot_be_saved_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder went."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    async with log_of(*numbered(3)) as opened:
        monkeypatch.setattr(Path, "cwd", lambda: gone / "absent")
        await opened.press("w")
        (notice,) = opened.app._notifications
        assert str(notice.message).startswith("The log was not saved: No such file")


async def test_a_log_that_cannot_be_read_is_a_sentence() -> None:
    """In the state line."""
    session = EnginesSession(READY, control=ScriptedControl(refusal="Docker went away; wait."))
    async with monitor(session) as (pilot, app, _):
        await pilot.press("g")
        await settle(pilot, app)
        await pilot.press("l")
        await settle(pilot, app)
        assert "⚠ Docker went away; wait." in words(app)


class Counting(LogPane):
    """Counts the strips that are made and the lines that are drawn."""

    made = drawn = 0

    def _segments(self, row: object) -> list[object]:
        type(self).made += 1
        return super()._segments(row)

    def render_line(self, y: int) -> Strip:
        """As ever, and counted."""
        type(self).drawn += 1
        return super().render_line(y)


@asynccontextmanager
async def counted(monkeypatch: pytest.MonkeyPatch, *texts: str) -> AsyncIterator[Opened]:
    """The screen with a pane that counts."""
    monkeypatch.setattr("burstview.screens.engine_log.LogPane", Counting)
    async with log_of(*texts, size=(120, 40)) as opened:
        Counting.made = Counting.drawn = 0
        yield opened


async def test_a_silent_log_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is asked for, made or drawn."""
    async with counted(monkeypatch, *numbered(3_000)) as opened:
        asked = opened.log.asked
        for _ in range(5):
            opened.app.draw_changes()
            await opened.pilot.pause()
        assert opened.log.asked == asked
        assert Counting.made == Counting.drawn == 0


async def test_a_held_log_costs_nothing_however_fast_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """New lines are only counted."""
    async with counted(monkeypatch, *numbered(3_000)) as opened:
        await opened.press("space")
        asked = opened.log.asked
        Counting.made = Counting.drawn = 0
        for tick in range(5):
            opened.log.write(*numbered(200, 200 * tick))
            opened.app.draw_changes()
            await opened.pilot.pause()
        assert opened.log.asked == asked
        assert Counting.made == Counting.drawn == 0


async def test_a_fast_log_makes_only_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of 100,000 lines: a tick makes the lines that can be seen, each once."""
    async with counted(monkeypatch) as opened:
        ticks = 20
        for tick in range(ticks):
            opened.log.write(*numbered(167, 167 * tick))
            opened.app.draw_changes()
            await opened.pilot.pause()
        rows = opened.pane.size.height
        assert opened.shown[-1] == f"line {167 * ticks - 1}"
        assert Counting.made <= (ticks + 1) * rows


async def test_a_slow_log_makes_each_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the pane's height, only new lines are drawn at all."""
    async with counted(monkeypatch) as opened:
        for number in range(10):
            await opened.write(f"line {number}")
        assert Counting.made == 10
        assert Counting.drawn <= 2 * 10
