"""Columns of a table: which have room, how wide they are, and the rows in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from burstview.draw.runs import Run, clip, fit

Cells = Mapping[str, tuple[Run, ...]]
"""Column name -> what stands in a row's cell."""
Widths = tuple[tuple["Column", int], ...]
"""Chosen columns from left to right, with their cells."""


class Column(NamedTuple):
    """One column."""

    name: str
    """Also its heading."""
    rank: int
    """Where there is no room for all, the lowest ranks stay."""
    least: int
    most: int
    is_right: bool = False
    """Numbers stand at the right."""


def widths(columns: Sequence[Column], rows: Sequence[Cells], width: int, gap: int = 1) -> Widths:
    """Columns by rank as long as their least widths fit; what is left goes to them by rank."""
    chosen: list[Column] = []
    room = width + gap
    for column in sorted(columns, key=lambda column: column.rank):
        if column.least + gap > room:
            break
        chosen.append(column)
        room -= column.least + gap
    cells = {}
    for column in chosen:
        more = min(room, max(0, _natural(column, rows) - column.least))
        cells[column.name] = column.least + more
        room -= more
    return tuple((column, cells[column.name]) for column in columns if column in chosen)


def head(chosen: Widths, gap: int = 1, which: str = "") -> tuple[Run, ...]:
    """The headings; `which` rows are shown stands beside the first."""
    words = {column.name: column.name for column, _ in chosen}
    if chosen and which:
        words[chosen[0][0].name] += f" {which}"
    return row({name: (Run(text, "head"),) for name, text in words.items()}, chosen, gap)


def row(cells: Cells, chosen: Widths, gap: int = 1) -> tuple[Run, ...]:
    """One row; a cell that is too long is cut with an ellipsis."""
    runs: list[Run] = []
    for number, (column, width) in enumerate(chosen):
        runs += [Run(" " * gap)] if number else []
        runs += _cell(cells.get(column.name, ()), width, column.is_right)
    return tuple(runs)


def _natural(column: Column, rows: Sequence[Cells]) -> int:
    longest = max((_length(cells.get(column.name, ())) for cells in rows), default=0)
    return min(column.most, max(longest, len(column.name)))


def _cell(runs: tuple[Run, ...], width: int, is_right: bool) -> tuple[Run, ...]:
    length = _length(runs)
    if length > width and runs:
        rest = width - _length(runs[:-1])
        runs = (*runs[:-1], runs[-1]._replace(text=clip(runs[-1].text, rest)))
    if is_right and length < width:
        return fit((Run(" " * (width - length)), *runs), width)
    return fit(runs, width)


def _length(runs: Sequence[Run]) -> int:
    return sum(cell_len(run.text) for run in runs)
