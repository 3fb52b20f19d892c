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
from textual.timer import Timer
from textual.widget import Widget

from burstview.draw import gauge_grid as many
from burstview.draw import gauge_rows as draw
from burstview.draw.gauge_rows import NOTHING, Extras
from burstview.draw.runs import Run
from burstview.gpu_shown import Key, key_of
from burstview_engines.core.events import GpuSampled, HostSampled
from burstview_engines.core.gpu import Gpu

Row = tuple[Run, ...]
_KEPT_CELLS = 64
_READABLE = 0.24
"""Seconds for which figures stand at least: numbers that change faster cannot be read."""
_CELL_SECONDS = 0.5
"""Seconds a cell of a history, however often is looked."""
_MOST_LABEL_CELLS = 28
_HOST: Key = ("host", -1)


class Past:
    """The highest value of each cell's time, so that frequent looks move nothing faster."""

    def __init__(self) -> None:
        self.cells: deque[float | None] = deque(maxlen=_KEPT_CELLS)
        self._newest: int | None = None

    def take(self, at: float, value: float | None) -> None:
        """A value of second `at`."""
        cell = int(at / _CELL_SECONDS)
        if cell != self._newest or not self.cells:
            self._newest = cell
            self.cells.append(value)
            return
        known = self.cells[-1]
        self.cells[-1] = value if known is None else max(known, value or 0.0)


class Gauges(Widget):
    """Rows in order of use: real GPUs, simulated ones, the machine, and why a GPU is missing.

    Where simulated GPUs are shown, a missing real one is not worth a row. Where there is no room
    for a row each, several real GPUs share one; where there still are too many, the first are
    shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gauges--label",
        "gauges--simulated",
        "gauges--word",
        "gauges--spark",
        "gauges--value",
        "gauges--problem",
        "gauges--owner",
        "gauges--bad",
        "gauges--old",
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
        & > .gauges--owner { color: $foreground 80%; }
        & > .gauges--bad { color: $error; text-style: bold; }
        & > .gauges--old { color: $foreground 50%; text-style: dim; }
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
    extras: reactive[dict[Key, Extras]] = reactive[dict[Key, Extras]]({}, init=False, repaint=False)
    """What is known besides of some of the GPUs."""
    room: reactive[int] = reactive(4, init=False, repaint=False)
    """Rows that there are for it."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        self._history: dict[Key, Past] = {}
        self._rows: list[Row] = []
        self._kinds: dict[str, Style] = {}
        self._drawn_at = -_READABLE
        self._later: Timer | None = None
        super().__init__(id=id, classes=classes)

    def watch_owners(self) -> None:
        """Draw what changed."""
        self._redraw()

    def watch_extras(self) -> None:
        """Draw what changed."""
        self._redraw()

    def watch_room(self) -> None:
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
            self._remember(_HOST, sample.at, sample.cpu_percent)
            self._redraw_soon(sample.at)

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
        if sample is None:
            self._redraw()
            return
        for gpu in sample.gpus:
            value = gpu.utilisation if gpu.state == "ok" else None
            self._remember(key_of(gpu), sample.at, value)
        self._redraw_soon(sample.at)

    def _remember(self, key: Key, at: float, value: float | None) -> None:
        self._history.setdefault(key, Past()).take(at, value)

    def _redraw_soon(self, at: float) -> None:
        """Now, unless figures of right before have not stood long enough; then a little later."""
        if not self.is_attached or not 0 <= at - self._drawn_at < _READABLE:
            self._drawn_at = at
            self._redraw()
        elif self._later is None:
            self._later = self.set_timer(_READABLE, self._redraw)

    def _redraw(self) -> None:
        if self._later is not None:
            self._later.stop()
            self._later = None
        rows = self._picture_rows(self.size.width)
        if len(rows) != len(self._rows):
            self._rows = rows
            self.refresh(layout=True)
            return
        changed = [y for y, row in enumerate(rows) if row != self._rows[y]]
        self._rows = rows
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _picture_rows(self, width: int) -> list[Row]:
        real = [(gpu, False, "") for gpu in (self.gpu.gpus if self.gpu else ())]
        sample = self.simulated_gpu
        simulated = [(gpu, True, self._owner(gpu)) for gpu in (sample.gpus if sample else ())]
        is_crowd = len(real) > 1 and len(real) + len(simulated) + 1 > self.room
        alone = simulated if is_crowd else [*real, *simulated]
        labels = [cell_len(draw.gpu_label(*shown)) for shown in alone]
        cells = min(_MOST_LABEL_CELLS, max(labels, default=0))
        rows = self._crowd_rows([gpu for gpu, _, _ in real], width) if is_crowd else []
        rows += [self._row_of(*shown, width, cells) for shown in alone]
        rows.append(draw.host_row(self.host, self._past(_HOST), width, cells))
        if self.gpu is not None and self.gpu.problem and not simulated:
            rows.append(draw.problem_row(self.gpu.problem, width, cells))
        return rows

    def _row_of(self, gpu: Gpu, is_simulated: bool, owner: str, width: int, cells: int) -> Row:
        key = key_of(gpu)
        return draw.gpu_row(
            *(gpu, self._past(key), width),
            simulated=is_simulated,
            owner=owner,
            label_cells=cells,
            extras=self.extras.get(key, NOTHING),
        )

    def _crowd_rows(self, gpus: list[Gpu], width: int) -> list[Row]:
        """Several a row, or all in one."""
        states = [self.extras.get(key_of(gpu), NOTHING).state for gpu in gpus]
        if self.room < 2 or -(-len(gpus) // many.per_row(width)) > self.room - 1:
            return [many.summary_row(gpus, states, width)]
        pasts = [self._past(key_of(gpu)) for gpu in gpus]
        return many.grid_rows(gpus, pasts, states, width)

    def _owner(self, gpu: Gpu) -> str:
        return self.owners.get(gpu.backend, "") if gpu.backend is not None else ""

    def _past(self, key: Key) -> tuple[float | None, ...]:
        past = self._history.get(key)
        return tuple(past.cells) if past is not None else ()

    def _style(self, kind: str) -> Style:
        style = self._kinds.get(kind)
        if style is None:
            style = self.get_component_rich_style(f"gauges--{kind}") if kind else self.rich_style
            self._kinds[kind] = style
        return style
