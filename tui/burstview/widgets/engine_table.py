"""The table of managed engines: a row each, the selected one pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from burstview.draw.columns import Cells
from burstview.draw.engine_rows import body_row, head_row, layout
from burstview.draw.runs import Run, fit
from burstview.widgets.rows import Row, Rows

_EMPTY = "  No engine is managed here yet."


class EngineTable(Rows, can_focus=True):
    """A window of rows around the selected one; a click selects, a double click takes."""

    PREFIX = "engine-table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "engine-table--head",
        "engine-table--pointer",
        "engine-table--name",
        "engine-table--good",
        "engine-table--busy",
        "engine-table--bad",
        "engine-table--warn",
        "engine-table--quiet",
        "engine-table--lan",
        "engine-table--cursor",
    }
    DEFAULT_CSS = """
    EngineTable {
        height: auto;
        width: 1fr;
        max-height: 40%;
        min-height: 2;
        & > .engine-table--head { color: $text-muted; text-style: bold; }
        & > .engine-table--pointer { color: $accent; text-style: bold; }
        & > .engine-table--name { text-style: bold; }
        & > .engine-table--good { color: $success; }
        & > .engine-table--busy { color: $accent; }
        & > .engine-table--bad { color: $error; text-style: bold; }
        & > .engine-table--warn { color: $warning; }
        & > .engine-table--quiet { color: $text-muted; }
        & > .engine-table--lan { color: $error; text-style: bold reverse; }
        & > .engine-table--cursor { background: $panel; }
    }
    """
    engines: reactive[tuple[tuple[str, Cells], ...]] = reactive[tuple[tuple[str, Cells], ...]](
        (), repaint=False
    )
    """Key and cells of each engine, in the order of the screen."""
    selected: reactive[str | None] = reactive[str | None](None, repaint=False)
    """Key of the engine that the keys mean."""

    @dataclass
    class Selected(Message):
        """Another engine shall be selected."""

        key: str

    @dataclass
    class Stepped(Message):
        """An engine so many rows further shall be selected."""

        step: int

    @dataclass
    class Chosen(Message):
        """An engine was clicked twice."""

        key: str

    def picture(self, width: int) -> Sequence[Row]:
        """The headings, and as many engines as there is room for."""
        if not self.engines:
            return (fit((Run(_EMPTY, "quiet"),), width),)
        first, shown = self._window()
        chosen = layout([cells for _, cells in self.engines], width)
        which = ""
        if len(shown) < len(self.engines):
            which = f"{first + 1}–{first + len(shown)} of {len(self.engines)}"
        rows = [
            body_row(cells, chosen, width, is_selected=key == self.selected) for key, cells in shown
        ]
        return (head_row(chosen, width, which), *rows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each engine, and the headings."""
        return 1 + len(self.engines) if self.engines else 1

    def watch_engines(
        self, old: tuple[tuple[str, Cells], ...], new: tuple[tuple[str, Cells], ...]
    ) -> None:
        """Draw what changed."""
        if len(old) != len(new):
            self.refresh(layout=True)
        self.redraw()

    def watch_selected(self) -> None:
        """Draw what changed."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """The selected row has a ground of its own."""
        strip = super().render_line(y)
        row = self._rows[y] if y < len(self._rows) else ()
        is_selected = any(run.kind == "pointer" for run in row[:1])
        if not is_selected:
            return strip
        ground = Style(bgcolor=self.style_of("cursor").bgcolor)
        return Strip(Segment.apply_style(strip, post_style=ground), strip.cell_length)

    def key_at(self, step: int) -> str | None:
        """Of the engine so many rows below the selected one, within the table."""
        if not self.engines:
            return None
        return self.engines[max(0, min(len(self.engines) - 1, self._at + step))][0]

    @property
    def page(self) -> int:
        """Rows of a page, less one to keep the eye's place."""
        return max(1, self.size.height - 2)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row; take it with the second click."""
        _, shown = self._window()
        if not 1 <= event.y <= len(shown):
            return
        key = shown[event.y - 1][0]
        self.post_message(self.Chosen(key) if event.chain > 1 else self.Selected(key))

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the selection."""
        self.post_message(self.Stepped(1))

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the selection."""
        self.post_message(self.Stepped(-1))

    @property
    def _at(self) -> int:
        keys = [key for key, _ in self.engines]
        return keys.index(self.selected) if self.selected in keys else 0

    def _window(self) -> tuple[int, tuple[tuple[str, Cells], ...]]:
        """Index of the first row shown, and the rows; all before the height is known."""
        room = max(1, self.size.height - 1) if self.size.height else len(self.engines)
        first = max(0, min(self._at - room // 2, len(self.engines) - room))
        return first, self.engines[first : first + room]
