"""The machine beside its GPUs."""

from __future__ import annotations

from collections.abc import Sequence

from burstview.draw.host_rows import host_rows
from burstview.widgets.gpu_rows import GpuRows
from burstview.widgets.rows import Row
from burstview_engines.core.events import HostSampled


class HostPanel(GpuRows):
    """The cores first; what has no room is left out from below."""

    def __init__(self) -> None:
        super().__init__()
        self._host: HostSampled | None = None

    def show(self, host: HostSampled | None) -> None:
        """Draw what changed."""
        self._host = host
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """As many rows as there is room for."""
        return host_rows(self._host, width)[: self.size.height]
