"""The main screen: each key, what is drawn, and what a burst leaves behind."""

from __future__ import annotations

import pytest
from tests.tui.monitor import Hands, monitor, settle, words
from tests.tui.scripted import OLLAMA, REMOTE, VLLM, ScriptedSession, burst
from textual.geometry import Offset

from burstview.widgets.backends import Backends
from burstview.widgets.lanes import Cursor, Lanes
from burstview.widgets.plan_line import PlanLine
from burstview.widgets.slider import Slider
from burstview.widgets.title import Title
from burstview_engines.core.plan import BurstPlan

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_duel_ends_as_wall_and_staircase(size: tuple[int, int]) -> None:
    """`d` fires both; each side's shape, the sentence and SIMULATED are on screen."""
    async with monitor(size=size, fired="d") as (_, app, session):
        shown = words(app)
        assert session.fired == [("vllm", "ollama")]
        assert "all together" in shown
        assert "one at a time" in shown
        assert "waited in line" in shown
        assert shown.count("SIMULATED") >= 3
        assert all(len(line) == size[0] for line in shown.splitlines())
        assert len(shown.splitlines()) == size[1]


async def test_f_fires_the_selected_side_alone() -> None:
    """The other side stays as it is."""
    async with monitor() as (pilot, app, session):
        await pilot.press("tab", "2", "f")
        await settle(pilot, app)
        assert session.fired == [("ollama",)]
        assert "no burst yet" in words(app)


async def test_a_key_does_not_wait_for_the_burst() -> None:
    """While it runs the slider moves and the verdict says `so far`."""
    async with monitor(ScriptedSession(held=True), fired="d") as (pilot, app, session):
        session.play(4.5)
        app.draw_changes()
        await pilot.press("right")
        await pilot.pause()
        shown = words(app)
        assert "so far one at a time, 4 of 16" in shown
        assert "CANCEL" in shown
        assert app.main.plan.concurrency == 18
        assert session.plans[0].concurrency == 16


@pytest.mark.parametrize("key", ["c", "escape"])
async def test_cancel_keeps_what_was_seen_and_says_so(key: str) -> None:
    """Answers that ended stay, the others are marked."""
    async with monitor(ScriptedSession(held=True), fired="d") as (pilot, app, session):
        session.play(4.5)
        app.draw_changes()
        await pilot.press(key)
        await settle(pilot, app)
        shown = words(app)
        assert session.was_cancelled
        assert "CANCELLED" in shown
        assert "⊘ cancelled" in shown
        assert "Cancelled by the person." in shown
        assert "FIRE" in shown


async def test_a_refusal_is_one_sentence() -> None:
    """And the next burst can be fired."""
    refusal = "vLLM at :8000 does not answer; start it or choose another backend."
    async with monitor(ScriptedSession(refusal=refusal)) as (pilot, app, session):
        await pilot.press("f")
        await settle(pilot, app)
        assert [str(notice.message) for notice in app._notifications] == [refusal]
        await pilot.press("f")
        await settle(pilot, app)
        assert len(session.fired) == 2


async def test_o_goes_through_the_orders() -> None:
    """The chosen one goes with the burst, and TOGETHER is marked."""
    async with monitor() as (pilot, app, session):
        await pilot.press("o", "o", "d")
        await settle(pilot, app)
        assert session.orders == ["together"]
        assert "TOGETHER" in words(app)
        await pilot.press("o", "d")
        await settle(pilot, app)
        assert session.orders[-1] == "auto"


async def test_z_gives_each_side_its_own_axis_and_takes_it_back() -> None:
    """The factor is printed."""
    async with monitor(fired="d") as (pilot, app, _):
        assert "z own axis ×" in words(app)
        await pilot.press("z")
        await pilot.pause()
        assert app.main.query_one(Lanes).own_axis
        await pilot.press("z")
        assert not app.main.query_one(Lanes).own_axis


async def test_a_burst_faster_than_the_eye_is_shown_again_slower() -> None:
    """By itself, with the factor, until its end; the axis keeps real time."""
    clock = Hands()
    session = ScriptedSession(VLLM, slowness=0.3)
    async with monitor(session, fired="f", clock=clock) as (pilot, app, _):
        assert "SLOW MOTION ×25" in words(app)
        lanes = app.main.query_one(Lanes)
        clock.now = 2.5
        app.draw_changes()
        assert lanes.sides[0].moment == pytest.approx(0.1)
        clock.now = 9.0
        app.draw_changes()
        await pilot.pause()
        assert lanes.sides[0].moment > 0.2
        assert "SLOW MOTION" not in words(app)


async def test_any_key_ends_the_slow_motion_and_does_its_work() -> None:
    """Only `s` and escape do nothing else; `s` shows it again."""
    session = ScriptedSession(VLLM, slowness=0.3)
    async with monitor(session, fired="f") as (pilot, app, _):
        await pilot.press("right")
        await pilot.pause()
        assert app.main.slow is None
        assert app.main.plan.concurrency == 18
        await pilot.press("s")
        assert app.main.slow is not None
        await pilot.press("s")
        assert app.main.slow is None


async def test_a_slow_burst_is_not_repeated_by_itself() -> None:
    """Above a second the eye has seen it."""
    async with monitor(fired="d") as (_, app, _):
        assert app.main.slow is None


