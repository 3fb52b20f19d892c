"""All histories of the selected GPU on one time axis, or one of them as large as there is room."""

from __future__ import annotations

from collections.abc import Sequence

from burstview.draw.histories import (
    History,
    Times,
    chart_cells,
    grid_rows,
    large_cells,
    large_rows,
)
from burstview.widgets.gpu_rows import GpuRows
from burstview.widgets.rows import Row

_NOTHING = Times(1.0, (), "")


class GpuHistories(GpuRows):
    """Fixed scales; nothing moves but by whole columns."""

    def __init__(self) -> None:
        super().__init__()
        self._histories: Sequence[History] = ()
        self._selected = 0
        self._times = _NOTHING
        self._is_large = False

    def cells(self, metrics: int, height: int, *, is_large: bool) -> int:
        """Columns of time that are in sight in that height."""
        width = self.size.width
        return large_cells(width) if is_large else chart_cells(width, metrics, height)

    def show(
        self, histories: Sequence[History], selected: int, times: Times, *, is_large: bool
    ) -> None:
        """Draw what changed."""
        self._histories, self._selected = histories, selected
        self._times, self._is_large = times, is_large
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """As high as the screen says."""
        height = self.size.height
        if not self._histories or height < 1:
            return ()
        if self._is_large:
            return large_rows(self._histories[self._selected], self._times, width, height)
        return grid_rows(self._histories, self._selected, self._times, width, height)
