"""The engine room under a pilot: both sides, moments, keys, a replay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.tui.monitor import Hands, Running, monitor, settle, words
from tests.tui.room_samples import paged, queue, starved
from tests.tui.scripted import OLLAMA, REMOTE, VLLM, ScriptedSession, burst, simulated_gpus
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview.screens.engine_room import EngineRoomScreen
from burstview.widgets.lanes import Lanes
from burstview.widgets.room_side import RoomSide
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    EngineSampled,
    SessionStarted,
    encode,
)
from burstview_engines.core.plan import BurstPlan
from burstview_engines.replay import ReplaySession

SAMPLES = (*starved(), *queue())


@asynccontextmanager
async def room(
    size: tuple[int, int] = (120, 40), *, fired: str = "d", concurrency: int = 16
) -> AsyncIterator[Running]:
    """A duel that is over, with all its samples, seen in the engine room."""
    session = ScriptedSession()
    async with monitor(session, size=size, fired=fired, concurrency=concurrency) as running:
        tell(session, *SAMPLES)
        await enter(running)
        yield running


def tell(session: ScriptedSession, *samples: EngineSampled) -> None:
    """The engines tell of themselves."""
    for sample in samples:
        session.fold.apply(sample)


async def enter(running: Running) -> None:
    """Press `i` and let the picture settle."""
    pilot, app, _ = running
    await pilot.press("i")
    await pilot.pause()
    app.draw_changes()
    await pilot.pause()
    assert isinstance(app.screen, EngineRoomScreen)


def side(app: BurstviewApp, number: int) -> str:
    """One side, line by line."""
    pane = app.screen.query_one(f"#room-{number}", RoomSide)
    return "\n".join(pane.render_line(y).text for y in range(pane.size.height))


async def test_both_sides_stand_beside_each_other() -> None:
    """The paged one with its blocks, the other with its slot; both say SIMULATED."""
    async with room() as (_, app, _):
        left, right = side(app, 0), side(app, 1)
    assert "▸vLLM SIMULATED  16 at once · all together" in left
    assert "exact: the embedded vLLM tells each block (SIMULATED)" in left
    assert "Ollama SIMULATED  16 at once · one at a time" in right
    assert "exact: the embedded Ollama tells each slot (SIMULATED)" in right
    assert "One slot (Ollama's default)" in right


async def test_a_starved_cache_shows_who_was_pushed_back() -> None:
    """At its fullest moment, with a mark on the axis and the burst's count."""
    async with room() as (_, app, _):
        shown = side(app, 0)
    assert "KV cache at 0.60 s, its fullest look" in shown
    assert "12 of 12 blocks, 100%" in shown
    assert "111122223333" in shown
    assert "waiting: pushed back: 4" in shown
    marks = next(line for line in shown.splitlines() if line.startswith("preempted"))
    assert "▾" in marks
    assert marks.rstrip().endswith("1×")
    assert "The newest was pushed" in shown


async def test_the_axis_is_the_lanes_axis() -> None:
    """The same window from the same zero; `z` gives each side its own."""
    async with room() as (pilot, app, _):
        assert side(app, 0).count("20 s") == side(app, 1).count("20 s") == 1
        await pilot.press("z")
        await pilot.pause()
        assert "20 s" not in side(app, 0)
        assert "1 s" in side(app, 0)
        assert "20 s" in side(app, 1)
        lanes = app.main.query_one(Lanes)
        assert "20 s" in lanes.render_line(lanes.size.height - 1).text


async def test_a_cursor_shows_earlier_moments() -> None:
    """Left and right move it by cells; escape goes back to live, then to the lanes."""
    async with room() as (pilot, app, _):
        await pilot.press("z", "home", "right", "right", "right", "right")
        await pilot.press(*["right"] * 8)
        await pilot.pause()
        shown = side(app, 0)
        assert "by the look of 0.30 s" in shown
        assert "111222333444" in shown
        assert "▲" in shown
        await pilot.press("escape")
        await pilot.pause()
        assert "its fullest look" in side(app, 0)
        assert isinstance(app.screen, EngineRoomScreen)
        await pilot.press("escape")
        assert app.screen is app.main


