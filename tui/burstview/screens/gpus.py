"""The GPUs of this machine: nvidia-smi's table, the selected one's past, and who is on them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Footer

from burstview import gpu_panel as panel
from burstview import gpu_words as words
from burstview.draw.gpu_facts import Entry, grid_height
from burstview.draw.gpu_layout import Heights, Wanted, alone, heights
from burstview.draw.gpu_rows import TALL_CELLS
from burstview.draw.histories import Times, columns_in
from burstview.draw.host_rows import host_rows
from burstview.gpu_curves import Curves, column_of
from burstview.gpu_keys import GPUS
from burstview.gpu_metrics import metrics_of
from burstview.gpu_shown import OwnedProcess, ShownGpu, gpus_of
from burstview.screens.gpu_choosing import GpuChoosingScreen
from burstview.screens.live import Clock
from burstview.widgets.gpu_facts import GpuFigures
from burstview.widgets.gpu_histories import GpuHistories
from burstview.widgets.gpu_processes import GpuProcesses
from burstview.widgets.gpu_table import GpuTable
from burstview.widgets.head import Head
from burstview.widgets.host_panel import HostPanel
from burstview.widgets.words import Paragraph
from burstview_engines.core.text import one_line
from burstview_engines.core.views import Snapshot
from burstview_engines.source import Session

READABLE = 0.24
"""Seconds for which figures stand at least: numbers that change faster cannot be read."""
MOST_SKIPPED = 2
"""Frames that are left out at most, where time stands still: at a recording's end."""
MOST_SENTENCE_ROWS = 3
NO_PROCESS = "No process is on a GPU."
NO_PROCESSES = "Which processes are on a GPU only its driver tells."


