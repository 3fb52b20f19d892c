"""The cell diff against Textual's own output, both replayed through a terminal emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pyte
import pytest
from rich.console import RenderableType
from tests.tui.bursts import staircase, wall
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from burstview.widgets.diff_screen import DiffScreen
from burstview.widgets.lanes import Lanes, Side

Step = Callable[["Emulated", Pilot[None]], Awaitable[None]]
SIZES = ((80, 24), (120, 40), (163, 51))
KOREAN = (
    "서버가 여러 사람에게 답한다",
    "서버는 a 여러 b사람에게",
    "🚀 발사! 한x글",
    "plain ascii text",
    "👨‍👩‍👧 가족 e\u0301",
)


class Emulated(App[None]):
    """What the app would write goes into a terminal emulator; frames are compared there."""

    CSS = """
    #text { height: 3; } .loud { background: red; color: white; text-style: bold; }
    #left { dock: left; width: 7; height: 4; }
    """

    def __init__(self, cell_diff: bool, size: tuple[int, int]) -> None:
        super().__init__()
        self.cell_diff = cell_diff
        self.terminal = pyte.Screen(*size)
        self.stream = pyte.Stream(self.terminal)
        self.sent = 0

    def get_default_screen(self) -> Screen[None]:
        """The screen under test."""
        return DiffScreen[None](id="_default", cell_diff=self.cell_diff)

    def compose(self) -> ComposeResult:
        """Lanes, text that changes, and a widget beside it that cuts its rows."""
        yield Static("왼쪽\nleft", id="left")
        yield Lanes()
        yield Static("", id="text", markup=False)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            written = renderable.render_segments(self.console)
            self.sent += len(written.encode())
            self.stream.feed(written)
        super()._display(screen, renderable)

    def cells(self) -> list[list[pyte.screens.Char]]:
        """Every cell: character, colours, attributes."""
        grid = self.terminal
        return [[grid.buffer[y][x] for x in range(grid.columns)] for y in range(grid.lines)]


def _moment(second: float, text: str = "") -> Step:
    async def step(app: Emulated, pilot: Pilot[None]) -> None:
        left = Side(wall(8), second, "vLLM", f"{second:.1f}")
        app.query_one(Lanes).sides = (left, Side(staircase(8), second, "Ollama"))
        app.query_one("#text", Static).update(text, layout=False)

    return step


async def _loud(app: Emulated, pilot: Pilot[None]) -> None:
    app.query_one("#text").toggle_class("loud")


async def _own_axis(app: Emulated, pilot: Pilot[None]) -> None:
    app.query_one(Lanes).own_axis ^= True


async def _hide_left(app: Emulated, pilot: Pilot[None]) -> None:
    app.query_one("#left").display ^= True


async def _theme(app: Emulated, pilot: Pilot[None]) -> None:
    app.theme = "textual-light"


async def _open_modal(app: Emulated, pilot: Pilot[None]) -> None:
    await app.push_screen(ModalScreen[None]())


async def _close_modal(app: Emulated, pilot: Pilot[None]) -> None:
    await app.pop_screen()


async def _resize(app: Emulated, pilot: Pilot[None]) -> None:
    width, height = app.terminal.columns - 9, app.terminal.lines - 3
    app.terminal.resize(height, width)
    await pilot.resize_terminal(width, height)


async def _taken(step: Step, app: Emulated, pilot: Pilot[None]) -> None:
    with app._context():
        await step(app, pilot)
    await _drawn(app, pilot)


async def _drawn(app: Emulated, pilot: Pilot[None]) -> None:
    """Wait until two turns in a row left nothing to lay out or repaint."""
    clean = 0
    while clean < 2:
        await pilot.pause()
        screen = app.screen
        is_dirty = screen._dirty_widgets or screen._layout_required or screen._repaint_required
        clean = 0 if is_dirty or screen._compositor._dirty_regions else clean + 1


def _steps() -> Iterator[Step]:
    """Frames of a burst with everything that can happen in between."""
    for number in range(18):
        lines = (KOREAN[(number + n) % len(KOREAN)] for n in range(3))
        yield _moment(number * 0.25, "\n".join(lines))
        match number:
            case 3 | 6:
                yield _loud
            case 5 | 8:
                yield _hide_left
            case 7:
                yield _own_axis
            case 10:
                yield _open_modal
            case 12:
                yield _close_modal
            case 14:
                yield _resize
            case 16:
                yield _theme


@pytest.mark.parametrize("size", SIZES)
async def test_every_frame_shows_the_same_cells_as_stock(size: tuple[int, int]) -> None:
    """After each step, the emulated terminals of stock and diff agree in every cell."""
    stock, diff = Emulated(False, size), Emulated(True, size)
    async with stock.run_test(size=size) as one, diff.run_test(size=size) as other:
        for number, step in enumerate(_steps()):
            await asyncio.gather(_taken(step, stock, one), _taken(step, diff, other))
            assert diff.cells() == stock.cells(), f"step {number}"
    assert diff.sent < stock.sent


async def test_moving_tips_cost_a_fraction_of_stock() -> None:
    """Ten frames of moving lanes go out in less than a fifth of stock's bytes."""
    sent = {}
    for cell_diff in (False, True):
        app = Emulated(cell_diff, (120, 40))
        async with app.run_test(size=(120, 40)) as pilot:
            await _moment(1.0)(app, pilot)
            await _drawn(app, pilot)
            before = app.sent
            for number in range(10):
                await _moment(1.1 + number / 10)(app, pilot)
                await _drawn(app, pilot)
            sent[cell_diff] = app.sent - before
    assert sent[True] < sent[False] / 5


async def test_an_unchanged_frame_sends_no_cells() -> None:
    """Refreshing a widget that looks the same writes nothing."""
    app = Emulated(True, (80, 24))
    async with app.run_test(size=(80, 24)) as pilot:
        await _moment(1.0)(app, pilot)
        await _drawn(app, pilot)
        before = app.sent
        app.query_one(Lanes).refresh()
        await _drawn(app, pilot)
        assert app.sent == before


def test_the_diff_can_be_switched_off() -> None:
    """Without it the screen has Textual's own compositor."""
    assert type(DiffScreen[None](cell_diff=False)._compositor).__name__ == "Compositor"
    assert type(DiffScreen[None]()._compositor).__name__ == "DiffCompositor"