async def test_p_holds_the_picture_while_the_burst_goes_on() -> None:
    """And shows the newest again."""
    async with monitor(ScriptedSession(held=True), fired="d") as (pilot, app, session):
        session.play(2.5)
        app.draw_changes()
        await pilot.press("p")
        session.play(3.0)
        app.draw_changes()
        await pilot.pause()
        assert "FROZEN" in words(app)
        assert "2 of 16" in words(app)
        await pilot.press("p")
        app.draw_changes()
        await pilot.pause()
        assert "5 of 16" in words(app)


@pytest.mark.parametrize(("down", "up"), [("down", "up"), ("j", "k")])
async def test_the_cursor_goes_from_request_to_request(down: str, up: str) -> None:
    """On the selected side, and the slider keeps its place."""
    async with monitor(fired="d") as (pilot, app, _):
        lanes = app.main.query_one(Lanes)
        await pilot.press(down, down, down)
        assert lanes.cursor == Cursor(0, 3)
        await pilot.press(up)
        assert lanes.cursor == Cursor(0, 2)
        assert app.main.plan.concurrency == 16


async def test_the_mouse_does_it_all() -> None:
    """Buttons, settings, backends and lanes answer to clicks."""
    async with monitor() as (pilot, app, session):
        await pilot.click(PlanLine, offset=Offset(115, 0))
        await settle(pilot, app)
        assert session.fired == [("vllm", "ollama")]
        await pilot.click(PlanLine, offset=Offset(104, 0))
        await settle(pilot, app)
        assert session.fired[-1] == ("vllm",)
        await pilot.click(Backends, offset=Offset(20, 1))
        await pilot.pause()
        assert app.main.selected == 1
        await pilot.click(Lanes, offset=Offset(70, 3))
        await pilot.pause()
        assert app.main.query_one(Lanes).cursor == Cursor(1, 3)
        await pilot.click(PlanLine, offset=Offset(5, 0))
        await pilot.pause()
        assert app.screen is not app.main


async def test_a_third_backend_takes_the_selected_side() -> None:
    """By the arrows in the table."""
    async with monitor(ScriptedSession(VLLM, OLLAMA, REMOTE)) as (pilot, app, session):
        app.main.query_one(Backends).focus()
        await pilot.press("down")
        await pilot.pause()
        assert app.main.sides == ("remote", "ollama")
        await pilot.press("d")
        await settle(pilot, app)
        assert session.fired == [("remote", "ollama")]


async def test_what_does_nothing_now_is_grey() -> None:
    """And pressing it changes nothing."""
    async with monitor() as (pilot, app, session):
        grey = {
            a: app.main.check_action(a, ()) for a in ("cancel", "why", "slow_motion", "details")
        }
        assert set(grey.values()) == {None}
        await pilot.press("c", "w", "s", "enter")
        assert app.screen is app.main
        assert not session.was_cancelled


async def test_a_recording_fires_nothing_and_says_what_it_is() -> None:
    """The keys are grey, the title tells."""
    async with monitor(ScriptedSession(is_recording=True)) as (pilot, app, session):
        await pilot.press("d", "f", "e")
        await settle(pilot, app)
        assert session.fired == []
        assert app.screen is app.main
        assert "RECORDING" in app.main.query_one(Title).state


async def test_a_recording_shows_the_plan_of_its_newest_burst() -> None:
    """Slider and plan line are those of what is shown, whatever is pressed."""
    async with monitor(ScriptedSession(is_recording=True)) as (pilot, app, session):
        for run, plan in (
            (1, BurstPlan(concurrency=4, max_tokens=7)),
            (2, BurstPlan(concurrency=64, max_tokens=9, thinking="off")),
        ):
            for event in burst(run, "vllm", plan, 4, float(run)):
                session.fold.apply(event)
            app.draw_changes()
            await pilot.press("right")
            await settle(pilot, app)
            assert app.main.query_one(PlanLine).plan == plan
            assert app.main.query_one(Slider).value == plan.concurrency
        assert "tokens 9 · thinking off" in words(app)


async def test_a_tick_after_the_end_is_quiet() -> None:
    """The frame timer may fire once more when the screens are gone."""
    async with monitor() as (_, app, session):
        pass
    session.notice("late")
    app.draw_changes()
    assert app.told_notices == ()


async def test_the_same_burst_is_expected_to_take_as_long_again() -> None:
    """Nothing is guessed for another size."""
    async with monitor(fired="d") as (pilot, app, _):
        assert "≈ 0.90 s / ≈ 15.9 s" in words(app)
        await pilot.press("right")
        await pilot.pause()
        assert "≈" not in words(app)


async def test_a_notice_is_shown_once_and_without_its_control_sequences() -> None:
    """Servers' words are not trusted."""
    async with monitor() as (pilot, app, session):
        session.notice("Ollama \x1b[31mstopped\x1b]0;title\x07.")
        for _ in range(2):
            app.draw_changes()
            await pilot.pause()
        assert [str(n.message) for n in app._notifications] == ["Ollama stopped."]


async def test_nothing_is_drawn_when_nothing_changed() -> None:
    """The same snapshot leaves the screen alone."""
    async with monitor(fired="d") as (pilot, app, _):
        before = app.main.last
        app.draw_changes()
        assert app.main.last is before
        await pilot.press("right")
        assert app.main.last is before


async def test_the_screen_survives_any_size() -> None:
    """Too small is a sentence, and it comes back."""
    async with monitor(fired="d") as (pilot, app, _):
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert "burstview needs 80x24" in " ".join(words(app).split())
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "one at a time" in words(app)
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert "waited in line" in words(app)


async def test_the_session_is_closed_with_the_monitor() -> None:
    """Always awaited."""
    async with monitor() as (_, _, session):
        assert session.is_open
        assert not session.is_closed
    assert session.is_closed
