"""The columns of the table of engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burstview.draw.columns import Cells, Column, Widths, head, row, widths
from burstview.draw.runs import Run, fit

COLUMNS = (
    Column("Name", 0, 20, 30),
    Column("Engine", 7, 9, 9),
    Column("Model", 10, 16, 40),
    Column("Status", 1, 11, 11),
    Column("Owner", 2, 7, 12),
    Column("Port", 3, 10, 22),
    Column("GPUs", 8, 4, 10),
    Column("CPU", 5, 5, 5, True),
    Column("Memory", 6, 13, 15, True),
    Column("Up", 9, 9, 9, True),
    Column("Note", 4, 22, 60),
)
"""From left to right; where there is no room, high ranks go first."""
_NARROW_RANKS: Mapping[str, int] = {"CPU": 4, "Memory": 5, "Note": 11}
"""On a narrow screen the panel tells the note; use does not wait for it."""
_NARROW = 100
_MARGIN = 2


def columns_for(width: int) -> tuple[Column, ...]:
    """In the order of the screen, ranked for its width."""
    if width >= _NARROW:
        return COLUMNS
    return tuple(
        column._replace(rank=_NARROW_RANKS.get(column.name, column.rank)) for column in COLUMNS
    )


def layout(rows: Sequence[Cells], width: int) -> Widths:
    """Which columns have room and how much."""
    return widths(columns_for(width), rows, width - _MARGIN)


def head_row(chosen: Widths, width: int, which: str = "") -> tuple[Run, ...]:
    """The headings; `which` stands beside the first: `Name 16–30 of 40`."""
    return fit((Run(" " * _MARGIN), *head(chosen, which=which)), width)


def body_row(cells: Cells, chosen: Widths, width: int, *, is_selected: bool) -> tuple[Run, ...]:
    """One engine; the selected one is pointed at."""
    pointer = Run("▸ ", "pointer") if is_selected else Run("  ")
    return fit((pointer, *row(cells, chosen)), width)
