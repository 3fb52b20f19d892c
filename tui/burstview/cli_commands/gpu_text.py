"""GPUs, processes and the machine as lines of text: what the screen shows, without it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from burstview import gpu_panel as panel
from burstview import gpu_words as words
from burstview.draw.gpu_facts import grid_rows
from burstview.draw.gpu_rows import TALL_CELLS, flat_rows, tall_rows
from burstview.draw.host_rows import host_rows
from burstview.draw.process_rows import in_order, process_rows
from burstview.draw.runs import Run, plain
from burstview.gpu_shown import ShownGpu, gpus_of, processes_of
from burstview_engines.core.events import SessionStarted
from burstview_engines.core.text import one_line
from burstview_engines.core.views import Snapshot

MOST_TALL = 8
"""GPUs that get two rows each."""


def gpu_lines(snapshot: Snapshot, started: SessionStarted | None, width: int) -> list[str]:
    """One look: where and when, the table, all figures, the processes, the machine."""
    shown = gpus_of(snapshot)
    clock = words.wall_clock(started)
    lines = [f"{clock(snapshot.now)} · {panel.where(snapshot, started)}".rstrip(" ·")]
    if shown:
        lines += ["", *_table(shown, snapshot, clock, width)]
        for one in shown:
            lines += ["", *_figures(one, snapshot, clock, width)]
        lines += ["", *_processes(snapshot, width)]
    return [*lines, "", *_texts(host_rows(snapshot.host, width))]


def _table(
    shown: Sequence[ShownGpu], snapshot: Snapshot, clock: words.Clock, width: int
) -> list[str]:
    lines = panel.lines_of(shown, snapshot, clock)
    if width >= TALL_CELLS and len(shown) <= MOST_TALL:
        return _texts(tall_rows(lines, -1, width))
    return _texts(flat_rows(lines, -1, width))


def _figures(one: ShownGpu, snapshot: Snapshot, clock: words.Clock, width: int) -> list[str]:
    name = f" GPU {one.gpu.index}"
    state = words.state_sentence(one, snapshot.now, clock)
    head = f"{name}: {state}" if state else name
    entries = panel.figures_of_gpu(one, snapshot.gpu_facts)
    return [head, *_texts(grid_rows(entries, width))]


def _processes(snapshot: Snapshot, width: int) -> list[str]:
    seen = snapshot.gpu_processes
    if seen is None:
        return [" The processes are not known."]
    lines = in_order([panel.process_line(one) for one in processes_of(snapshot)], "Memory")
    rows = _texts(process_rows(lines, None, width, "Memory")) if lines else []
    problem = [f" {one_line(seen.problem)}"] if seen.problem else []
    return [*rows, *problem] or [" No process is on a GPU."]


def _texts(rows: Sequence[tuple[Run, ...]]) -> list[str]:
    return [plain(row).rstrip() for row in rows]


def wall_stamp(wall: float) -> str:
    """RFC 3339, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall))
