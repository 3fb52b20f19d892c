"""The GPU screen under a pilot: its keys, its states, and what it shows of one to sixteen GPUs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from tests.tui.gpu_samples import MIG, PROCESSES, h200, host, look, lost, whole
from tests.tui.monitor import Hands, monitor, settle, words
from tests.tui.scripted import OLLAMA, REMOTE, VLLM, ScriptedSession, burst
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview.screens.gpus import GpusScreen
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    GpuProcessesSeen,
    GpuSampled,
    GpusFound,
)
from burstview_engines.core.gpu import Gpu, GpuProcess
from burstview_engines.core.plan import BurstPlan

SIZES = [(80, 24), (120, 40), (200, 60)]
Open = tuple[Pilot[None], BurstviewApp, ScriptedSession, Hands]


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are the machine's."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class RealSession(ScriptedSession):
    """One backend at a URL; GPUs are those that a test tells of."""

    async def open(self) -> None:
        """No simulated GPU, and no machine."""
        self.fold.apply(BackendSeen(at=self.now, backend=REMOTE))


@asynccontextmanager
async def gpus(
    events: Sequence[AnyEvent],
    size: tuple[int, int] = (120, 40),
    session: ScriptedSession | None = None,
) -> AsyncIterator[Open]:
    """The screen is open, and these events have happened."""
    session = session or RealSession(REMOTE)
    clock = Hands()
    async with monitor(session, size=size, clock=clock) as (pilot, app, _):
        tell(session, *events)
        await pilot.press("n")
        await settle(pilot, app)
        yield pilot, app, session, clock


def tell(session: ScriptedSession, *events: AnyEvent) -> None:
    """They happen now."""
    for event in events:
        session.fold.apply(event)
        session.now = max(session.now, event.at)


def screen(app: BurstviewApp) -> GpusScreen:
    """It is on top."""
    assert isinstance(app.screen, GpusScreen)
    return app.screen


def line_with(app: BurstviewApp, word: str) -> str:
    """The first line that has it."""
    return next(line for line in words(app).splitlines() if word in line)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 2, 8, 16])
async def test_everything_is_there_at_every_size(size: tuple[int, int], count: int) -> None:
    """Table, figures, histories, machine and processes, without a scrollbar."""
    async with gpus(whole(count), size) as (_, app, _, _):
        shown = words(app)
    assert "64°C" in shown
    assert "102,621/143,771" in shown
    assert "SM active" in shown
    assert "bursts" in shown or "now" in shown
    assert "host  cpu  29%" in shown
    assert "VLLM::EngineCore" in shown
    assert "my-vllm" in shown
    assert len(shown.splitlines()) == size[1]


async def test_sixteen_gpus_scroll_around_the_chosen_one() -> None:
    """Which of them are shown stands in the headings."""
    async with gpus(whole(16), (80, 24)) as (pilot, app, _, _):
        assert "1–7 of 16" in words(app)
        for _ in range(12):
            await pilot.press("down")
        await pilot.pause()
        assert "▸  12 NVIDIA H200" in words(app)
        assert "of 16" in words(app)
        await pilot.press("pageup", "up")
        await pilot.pause()
        assert "▸   5 NVIDIA H200" in words(app)


async def test_the_chosen_gpus_figures_and_histories_are_shown() -> None:
    """Another one's after a key."""
    samples = [
        GpuSampled(at=at, gpus=(h200(0, load=98.0), h200(1, load=12.0))) for at in (1.0, 1.5, 2.0)
    ]
    async with gpus([*whole(2, at=1.0), *samples]) as (pilot, app, _, _):
        assert "util 98% of 100%" in words(app)
        await pilot.press("j")
        await pilot.pause()
        assert "util 12% of 100%" in words(app)
        assert "power 172 W of 700 W" in words(app)


async def test_bursts_are_marked_on_the_time_axis_with_what_they_did() -> None:
    """One that was too short for the counter says so instead of a number."""
    events: list[AnyEvent] = [*whole(1)]
    events += burst(1, "remote", BurstPlan(concurrency=4), 4, 10.0, slowness=0.09)
    async with gpus(sorted(events, key=lambda event: event.at)) as (_, app, _, _):
        assert "━llama.cpp 4" in words(app)
        assert "util — too short to measure" in line_with(app, "last burst: llama.cpp 4 in")


async def test_a_long_burst_has_its_figures() -> None:
    """Means of what was sampled while it ran."""
    events: list[AnyEvent] = [*whole(1)]
    events += burst(1, "remote", BurstPlan(concurrency=4), 4, 9.0, slowness=4.0)
    async with gpus(sorted(events, key=lambda event: event.at)) as (_, app, _, _):
        assert "util 98%" in line_with(app, "last burst: llama.cpp 4 in")


