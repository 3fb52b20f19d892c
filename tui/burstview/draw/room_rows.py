"""One side of the engine room as rows: charts on the lanes' axis, figures, the KV map. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len

from burstview.draw import kv_map, slot_map
from burstview.draw.axis import Axis
from burstview.draw.runs import Run, clip, fit
from burstview.draw.time_rows import Chart, axis_row, chart_rows, mark_row, packed
from burstview.draw.track import Track

Row = tuple[Run, ...]

_CHART_HEIGHTS = ((66, 4), (52, 3), (34, 2), (0, 1))
"""(rows of the side from which, rows of each chart)."""
_MOST_FIGURE_ROWS = 5
_MOST_CAPTION_ROWS = 3
_LOW = 30
"""Rows below which figures and findings take fewer."""
_MOST_HELD_ROWS = 3
_LEAST_MAP_ROWS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Over:
    """The charts' part: a run on its axis."""

    axis: Axis
    track: Track
    charts: tuple[Chart, ...]
    cursor: int | None
    """Cell of the moment that is shown in the map; None while it follows."""
    preempted: str
    """In figures."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What of the KV cache is known at the moment shown; the first that is there is drawn."""

    paged: kv_map.Paged | None = None
    seats: slot_map.Seats | None = None
    usage: float | None = None
    used_tokens: int | None = None
    capacity_tokens: int | None = None
    reserved: tuple[int | None, int | None] | None = None
    """(seats, context of each) of a slot engine that tells no slots."""
    memory: str = ""
    """Of the loaded model, in words."""


@dataclass(frozen=True, slots=True, eq=False)
class SideShown:
    """All of a side."""

    name: str
    words: str
    is_simulated: bool
    over: Over | None
    figures: tuple[str, ...] = ()
    problem: str = ""
    moment: str = ""
    """Which moment the map shows."""
    source: str = ""
    known: Known | None = None
    caption: str = ""
    held_back: str | None = None
    """What held the burst back, in one sentence; None while it is not judged."""
    nothing: str = ""
    """What to do when there is no run to draw."""


NOTHING = SideShown("", "", False, None)


def side_rows(side: SideShown, width: int, height: int) -> list[Row]:
    """Exactly `height` rows of `width` cells; the map gets what the rest leaves."""
    is_low = height < _LOW
    top = [_heading(side, width)]
    if side.over is not None:
        top += _charts(side.over, _chart_height(height), width)
    else:
        top += _paragraph(side.nothing, "note", width, 3)
    if side.held_back:  # below the charts, so that those of both sides stand at one height
        top += _paragraph(side.held_back, "held-back", width, _MOST_HELD_ROWS)
    top += packed(side.figures, width, "value", 3 if is_low else _MOST_FIGURE_ROWS)
    if side.problem:
        top += _paragraph(side.problem, "problem", width, 2)
    foot = _paragraph(side.caption, "caption", width, _MOST_CAPTION_ROWS) if side.caption else []
    room = height - len(top) - len(foot)
    if room < _LEAST_MAP_ROWS:
        foot, room = [], height - len(top)
    rows = [*top, *_map(side, width, max(0, room)), *foot]
    blank = fit((), width)
    return (rows + [blank] * (height - len(rows)))[:height]


def _chart_height(height: int) -> int:
    return next(rows for least, rows in _CHART_HEIGHTS if height >= least)


def _heading(side: SideShown, width: int) -> Row:
    mark = " SIMULATED" if side.is_simulated else ""
    name = clip(side.name, max(0, width - cell_len(mark) - 2))
    room = width - cell_len(name) - cell_len(mark) - 4
    words = clip(side.words, max(0, room))
    tail = Run(" " + "─" * max(0, room - cell_len(words)), "rule")
    runs = (Run(" "), Run(name, "name"), Run(mark, "simulated"), Run("  "), Run(words, "words"))
    return fit((*runs, tail), width)


def _charts(over: Over, height: int, width: int) -> list[Row]:
    rows = [row for chart in over.charts for row in chart_rows(chart, height, width)]
    track = over.track
    rows.append(mark_row(track.preempted, track.failed_looks, over.cursor, over.preempted, width))
    return [*rows, axis_row(over.axis, over.cursor, width)]


def _map(side: SideShown, width: int, height: int) -> list[Row]:
    rows = [_rule(f"KV cache {side.moment}".rstrip(), width)]
    if side.source:
        rows.append(fit((Run(" "), Run(clip(side.source, width - 1), "source")), width))
    if side.known is not None:
        rows += known_rows(side.known, width, height - len(rows))
    blank = fit((), width)
    return (rows + [blank] * (height - len(rows)))[:height]


def _rule(words: str, width: int) -> Row:
    words = clip(words, width - 4)
    tail = "─" * (width - cell_len(words) - 4)
    return fit((Run(" ─ ", "rule"), Run(words, "moment"), Run(" " + tail, "rule")), width)


def known_rows(known: Known, width: int, height: int) -> list[Row]:
    """The map in as many rows as there are."""
    rows: list[Row] = []
    if known.memory:
        rows.append(fit((Run(" "), Run(clip(known.memory, width - 1), "value")), width))
    room = max(0, height - len(rows))
    if known.paged is not None:
        rows += kv_map.paged_rows(known.paged, width, room)
    elif known.seats is not None:
        rows += slot_map.slot_rows(known.seats, width, room)
    elif known.usage is not None or known.reserved is None:
        rows += kv_map.sum_rows(known.usage, known.used_tokens, known.capacity_tokens, width, room)
    else:
        rows += slot_map.reserved_rows(*known.reserved, width)
    return rows[:height]


def _paragraph(text: str, kind: str, width: int, most: int) -> list[Row]:
    lines = wrap(text, max(16, width - 2))
    if len(lines) > most:
        lines = [*lines[: most - 1], clip(" ".join(lines[most - 1 :]), width - 2)]
    return [fit((Run(" "), Run(line, kind)), width) for line in lines]