async def test_the_cursor_begins_at_the_end_and_stays_in_the_burst() -> None:
    """Right of the end there is nothing; left of the beginning neither."""
    async with room() as (pilot, app, _):
        await pilot.press("right")
        assert "its fullest look" in side(app, 0)
        await pilot.press("left")
        await pilot.pause()
        assert "KV cache at 0.30 s, by the look before the burst" in side(app, 0)
        await pilot.press("end", "2", "left")
        await pilot.pause()
        assert "KV cache at 15.3 s, by the look of 15.2 s" in side(app, 1)
        await pilot.press("home", "left")
        await pilot.pause()
        assert "at 0 ms, by the look before the burst" in side(app, 0)
        await pilot.press("end")
        await pilot.pause()
        assert "its fullest look" in side(app, 0)


async def test_now_shows_what_is_left_after_a_burst() -> None:
    """No block is held any more; the slot keeps its last request's tokens."""
    async with room() as (pilot, app, _):
        await pilot.press("n")
        await pilot.pause()
        assert "No request holds a block." in side(app, 0)
        assert "slot 0 idle 70 of 4,096" in side(app, 1)
        await pilot.press("n")
        await pilot.pause()
        assert "its fullest look" in side(app, 0)


async def test_hints_can_be_put_away() -> None:
    """The map gets their room."""
    async with room() as (pilot, app, _):
        assert "One slot (Ollama's default)" in side(app, 1)
        await pilot.press("h")
        await pilot.pause()
        assert "One slot (Ollama's default)" not in side(app, 1)


async def test_a_small_screen_shows_one_side_and_all_of_it() -> None:
    """Tab, 1 and 2 change it."""
    async with room((80, 24)) as (pilot, app, _):
        shown = words(app)
        assert "vLLM SIMULATED" in shown
        assert "Ollama SIMULATED" not in shown
        for part in ("running", "out tok/s", "preempted", "batch mean", "queue", "111122223333"):
            assert part in shown
        await pilot.press("tab")
        await pilot.pause()
        assert "Ollama SIMULATED" in words(app)
        await pilot.press("1")
        await pilot.pause()
        assert "vLLM SIMULATED" in words(app)


async def test_a_burst_that_goes_on_shows_the_newest_look() -> None:
    """As it comes; what was not looked at yet stays empty."""
    session = ScriptedSession(held=True)
    async with monitor(session, fired="d") as running:
        pilot, app, _ = running
        session.play(0.35)
        tell(session, *starved()[:2])
        await enter(running)
        assert "KV cache now" in side(app, 0)
        assert "111222333444" in side(app, 0)
        session.play(0.3)
        tell(session, starved()[2])
        app.draw_changes()
        await pilot.pause()
        assert "pushed back: 4" in side(app, 0)


async def test_before_a_burst_it_says_what_to_do() -> None:
    """And shows the cache as it is, where an engine tells."""
    session = ScriptedSession()
    async with monitor(session) as running:
        _, app, _ = running
        tell(session, paged(0.5))
        await enter(running)
        assert "No burst yet: press esc" in side(app, 0)
        assert "0 of 12 blocks" in side(app, 0)
        assert "This engine has told nothing of its insides yet." in side(app, 1)


async def test_an_engine_without_a_side_leaves_it_empty() -> None:
    """One backend alone."""
    session = ScriptedSession(REMOTE)
    async with monitor(session) as running:
        await enter(running)
        assert "No engine on this side yet" in side(running[1], 1)
        assert "SIMULATED" not in words(running[1])


async def test_a_real_engine_is_an_aggregate() -> None:
    """Only the sum is told: one bar, and a dash for what nobody tells."""
    session = ScriptedSession(REMOTE)
    async with monitor(session, fired="f") as running:
        looks = [
            EngineSampled(
                at=at, backend="remote", source="metrics", running=4, waiting=12, kv_usage=0.5
            )
            for at in (0.0, 0.5, 1.0, 1.5)
        ]
        tell(session, *looks)
        await enter(running)
        shown = side(running[1], 0)
    assert "aggregate: llama.cpp's /metrics tells only the sum" in shown
    assert "— of — tokens held (50%)" in shown
    assert "batch —" in shown
    assert (
        next(line for line in shown.splitlines() if line.startswith("preempted"))
        .rstrip()
        .endswith("—")
    )