async def test_a_history_alone() -> None:
    """Left and right choose it, enter or m enlarges it, escape shows all parts again."""
    async with gpus(whole(1)) as (pilot, app, _, _):
        await pilot.press("right", "right", "m")
        await settle(pilot, app)
        shown = words(app)
        assert "▸tensor" in shown
        assert "VLLM::EngineCore" not in shown
        assert shown.count("█") > 300
        await pilot.press("left", "enter")
        await settle(pilot, app)
        assert "▸SM active" in words(app)
        assert "VLLM::EngineCore" in words(app)
        await pilot.press("m")
        await settle(pilot, app)
        await pilot.press("escape")
        await settle(pilot, app)
        assert "VLLM::EngineCore" in words(app)
        await pilot.press("escape")
        assert app.screen is app.main


async def test_all_figures_on_a_small_screen() -> None:
    """`d` gives them the room of the histories."""
    async with gpus(whole(1), (80, 24)) as (pilot, app, _, _):
        assert " d " in line_with(app, "+")
        assert "UUID" not in words(app)
        await pilot.press("d")
        await settle(pilot, app)
        assert "GPU-00000000-0000-0000-0000-000000000000" in words(app)
        assert "NVLink in/out" in words(app)


async def test_with_eight_gpus_the_figures_have_room_too() -> None:
    """The table keeps the chosen GPU and its neighbours."""
    async with gpus(whole(8), (80, 24)) as (pilot, app, _, _):
        await pilot.press("down", "down", "down", "down", "d")
        await settle(pilot, app)
        assert "▸   4 NVIDIA H200" in words(app)
        assert "of 8" in words(app)
        assert "GPU-00000000-0000-0000-0000-000000000000" in words(app)


async def test_a_frozen_picture_stands_still_while_the_session_goes_on() -> None:
    """It says so, with its age; going on, what came meanwhile is there."""
    async with gpus([*whole(1)]) as (pilot, app, session, clock):
        await pilot.press("space")
        tell(session, look(21.0, load=55.0))
        clock.now += 12.0
        app.draw_changes()
        await pilot.pause()
        assert "FROZEN 12 s ago" in words(app)
        assert "util 3% of 100%" in words(app)
        assert "00:00:20" in words(app)
        await pilot.press("f")
        await settle(pilot, app)
        assert "FROZEN" not in words(app)
        assert "util 55% of 100%" in words(app)


async def test_processes_are_chosen_and_sorted() -> None:
    """Tab goes to them; then the figures are the chosen process's."""
    async with gpus(whole(1)) as (pilot, app, _, _):
        await pilot.press("tab")
        await settle(pilot, app)
        assert "▸ ●     0    3223" in words(app)
        await pilot.press("down", "down", "down")
        await settle(pilot, app)
        assert "no engine that is known here" in line_with(app, "belongs to")
        await pilot.press("o", "o", "o", "o")
        await settle(pilot, app)
        assert "PID▾" in words(app)
        rows = [line for line in words(app).splitlines() if line[2:3] in ("●", "○")]
        assert [row.split()[0 if row[0] != "▸" else 1] for row in rows] == ["○", "●", "●"]


async def test_a_process_on_two_instances_is_chosen_on_each() -> None:
    """The keys do not stay at the first."""
    both = [GpuProcess(gpu=0, pid=0, mig_instance=number) for number in (1, 2)]
    seen = GpuProcessesSeen(at=19.0, processes=tuple(both))
    async with gpus([*whole(1), seen]) as (pilot, app, _, _):
        await pilot.press("tab")
        await settle(pilot, app)
        assert line_with(app, "MIG instance").rstrip().endswith("1")
        await pilot.press("down")
        await settle(pilot, app)
        assert line_with(app, "MIG instance").rstrip().endswith("2")


async def test_time_is_closer_or_farther() -> None:
    """Seconds a column; a burst of 100 ms has one of its own at the closest."""
    async with gpus(whole(1)) as (pilot, app, _, _):
        before = line_with(app, "now")
        await pilot.press("minus")
        await settle(pilot, app)
        farther = line_with(app, "now")
        await pilot.press("plus", "plus")
        await settle(pilot, app)
        closer = line_with(app, "now")
    assert len({before, farther, closer}) == 3
    assert "−74 s" in farther
    assert "−3.7 s" in closer


async def test_a_lost_gpu_keeps_its_last_values() -> None:
    """With the time since when, and their age, which grows while nothing else happens."""
    async with gpus([*whole(2), lost(look(21.0, 2), 0, 20.5)]) as (pilot, app, session, _):
        assert "LOST since 00:00:20: the last values are 0 s old." in words(app)
        assert "102,621/143,771" in words(app)
        session.now = 33.0
        app.draw_changes()
        await pilot.pause()
        assert "the last values are 12 s old" in words(app)
        await pilot.press("down")
        await pilot.pause()
        assert "the last values" not in words(app)


