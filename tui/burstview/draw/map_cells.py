"""Cells and lines that the maps of KV caches share. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from burstview.draw.runs import Run, clip, fit

Row = tuple[Run, ...]

FREE, TAKEN = "·", "█"
INDENT = 1
BAR_CELLS = 3
"""Below so many cells a bar says nothing."""


class Cell(NamedTuple):
    """A cell of the map: who holds it, or None of a free one."""

    symbol: str
    kind: str


def portion(part: float, whole: float, cells: int) -> int:
    """Anything above nothing is at least one cell; less than all never fills it."""
    if part <= 0:
        return 0
    return cells if part >= whole else max(1, min(cells - 1, round(cells * part / whole)))


def share(part: int, whole: int) -> str:
    """In percent, with a decimal near nothing and near all."""
    percent = 100 * part / whole
    return f"{percent:.1f}%" if 0 < percent < 9.95 or 90 < percent < 100 else f"{percent:.0f}%"


def runs_of(cells: Sequence[Cell]) -> list[Run]:
    """Neighbours of one kind as one run."""
    return [
        Run("".join(cell.symbol for cell in group), kind)
        for kind, group in groupby(cells, key=lambda cell: cell.kind)
    ]


def words_row(text: str, kind: str, width: int) -> Row:
    """A line of words, cut with an ellipsis."""
    return fit((Run(" " * INDENT), Run(clip(text, width - INDENT), kind)), width)
