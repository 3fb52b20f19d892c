"""Figures of the selected GPU, or of the selected process."""

from __future__ import annotations

from collections.abc import Sequence

from burstview.draw.gpu_facts import Entry, grid_rows
from burstview.draw.runs import Run, clip, fit
from burstview.widgets.gpu_rows import GpuRows
from burstview.widgets.rows import Row


class GpuFigures(GpuRows):
    """A line across, then a grid of names and values."""

    def __init__(self) -> None:
        super().__init__()
        self._line = ""
        self._entries: Sequence[Entry] = ()

    def show(self, line: str, entries: Sequence[Entry]) -> None:
        """Draw what changed; an empty line takes no room."""
        self._line, self._entries = line, entries
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """As many rows as there is room for."""
        room = self.size.height
        top: list[Row] = []
        if self._line and room:
            top = [fit((Run(" "), Run(clip(self._line, width - 2), "label")), width)]
        left = max(0, room - len(top))
        return [*top, *(grid_rows(self._entries, width, left) if left else ())]