async def test_unknown_values_are_dashes() -> None:
    """A driver that tells only names: nothing is 0, nothing breaks."""
    bare = GpuSampled(at=1.0, gpus=(Gpu(index=0, name="T4"), Gpu(index=1, name="T4")))
    seen = GpuProcessesSeen(at=1.0, processes=(GpuProcess(gpu=0, pid=77),))
    async with gpus([bare, seen]) as (_, app, _, _):
        shown = words(app)
        assert "T4" in shown
        assert "0%" not in shown.replace("100%", "")
        assert "not told by this GPU" in shown
        assert "77" in shown
        assert "other" in shown


async def test_mig_instances_are_listed() -> None:
    """Each with its profile and memory."""
    gpu = msgspec.structs.replace(h200(), mig=MIG)
    async with gpus([*whole(1), GpuSampled(at=21.0, gpus=(gpu,))]) as (_, app, _, _):
        assert "1g.18gb 1.0/16.0 GiB" in line_with(app, "MIG 3/0")
        assert "2×MIG" in words(app)


async def test_without_a_gpu_the_machine_is_still_shown() -> None:
    """And one sentence says why."""
    problem = "No NVIDIA driver on this machine: real GPU gauges stay empty."
    async with gpus([GpuSampled(at=1.0, problem=problem), host(1.0)]) as (pilot, app, _, _):
        assert problem in words(app)
        assert "host  cpu  29%" in words(app)
        await pilot.press("down", "m", "d", "o", "right", "plus", "space", "tab")
        await settle(pilot, app)
        assert "host  cpu  29%" in words(app)


async def test_before_the_first_look() -> None:
    """Nothing is made up."""
    async with gpus([]) as (_, app, _, _):
        assert "The GPUs were not looked at yet." in words(app)
        assert "not looked at yet —" in line_with(app, "host")
        assert "%" not in words(app)


async def test_simulated_gpus_say_so() -> None:
    """Each by its backend, and its own bursts below it."""
    session = ScriptedSession(VLLM, OLLAMA)
    async with gpus([], session=session) as (pilot, app, _, _):
        assert "vLLM's L4 SIMULATED" in words(app)
        assert "Ollama's L4 SIMULATED" in words(app)
        await pilot.press("down")
        await pilot.pause()
        assert "▸   1  Ollama's L4 SIMULATED" in words(app)


async def test_a_new_list_of_processes_is_drawn_without_another_sample() -> None:
    """As soon as it is told."""
    async with gpus(whole(1)) as (pilot, app, session, _):
        session.fold.apply(
            GpuProcessesSeen(at=19.0, processes=(*PROCESSES, GpuProcess(gpu=0, pid=4)))
        )
        for _ in range(3):
            app.draw_changes()
        await pilot.pause()
        assert words(app).count("○") == 2


async def test_the_processes_problem_is_a_sentence() -> None:
    """In the place of the list."""
    seen = GpuProcessesSeen(at=19.0, problem="The driver does not tell of processes.")
    async with gpus([*whole(1), seen]) as (_, app, _, _):
        assert words(app).count("The driver does not tell of processes.") == 2


async def test_a_click_chooses() -> None:
    """A GPU in its table, a process in its own."""
    async with gpus(whole(8)) as (pilot, app, _, _):
        table = app.screen.query_one("GpuTable")
        await pilot.click(table, offset=(6, 4))
        await settle(pilot, app)
        assert "▸   3 NVIDIA H200" in words(app)
        await pilot.click(app.screen.query_one("GpuProcesses"), offset=(10, 2))
        await settle(pilot, app)
        assert "▸ ●     0   11864" in words(app)


async def test_gpus_may_come_and_go() -> None:
    """The chosen one is gone: the first is chosen; the names of drivers change too."""
    async with gpus(whole(2)) as (pilot, app, session, _):
        await pilot.press("down")
        tell(session, look(21.0, 1), GpusFound(at=21.0))
        app.draw_changes()
        await settle(pilot, app)
        assert "▸   0  NVIDIA H200" in words(app)
        tell(session, GpuSampled(at=22.0, problem="The driver is gone."))
        app.draw_changes()
        await settle(pilot, app)
        assert "The driver is gone." in words(app)
        assert "NVIDIA H200" not in words(app)


async def test_the_screen_is_in_palette_and_help() -> None:
    """Its key stands on the main screen."""
    async with monitor(ScriptedSession(REMOTE), size=(80, 24)) as (pilot, app, _):
        assert "n GPUs" in words(app)
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert "GPUs (n)" in names
        await pilot.press("n")
        await settle(pilot, app)
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert "Freeze (space f)" in names
        assert screen(app).part == "all"
