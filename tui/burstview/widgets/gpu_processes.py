"""Who is on the GPUs: a window of processes around the selected one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from burstview.draw.process_rows import Order, ProcessLine, process_rows
from burstview.draw.runs import Run, fit
from burstview.widgets.gpu_rows import GpuRows
from burstview.widgets.rows import Row


class GpuProcesses(GpuRows, can_focus=True):
    """The selected one is pointed at while the keys are the table's."""

    @dataclass
    class Selected(Message):
        """Another process shall be selected: its place in the list."""

        at: int

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[ProcessLine] = ()
        self._selected: int | None = None
        self._order: Order = "Memory"
        self._empty = ""

    def show(
        self,
        lines: Sequence[ProcessLine],
        selected: int | None,
        order: Order,
        empty: str,
    ) -> None:
        """Draw what changed; `empty` is said where there are none."""
        self._lines, self._selected, self._order, self._empty = lines, selected, order, empty
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """The headings, and as many processes as there is room for."""
        if not self._lines:
            return (fit((Run(f"  {self._empty}", "word"),), width),)
        first, shown = self._window()
        which = ""
        if len(shown) < len(self._lines):
            which = f"{first + 1}–{first + len(shown)} of {len(self._lines)} "
        at = None if self._selected is None else self._selected - first
        return process_rows(shown, at, width, self._order, which)

    @property
    def page(self) -> int:
        """Processes in sight, less one to keep the eye's place."""
        return max(1, self.size.height - 2)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked one."""
        at = event.y - 1 + self._window()[0]
        if event.y and 0 <= at < len(self._lines):
            self.post_message(self.Selected(at))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next one."""
        self._step(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The one before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        at = (self._selected or 0) + step
        if 0 <= at < len(self._lines):
            self.post_message(self.Selected(at))

    def _window(self) -> tuple[int, Sequence[ProcessLine]]:
        room = max(1, self.size.height - 1) if self.size.height else len(self._lines)
        at = self._selected or 0
        first = max(0, min(at - room // 2, len(self._lines) - room))
        return first, self._lines[first : first + room]
