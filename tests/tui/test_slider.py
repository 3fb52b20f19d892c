"""The slider by keys, wheel, drag and typing."""

from __future__ import annotations

import pytest
from tests.tui.monitor import monitor
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot

from burstview.scale import cell_of
from burstview.widgets.slider import Slider


def slider(pilot: Pilot[None]) -> Slider:
    """The one on screen."""
    return pilot.app.screen.query_one(Slider)


def track_cell(pilot: Pilot[None], value: int) -> Offset:
    """Where a value is on the slider, relative to the widget."""
    start, width = slider(pilot).track
    return Offset(start + cell_of(value, width), 0)


MOVES = {
    "right": 18,
    "left": 15,
    "shift+right": 17,
    "shift+left": 15,
    "pageup": 32,
    "pagedown": 8,
    "home": 1,
    "end": 1024,
    "home left": 1,
    "end right": 1024,
    "5": 5,
    "1 7": 17,
    "1 7 enter": 17,
    "2 5 6 backspace": 25,
    "9 9 9 9": 1024,
    "1 7 right": 18,
}


async def test_keys_move_the_slider() -> None:
    """From 16 each; the plan follows the slider."""
    async with monitor() as (pilot, app, _):
        for keys, value in MOVES.items():
            slider(pilot).value = 16
            slider(pilot).typed = ""
            await pilot.press(*keys.split())
            await pilot.pause()
            assert (keys, slider(pilot).value) == (keys, value)
            assert app.main.plan.concurrency == value


async def test_a_number_typed_after_a_pause_begins_anew() -> None:
    """Enter ends a number; the next digit begins another."""
    async with monitor(concurrency=16) as (pilot, _, _):
        await pilot.press("4", "enter", "7")
        assert slider(pilot).value == 7


async def test_enter_opens_no_request_while_a_number_is_typed() -> None:
    """The same key ends the number first."""
    async with monitor(concurrency=4, fired="f") as (pilot, app, _):
        await pilot.press("8", "enter")
        assert app.screen is app.main


async def test_a_click_on_a_tick_gives_exactly_that() -> None:
    """Powers of two are where their numbers stand."""
    async with monitor(concurrency=16) as (pilot, _, _):
        for value in (1, 2, 64, 1024):
            await pilot.click(Slider, offset=track_cell(pilot, value))
            assert slider(pilot).value == value


async def test_the_handle_follows_the_drag_beyond_the_ends() -> None:
    """Until the button is let go."""
    async with monitor(concurrency=16) as (pilot, _, _):
        await pilot.mouse_down(Slider, offset=track_cell(pilot, 16))
        await pilot.hover(Slider, offset=track_cell(pilot, 256))
        assert slider(pilot).value == 256
        await pilot.hover(Slider, offset=Offset(119, 3))
        assert slider(pilot).value == 1024
        await pilot.mouse_up(Slider, offset=track_cell(pilot, 128))
        await pilot.hover(Slider, offset=track_cell(pilot, 2))
        assert slider(pilot).value == 128


async def test_the_wheel_steps() -> None:
    """Up is more."""
    async with monitor(concurrency=16) as (pilot, _, _):
        await pilot._post_mouse_events(  # the pilot has no public wheel
            [events.MouseScrollUp], Slider, Offset(40, 0)
        )
        assert slider(pilot).value == 18
        await pilot._post_mouse_events([events.MouseScrollDown], Slider, Offset(40, 0))
        assert slider(pilot).value == 16


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_the_exact_number_is_always_in_sight(width: int) -> None:
    """However the track rounds."""
    async with monitor(size=(width, 40)) as (pilot, _, _):
        for value in (1, 2, 5, 17, 999, 1000, 1023, 1024):
            slider(pilot).value = value
            line = slider(pilot).render_line(0).text
            assert f" {value} " in line
            assert len(line) == width
