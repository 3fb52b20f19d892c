"""Choosing on the GPU screen: a GPU, a process, a history, and how all is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual import on

from burstview.draw.process_rows import ORDERS, Order, in_order
from burstview.gpu_curves import step_beside
from burstview.gpu_metrics import metrics_of
from burstview.gpu_panel import process_line
from burstview.gpu_shown import (
    Key,
    OwnedProcess,
    ProcessKey,
    ShownGpu,
    gpus_of,
    process_key,
    processes_of,
)
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.gpu_processes import GpuProcesses
from burstview.widgets.gpu_table import GpuTable
from burstview_engines.source import Session

Part = Literal["all", "history", "details"]
"""What has the screen to itself."""
FIRST_STEP = 0.5
"""Seconds a column at first."""


class GpuChoosingScreen(LiveScreen):
    """What is chosen, and the keys that change it; drawing is a subclass's."""

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__(session.fold, clock, session.snapshot())
        self.session = session
        self.part: Part = "all"
        self.order: Order = "Memory"
        self.step = FIRST_STEP
        self.metric = 0
        """Place of the chosen history."""
        self.frozen_at: float | None = None
        """The viewer's second at which the picture was held."""
        self._gpu: Key | None = None
        self._process: ProcessKey | None = None

    @property
    def has_processes_focus(self) -> bool:
        """Whether the keys choose among the processes."""
        return self.query_one(GpuProcesses).has_focus

    def place_of_gpu(self, shown: Sequence[ShownGpu]) -> int:
        """Of the chosen GPU; one that is gone gives its place to the first."""
        keys = [one.key for one in shown]
        at = keys.index(self._gpu) if self._gpu in keys else 0
        self._gpu = keys[at] if keys else None
        return at

    def processes(self) -> list[OwnedProcess]:
        """In the chosen order."""
        owned = {process_line(one): one for one in processes_of(self.last)}
        return [owned[line] for line in in_order(list(owned), self.order)]

    def place_of_process(self, processes: Sequence[OwnedProcess]) -> int | None:
        """Of the chosen process, while the keys are the processes'."""
        if not processes or not self.has_processes_focus:
            return None
        keys = [process_key(one.process) for one in processes]
        return keys.index(self._process) if self._process in keys else 0

    def action_choose(self, step: int) -> None:
        """Another GPU, or another process where the keys are the processes'."""
        if self.has_processes_focus:
            processes = self.processes()
            at = self.place_of_process(processes)
            if at is not None:
                self._choose_process(processes, at + step)
            return
        shown = gpus_of(self.last)
        if shown:
            self._choose_gpu(shown, self.place_of_gpu(shown) + step)

    def action_choose_page(self, pages: int) -> None:
        """A page further."""
        table = self.query_one(GpuTable)
        rows = self.query_one(GpuProcesses)
        self.action_choose(pages * (rows.page if rows.has_focus else table.page))

    @on(GpuTable.Selected)
    def take_gpu(self, message: GpuTable.Selected) -> None:
        """A click or the wheel."""
        self._choose_gpu(gpus_of(self.last), message.at)

    @on(GpuProcesses.Selected)
    def take_process(self, message: GpuProcesses.Selected) -> None:
        """A click or the wheel."""
        self._choose_process(self.processes(), message.at)

    def _choose_gpu(self, shown: Sequence[ShownGpu], at: int) -> None:
        self._gpu = shown[max(0, min(len(shown) - 1, at))].key
        self.draw()

    def _choose_process(self, processes: Sequence[OwnedProcess], at: int) -> None:
        self._process = process_key(processes[max(0, min(len(processes) - 1, at))].process)
        self.draw()

    def action_metric(self, step: int) -> None:
        """Another history."""
        shown = gpus_of(self.last)
        if shown:
            one = shown[self.place_of_gpu(shown)]
            self.metric = (self.metric + step) % len(metrics_of(one.gpu, one.facts))
            self.draw()

    def action_zoom(self, direction: int) -> None:
        """More or fewer seconds a column."""
        self.step = step_beside(self.step, direction)
        self.draw()

    def action_sort(self) -> None:
        """By the next column."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.draw()

    def action_enlarge(self) -> None:
        """One history alone, or all parts."""
        self._show_part("history")

    def action_details(self) -> None:
        """All figures, or all parts."""
        self._show_part("details")

    def _show_part(self, part: Part) -> None:
        self.part = "all" if self.part == part else part
        self.draw()
        self.call_after_refresh(self.draw)

    def action_freeze(self) -> None:
        """Hold the picture, or go on."""
        self.frozen_at = self.clock() if self.frozen_at is None else None
        self.show_snapshot(self.session.snapshot())
        self.draw()

    def action_back(self) -> None:
        """All parts again, or the main screen."""
        if self.part != "all":
            self._show_part("all")
        else:
            self.app.pop_screen()