class GpusScreen(GpuChoosingScreen):
    """Drawn when a sample came or the time went on by a column."""

    BINDINGS: ClassVar[list[BindingType]] = list(GPUS)

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__(session, clock)
        self._curves: Curves | None = None
        self._drawn: tuple[object, ...] = ()
        self._drawn_at = -READABLE
        self._skipped = 0
        self._burst: tuple[tuple[object, ...], str] = ((), "")

    def compose(self) -> ComposeResult:
        """From what is looked at first to what is looked up last."""
        yield Head()
        yield Paragraph(id="gpu-sentence")
        yield GpuTable()
        yield GpuFigures()
        yield GpuHistories()
        yield HostPanel()
        yield GpuProcesses()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The arrows choose a GPU at once."""
        self.query_one(GpuTable).focus()

    @on(events.Resize)
    def fit(self) -> None:
        """All parts have other heights."""
        self.call_after_refresh(self.draw)

    @on(events.DescendantFocus)
    def take_focus(self) -> None:
        """The figures are those of what the keys choose."""
        self.draw()

    # drawing

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """While frozen, the held picture stays; only its age changes."""
        if self.frozen_at is not None:
            self._draw_head()
            self._drawn = self._moment()
            return
        self.last = snapshot
        is_soon = 0 <= snapshot.now - self._drawn_at < READABLE
        self._skipped = self._skipped + 1 if is_soon and self._skipped < MOST_SKIPPED else 0
        if not self._skipped:
            self.draw()

    @property
    def is_moving(self) -> bool:
        """Time goes on in columns, ages in seconds, and lists change without a sample."""
        return bool(self._skipped) or self._moment() != self._drawn

    def _moment(self) -> tuple[object, ...]:
        if self.frozen_at is not None:
            return (int(self.clock() - self.frozen_at),)
        now = self.session.snapshot()
        return (
            column_of(now.now, self.step),
            int(now.now) if self._has_trouble(now) else 0,
            id(now.gpu_facts),
            id(now.gpu_processes),
        )

    @staticmethod
    def _has_trouble(snapshot: Snapshot) -> bool:
        return any(one.gpu.state != "ok" for one in gpus_of(snapshot))

    def draw(self) -> None:
        """From the newest snapshot, or from the held one while frozen."""
        if not self.can_draw:
            return
        shown = gpus_of(self.last)
        at = self.place_of_gpu(shown)
        processes = self.processes()
        self._draw_head()
        self._draw_sentence(shown[at] if shown else None)
        entries, line = self._figures(shown, at, processes)
        high = self._lay_out(shown, at, processes, entries, line)
        clock = words.wall_clock(self.fold.started)
        lines = panel.lines_of(shown, self.last, clock)
        self.query_one(GpuTable).show(lines, at, is_tall=high.is_tall)
        self.query_one(GpuFigures).show(line, entries)
        if shown:
            gpu = words.believed_gpu(shown[at].gpu, shown[at].at, self.last.runs)
            self._draw_histories(shown[at]._replace(gpu=gpu), high.histories)
        self.query_one(HostPanel).show(self.last.host)
        self._draw_processes(processes)
        self._drawn, self._drawn_at, self._skipped = self._moment(), self.last.now, 0

    def _draw_head(self) -> None:
        head = self.query_one(Head)
        head.words = "GPUs"
        marks = ["RECORDING"] if self.session.is_recording else []
        if self.frozen_at is not None:
            marks.append(f"FROZEN {int(self.clock() - self.frozen_at)} s ago · space goes on")
        head.mark = " · ".join(marks)
        head.where = panel.where(self.last, self.fold.started)

    def _draw_sentence(self, selected: ShownGpu | None) -> None:
        sentence = self._sentence(selected)
        line = self.query_one("#gpu-sentence", Paragraph)
        line.said = ((sentence, "bold $warning"),) if sentence else ()
        lines = wrap(sentence, max(1, self.size.width - 2))
        line.styles.height = min(MOST_SENTENCE_ROWS, len(lines))

    def _sentence(self, selected: ShownGpu | None) -> str:
        """What is wrong, the selected GPU first."""
        if selected is not None:
            clock = words.wall_clock(self.fold.started)
            state = words.state_sentence(selected, self.last.now, clock)
            if state:
                return state
        problems = (
            self.last.gpu.problem if self.last.gpu is not None else None,
            self.last.gpu_processes.problem if self.last.gpu_processes is not None else None,
        )
        if not any(problems) and selected is None:
            return "The GPUs were not looked at yet."
        return one_line(" ".join(problem for problem in problems if problem))

    def _figures(
        self, shown: Sequence[ShownGpu], at: int, processes: Sequence[OwnedProcess]
    ) -> tuple[list[Entry], str]:
        """Of the process that the keys choose, else of the GPU; and the line about the burst."""
        if not shown:
            return [], ""
        line = self._burst_line(shown[at])
        chosen = self.place_of_process(processes)
        if chosen is not None:
            return panel.figures_of_process(processes[chosen]), line
        return panel.figures_of_gpu(shown[at], self.last.gpu_facts), line

    def _burst_line(self, shown: ShownGpu) -> str:
        """Worked out anew only while samples of the burst may still come."""
        run = panel.last_burst(shown, self.last)
        if run is None:
            return ""
        ended = run.ended if run.ended is not None else self.last.now
        cause = (run.run, shown.key, min(shown.at, ended + 2 * panel.AFTER))
        if cause != self._burst[0]:
            self._burst = (cause, panel.burst_words(run, shown, self.fold.history))
        return self._burst[1]

    def _draw_histories(self, shown: ShownGpu, height: int) -> None:
        series = self.fold.history.simulated_gpus if shown.is_simulated else self.fold.history.gpus
        curves = self._curves
        if curves is None or curves.key != shown.key or curves.step != self.step:
            curves = self._curves = Curves(shown.key, self.step)
        curves.take(series, self.last.now, self.last.runs)
        metrics = metrics_of(shown.gpu, shown.facts)
        self.metric = min(self.metric, len(metrics) - 1)
        is_large = self.part == "history"
        widget = self.query_one(GpuHistories)
        count = widget.cells(len(metrics), height, is_large=is_large)
        last = column_of(self.last.now, self.step)
        histories = [panel.history_of(one, shown, curves, last, count) for one in metrics]
        end = "now"
        if self.frozen_at is not None:
            end = words.wall_clock(self.fold.started)(self.last.now)
        times = Times(self.step, panel.marks_of(self.last, shown, self.step), end)
        widget.show(histories, self.metric, times, is_large=is_large)

    def _draw_processes(self, processes: Sequence[OwnedProcess]) -> None:
        seen = self.last.gpu_processes
        empty = NO_PROCESS if seen is not None else NO_PROCESSES
        if seen is not None and seen.problem and not seen.processes:
            empty = one_line(seen.problem)
        lines = [panel.process_line(one) for one in processes]
        chosen = self.place_of_process(processes)
        self.query_one(GpuProcesses).show(lines, chosen, self.order, empty)

    # layout

    def _lay_out(
        self,
        shown: Sequence[ShownGpu],
        at: int,
        processes: Sequence[OwnedProcess],
        entries: Sequence[Entry],
        line: str,
    ) -> Heights:
        width, height = self.size.width, self.size.height - 2
        sentence = self.query_one("#gpu-sentence", Paragraph).styles.height
        height -= int(sentence.value) if sentence is not None else 0
        metrics = len(metrics_of(shown[at].gpu, shown[at].facts)) if shown else 0
        needed = grid_height(entries, width) + bool(line)
        wanted = Wanted(
            gpus=len(shown),
            facts=needed,
            charts=-(-metrics // columns_in(width, metrics)) if metrics else 0,
            host=len(host_rows(self.last.host, width)),
            processes=len(processes),
        )
        high = heights(height, width, wanted, TALL_CELLS)
        if shown and self.part != "all":
            high = alone(high, height, needed if self.part == "details" else 0)
        self._set_heights(high)
        return high

    def _set_heights(self, high: Heights) -> None:
        parts: tuple[tuple[type[Widget], int], ...] = (
            (GpuTable, high.table),
            (GpuFigures, high.facts),
            (GpuHistories, high.histories),
            (HostPanel, high.host),
            (GpuProcesses, high.processes),
        )
        for part, rows in parts:
            widget = self.query_one(part)
            widget.display = rows > 0
            widget.styles.height = rows
