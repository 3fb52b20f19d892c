"""Values over time on a fixed scale, in blocks; bursts and seconds below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from burstview.draw.runs import Run, clip, fit

_LEVELS = " ▁▂▃▄▅▆▇█"
_MANY_TICKS = 36
_LEAST_LABEL = 4
Values = Sequence[float | None]
"""One for each cell, the oldest first; None is a gap."""


class Mark(NamedTuple):
    """A burst: columns from `first` to `last`, and who it was."""

    first: int
    last: int
    label: str


def chart_rows(values: Values, ceiling: float, height: int) -> list[str]:
    """Rows from top to bottom; zero is the lowest block, unknown is blank."""
    eighths = [_eighths(value, ceiling, height) for value in values]
    return [
        "".join(_LEVELS[min(8, max(0, filled - 8 * row))] for filled in eighths)
        for row in reversed(range(height))
    ]


def marks_row(marks: Sequence[Mark], width: int) -> tuple[Run, ...]:
    """`━━vLLM 16━━` where a burst was; its name beside it where it is shorter than that."""
    cells = [" "] * width
    for mark in marks:
        for at in range(max(0, mark.first), min(width, mark.last + 1)):
            cells[at] = "━"
    for number, mark in enumerate(marks):
        after = marks[number + 1].first if number + 1 < len(marks) else width
        _write(cells, mark, min(after, width))
    return fit((Run("".join(cells), "mark"),), width)


def axis_row(width: int, step: float, end: str) -> tuple[Run, ...]:
    """`−60 s       −30 s      now`: seconds before the right edge, which `end` names."""
    cells = [" "] * width
    taken = width - cell_len(end)
    _put(cells, taken, end)
    for part in (1, 2, 3, 4) if width >= _MANY_TICKS else (2, 4):
        at = width - 1 - round((width - 1) * part / 4)
        word = f"−{_span((width - 1 - at) * step)}"
        if at + cell_len(word) < taken:
            _put(cells, at, word)
            taken = at
    return fit((Run("".join(cells), "axis"),), width)


def beside(blocks: Sequence[Sequence[tuple[Run, ...]]], gap: int) -> list[tuple[Run, ...]]:
    """Blocks of equally many rows, from left to right."""
    rows = []
    for parts in zip(*blocks, strict=True):
        runs: list[Run] = []
        for number, part in enumerate(parts):
            runs += [Run(" " * gap)] if number else []
            runs += part
        rows.append(tuple(runs))
    return rows


def _eighths(value: float | None, ceiling: float, height: int) -> int:
    if value is None or ceiling <= 0:
        return 0
    return max(1, min(8 * height, round(8 * height * value / ceiling)))


def _write(cells: list[str], mark: Mark, end: int) -> None:
    """Inside the mark if it is long enough, else right of it as far as that is free."""
    first, last = max(0, mark.first), min(len(cells) - 1, mark.last)
    if last < first:
        return
    if last - first + 1 >= cell_len(mark.label) + 2:
        _put(cells, first + 1, mark.label)
    elif end - last - 1 >= _LEAST_LABEL:
        _put(cells, last + 1, clip(mark.label, end - last - 1))
    elif last - first - 1 >= _LEAST_LABEL:
        _put(cells, first + 1, clip(mark.label, last - first - 1))


def _put(cells: list[str], at: int, text: str) -> None:
    for number, character in enumerate(clip(text, len(cells))):
        if 0 <= at + number < len(cells):
            cells[at + number] = character


def _span(seconds: float) -> str:
    """`6 s`, `1 m 30 s`, `20 m`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} m {rest:02d} s" if rest else f"{minutes} m"
