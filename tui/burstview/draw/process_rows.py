"""The processes on the GPUs: those of engines known here, and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from burstview import format as say
from burstview.draw.columns import Cells, Column, head, row, widths
from burstview.draw.runs import Run, fit
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.core.text import one_line

Order = Literal["Memory", "SM", "CPU", "GPU", "PID"]
ORDERS: tuple[Order, ...] = ("Memory", "SM", "CPU", "GPU", "PID")
OWN, OTHER = "●", "○"
_MARGIN = 4
_SHORT_ID = 12

COLUMNS = (
    Column("GPU", 2, 5, 5, True),
    Column("PID", 1, 7, 8, True),
    Column("User", 6, 6, 12),
    Column("Type", 8, 4, 4),
    Column("Memory", 3, 12, 12, True),
    Column("SM", 5, 5, 5, True),
    Column("CPU", 7, 6, 6, True),
    Column("Busiest thread", 9, 14, 14, True),
    Column("Backend", 0, 12, 26),
    Column("Command", 4, 14, 80),
    Column("Container", 10, 12, 12),
)
"""From left to right; where there is no room, high ranks go first."""


class ProcessLine(NamedTuple):
    """What the table says of one process."""

    process: GpuProcess
    backend: str = ""
    """Of the engine that it belongs to; empty: of none that is known here."""


def process_rows(
    lines: Sequence[ProcessLine],
    selected: int | None,
    width: int,
    order: Order,
    which: str = "",
) -> list[tuple[Run, ...]]:
    """The headings, the sorted one marked, and a row each; `●` is an engine's, `○` another's."""
    sorted_name = f"{order}▾"
    columns = [
        column._replace(name=sorted_name, least=max(column.least, len(sorted_name)))
        if column.name == order
        else column
        for column in COLUMNS
    ]
    cells = [_renamed(_cells(line), order, sorted_name) for line in lines]
    chosen = widths(columns, cells, width - _MARGIN - (len(which) + 1 if which else 0))
    top = fit((Run(" " * _MARGIN), *head(chosen)), width - len(which))
    rows = [(*top, Run(which, "head"))] if which else [top]
    for number, (line, of_one) in enumerate(zip(lines, cells, strict=True)):
        pointer = Run("▸ ", "pointer") if number == selected else Run("  ")
        mark = Run(f"{OWN} ", "own") if line.backend else Run(f"{OTHER} ", "other")
        rows.append(fit((pointer, mark, *row(of_one, chosen)), width))
    return rows


def in_order(lines: Sequence[ProcessLine], order: Order) -> list[ProcessLine]:
    """The most first, unknown last; by GPU and pid the lowest first."""

    def key(line: ProcessLine) -> tuple[float, int, int]:
        process = line.process
        match order:
            case "Memory":
                most: float | None = process.memory_bytes
            case "SM":
                most = process.sm_percent
            case "CPU":
                most = process.cpu_percent
            case "GPU":
                most = -process.gpu
            case "PID":
                most = -process.pid
        return (float("inf") if most is None else -most, process.gpu, process.pid)

    return sorted(lines, key=key)


def _renamed(cells: Cells, name: str, new: str) -> Cells:
    return {(new if each == name else each): runs for each, runs in cells.items()}


def _cells(line: ProcessLine) -> Cells:
    process = line.process
    instance = "" if process.mig_instance is None else f"/{process.mig_instance}"
    backend = line.backend or "other"
    return {
        "GPU": (Run(f"{process.gpu}{instance}"),),
        "PID": (Run(str(process.pid), "name"),),
        "User": (Run(one_line(process.user or say.UNKNOWN, 20)),),
        "Type": (Run(one_line(process.kind, 4)),),
        "Memory": (Run(_mib(process.memory_bytes), "value"),),
        "SM": (Run(say.percent(process.sm_percent), "value"),),
        "CPU": (Run(say.percent(process.cpu_percent), "value"),),
        "Busiest thread": (Run(say.percent(process.busiest_thread_percent), "value"),),
        "Backend": (Run(one_line(backend, 40), "own" if line.backend else "other"),),
        "Command": (Run(one_line(process.command or say.UNKNOWN, 200)),),
        "Container": (Run(one_line(process.container or say.UNKNOWN)[:_SHORT_ID]),),
    }


def _mib(size: int | None) -> str:
    return say.UNKNOWN if size is None else f"{round(size / (1 << 20)):,} MiB"
