"""An Ollama's models as a table: size, format, whether loaded, where, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

from burstview.draw.columns import Cells, Column, Widths, row, widths
from burstview.draw.runs import Run, fit

COLUMNS = (
    Column("", 0, 1, 1),
    Column("model", 1, 12, 48),
    Column("size", 4, 8, 9, is_right=True),
    Column("format", 5, 6, 10),
    Column("parameters", 7, 10, 10, is_right=True),
    Column("memory", 2, 10, 24),
    Column("where", 3, 15, 18),
    Column("unloads", 6, 11, 14),
)
GAP = 2


def table(models: Sequence[Cells], width: int) -> Widths:
    """The columns that have room."""
    return widths(COLUMNS, models, width, GAP)


def head_row(chosen: Widths, width: int) -> tuple[Run, ...]:
    """The headings."""
    names = {column.name: (Run(column.name, "head"),) for column, _ in chosen}
    return fit(row(names, chosen, GAP), width)


def body_row(model: Cells, chosen: Widths, width: int) -> tuple[Run, ...]:
    """One model."""
    return fit(row(model, chosen, GAP), width)