async def test_a_look_that_failed_is_a_mark_and_a_sentence() -> None:
    """It costs nothing else."""
    session = ScriptedSession()
    async with monitor(session, fired="d") as running:
        tell(session, *SAMPLES)
        tell(session, EngineSampled(at=0.4, backend="ollama", problem="\x1b[31m/api/ps lies."))
        await enter(running)
        shown = side(running[1], 1)
    assert "! 1 look failed, at 0.40 s: /api/ps lies." in shown
    assert "!" in next(line for line in shown.splitlines() if line.startswith("preempted"))
    assert "1 of 1 busy" in shown


async def test_a_burst_without_a_look_says_so() -> None:
    """Shorter than the time between two looks."""
    session = ScriptedSession()
    async with monitor(session, fired="f") as running:
        tell(session, paged(-0.1))
        await enter(running)
        assert "no look fell into this burst" in side(running[1], 0)


async def test_the_key_is_in_help_and_palette() -> None:
    """Nothing has to be known by heart."""
    async with room() as (pilot, app, _):
        await pilot.press("question_mark")
        await pilot.pause()
        screen = app.screen
        assert any("engine room" in str(row.tooltip) for row in type(app.main).BINDINGS)
        assert screen is not app.main
        titles = {command.title for command in app.get_system_commands(app.main)}
        assert "Inside (i)" in titles


async def test_a_replay_shows_the_same(tmp_path: Path) -> None:
    """There is no second path: the recording holds all of it."""
    events, told = recording(), ScriptedSession()
    async with monitor(told) as running:
        for event in events[4:]:
            told.fold.apply(event)
        told.fold.settle()
        await enter(running)
        live = (side(running[1], 0), side(running[1], 1))
    recorded = tmp_path / "burst.jsonl"
    recorded.write_bytes(b"".join(map(encode, events)))
    session = ReplaySession(recorded, speed=0)
    app = BurstviewApp(session, BurstPlan(), clock=Hands())
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, app)
        await session.played()
        app.draw_changes()
        await pilot.press("i")
        await pilot.pause()
        app.draw_changes()
        await pilot.pause()
        assert (side(app, 0), side(app, 1)) == live


def recording() -> list[AnyEvent]:
    """The duel of `room` as a file has it."""
    events: list[AnyEvent] = [
        SessionStarted(at=0.0, version=1, program="burstview test", wall=0.0, host="gpu-box"),
        BackendSeen(at=0.0, backend=VLLM),
        BackendSeen(at=0.0, backend=OLLAMA),
        simulated_gpus(0.0, (VLLM, OLLAMA)),
    ]
    plan = BurstPlan(concurrency=16)
    bursts = [*burst(1, "vllm", plan, 256, 0.0, 2), *burst(2, "ollama", plan, 1, 0.0, 2)]
    return events + sorted([*bursts, *SAMPLES], key=lambda event: event.at)


async def test_the_axis_has_as_many_cells_on_both_sides() -> None:
    """Or equal times would have unequal lengths; for every width."""
    for width in (100, 121, 160):
        async with room((width, 40)) as (_, app, _):
            left, right = (side(app, number).splitlines() for number in (0, 1))
            feet = [next(line for line in lines if "└" in line) for lines in (left, right)]
            assert feet[0].index("20 s") == feet[1].index("20 s")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_how_it_looks(snap_compare: Callable[..., bool], size: tuple[int, int], theme: str) -> None:
    """A starved cache beside a slot."""
    session = ScriptedSession()
    app = BurstviewApp(session, BurstPlan(), theme=theme, clock=Hands())

    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot, app)
        await pilot.press("d")
        await settle(pilot, app)
        tell(session, *SAMPLES)
        await pilot.press("i")
        await settle(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=look)
