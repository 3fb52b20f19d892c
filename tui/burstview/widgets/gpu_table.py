"""nvidia-smi's table, live: a window of GPUs around the selected one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from burstview.draw.gpu_rows import GpuLine, flat_rows, tall_rows
from burstview.widgets.gpu_rows import GpuRows
from burstview.widgets.rows import Row


class GpuTable(GpuRows, can_focus=True):
    """A click selects, the wheel moves on."""

    @dataclass
    class Selected(Message):
        """Another GPU shall be selected: its place in the list."""

        at: int

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[GpuLine, ...] = ()
        self._selected = 0
        self._is_tall = False

    def show(self, lines: tuple[GpuLine, ...], selected: int, *, is_tall: bool) -> None:
        """Draw what changed."""
        self._lines, self._selected, self._is_tall = lines, selected, is_tall
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """The headings, and as many GPUs as there is room for."""
        if self._is_tall:
            return tall_rows(self._lines, self._selected, width)
        first, shown = self._window()
        which = ""
        if len(shown) < len(self._lines):
            which = f"{first + 1}–{first + len(shown)} of {len(self._lines)}"
        return flat_rows(shown, self._selected - first, width, which)

    @property
    def page(self) -> int:
        """GPUs in sight, less one to keep the eye's place."""
        return max(1, len(self._window()[1]) - 1)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked one."""
        first, _ = self._window()
        at = (event.y - 2) // 2 if self._is_tall else event.y - 1 + first
        if 0 <= at < len(self._lines) and event.y:
            self.post_message(self.Selected(at))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next one."""
        self._step(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The one before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        at = self._selected + step
        if 0 <= at < len(self._lines):
            self.post_message(self.Selected(at))

    def _window(self) -> tuple[int, tuple[GpuLine, ...]]:
        room = max(1, self.size.height - 1) if self.size.height else len(self._lines)
        first = max(0, min(self._selected - room // 2, len(self._lines) - room))
        return first, self._lines[first : first + room]
