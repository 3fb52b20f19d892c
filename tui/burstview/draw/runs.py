"""Runs of equally styled cells: what pure drawing gives to a widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size


class Run(NamedTuple):
    """Neighbouring cells of one style; `kind` names a component class, empty is plain text."""

    text: str
    kind: str = ""
    under: str = ""
    """Kind whose colour is the background: half-height cells show two kinds."""


def clip(text: str, cells: int) -> str:
    """`text` within `cells` cells, cut with an ellipsis; wide characters are never halved."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, cells - 1).rstrip() + "…" if cells > 0 else ""


def fit(runs: Iterable[Run], cells: int) -> tuple[Run, ...]:
    """`runs` cut or filled with plain spaces to exactly `cells` cells."""
    fitted: list[Run] = []
    room = cells
    for run in runs:
        width = cell_len(run.text)
        if width >= room:
            fitted.append(Run(set_cell_size(run.text, room), run.kind, run.under))
            room = 0
            break
        if width:
            fitted.append(run)
        room -= width
    if room:
        fitted.append(Run(" " * room))
    return tuple([run for run in fitted if run.text])


def plain(runs: Iterable[Run]) -> str:
    """The text alone."""
    return "".join(run.text for run in runs)
