"""What stands around a field's editor: its name before it, behind it its meaning or its error."""

from __future__ import annotations

from textwrap import wrap

from rich.cells import cell_len

from burstview.draw.runs import Run, clip, fit

Row = tuple[Run, ...]
LABEL = 24
"""Cells before the editor."""


def field_rows(label: Run, note: Run, start: int, width: int, *, wraps: bool) -> list[Row]:
    """The note begins at column `start`; one that wraps takes as many rows as it needs."""
    room = width - start - 1
    if room < 1:
        lines = [""]
    elif wraps:
        lines = wrap(note.text, max(8, room)) or [""]
    else:
        lines = [clip(note.text, room)]
    name = label._replace(text=f" {clip(label.text, LABEL - 2)}")
    gap = Run(" " * (start - cell_len(name.text)))
    first, *others = (note._replace(text=line) for line in lines)
    indent = Run(" " * start)
    return [fit((name, gap, first), width), *(fit((indent, line), width) for line in others)]
