"""A row of gauges for each GPU, real or simulated, and one for the machine."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from burstview.draw import gauge_rows as draw
from burstview.draw.runs import Run
from burstview_engines.core.events import GpuSampled, HostSampled
from burstview_engines.core.gpu import Gpu

_KEPT_SAMPLES = 64
_MOST_LABEL_CELLS = 28


class Gauges(Widget):
    """Rows in order of use: real GPUs, simulated ones, the machine, and why a GPU is missing.

    Where simulated GPUs are shown, a missing real one is not worth a row. Where there is room for
    fewer rows, the first are shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gauges--label",
        "gauges--simulated",
        "gauges--word",
        "gauges--spark",
        "gauges--value",
        "gauges--problem",
    }
    DEFAULT_CSS = """
    Gauges {
        height: auto;
        background: $background;
        color: $foreground;
        & > .gauges--label { text-style: bold; }
        & > .gauges--simulated { color: $warning; text-style: bold; }
        & > .gauges--word { color: $foreground 60%; }
        & > .gauges--spark { color: $success; }
        & > .gauges--value { color: $foreground; }
        & > .gauges--problem { color: $foreground 70%; text-style: italic; }
    }
    """

    gpu: reactive[GpuSampled | None] = reactive[GpuSampled | None](None, init=False, repaint=False)
    """The newest look at real GPUs."""
    simulated_gpu: reactive[GpuSampled | None] = reactive[GpuSampled | None](
        None, init=False, repaint=False
    )
    """The newest look at simulated ones."""
    host: reactive[HostSampled | None] = reactive[HostSampled | None](
        None, init=False, repaint=False
    )
    """The newest look at the machine."""
    owners: reactive[dict[str, str]] = reactive[dict[str, str]]({}, init=False, repaint=False)
    """Backend key -> name: what a simulated GPU is called by."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        self._history: dict[str, deque[float | None]] = {}
        self._rows: list[tuple[Run, ...]] = []
        self._kinds: dict[str, Style] = {}
        super().__init__(id=id, classes=classes)

    def watch_owners(self) -> None:
        """Draw what changed."""
        self._redraw()

    def watch_gpu(self, sample: GpuSampled | None) -> None:
        """Take the sample into the history and draw what changed."""
        self._remember_gpus(sample)

    def watch_simulated_gpu(self, sample: GpuSampled | None) -> None:
        """Take the sample into the history and draw what changed."""
        self._remember_gpus(sample)

    def watch_host(self, sample: HostSampled | None) -> None:
        """Take the sample into the history and draw what changed."""
        if sample is not None:
            self._remember("host", sample.cpu_percent)
        self._redraw()

    def on_resize(self) -> None:
        """The rows are clipped anew."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Colours are read again when the theme changed."""
        super().notify_style_update()
        self._kinds.clear()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each row there is."""
        return max(1, len(self._picture_rows(width)))

    def render_line(self, y: int) -> Strip:
        """One row of gauges."""
        runs = self._rows[y] if y < len(self._rows) else ()
        segments = [Segment(text, self._style(kind)) for text, kind, _ in runs]
        return Strip(segments).adjust_cell_length(self.size.width, self._style(""))

    def _remember_gpus(self, sample: GpuSampled | None) -> None:
        for gpu in sample.gpus if sample is not None else ():
            self._remember(_key(gpu), gpu.utilisation)
        self._redraw()

    def _remember(self, key: str, value: float | None) -> None:
        self._history.setdefault(key, deque(maxlen=_KEPT_SAMPLES)).append(value)

    def _redraw(self) -> None:
        rows = self._picture_rows(self.size.width)
        if len(rows) != len(self._rows):
            self._rows = rows
            self.refresh(layout=True)
            return
        changed = [y for y, row in enumerate(rows) if row != self._rows[y]]
        self._rows = rows
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _picture_rows(self, width: int) -> list[tuple[Run, ...]]:
        real = [(gpu, False, "") for gpu in (self.gpu.gpus if self.gpu else ())]
        sample = self.simulated_gpu
        simulated = [(gpu, True, self._owner(gpu)) for gpu in (sample.gpus if sample else ())]
        labels = [cell_len(draw.gpu_label(*shown)) for shown in (*real, *simulated)]
        cells = min(_MOST_LABEL_CELLS, max(labels, default=0))
        rows = [
            draw.gpu_row(
                *(gpu, self._past(_key(gpu)), width),
                simulated=is_simulated,
                owner=owner,
                label_cells=cells,
            )
            for gpu, is_simulated, owner in (*real, *simulated)
        ]
        rows.append(draw.host_row(self.host, self._past("host"), width, cells))
        if self.gpu is not None and self.gpu.problem and not simulated:
            rows.append(draw.problem_row(self.gpu.problem, width, cells))
        return rows

    def _owner(self, gpu: Gpu) -> str:
        return self.owners.get(gpu.backend, "") if gpu.backend is not None else ""

    def _past(self, key: str) -> tuple[float | None, ...]:
        return tuple(self._history.get(key, ()))

    def _style(self, kind: str) -> Style:
        style = self._kinds.get(kind)
        if style is None:
            style = self.get_component_rich_style(f"gauges--{kind}") if kind else self.rich_style
            self._kinds[kind] = style
        return style


def _key(gpu: Gpu) -> str:
    return f"{gpu.backend or ''}/{gpu.index}"
