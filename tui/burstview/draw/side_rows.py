"""The rows of one side: a key that says all a row depends on, and the row drawn from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from burstview.draw.axis import Axis
from burstview.draw.crowd_memory import CrowdMemory
from burstview.draw.lane import Lane, LaneState, Shape, lane
from burstview.draw.lane_rows import bar, bar_label, crowd, group_label, halves
from burstview.draw.runs import Run, clip, fit
from burstview.draw.side import Layout, Side, zero_of
from burstview_engines.core.views import RequestView


class RowKey(NamedTuple):
    """Equal keys, equal cells."""

    layout: Layout
    ids: tuple[int, int]
    """First and last request of the row; those between need not lie between."""
    size: int
    """How many requests."""
    lanes: tuple[Lane | None, ...]
    """One or two lanes; empty for a crowd."""
    shapes: tuple[tuple[Shape, int], ...]
    """A crowd's shapes with how many lanes have them."""
    label: str
    cursor: int | None


def row_key(
    side: Side,
    plan: Layout,
    axis: Axis,
    row: int,
    cursor: int | None,
    memory: CrowdMemory | None = None,
) -> RowKey | None:
    """The key of row `row`, counted from the first request; None where there is none.

    A `memory` of the same row's earlier frames makes a crowd's key cheaper, and no other.
    """
    if side.run is None or not 0 <= row < plan.rows:
        return None
    zero, requests = zero_of(side.run)
    shown = requests[row * plan.per_row : (row + 1) * plan.per_row]
    if not shown:
        return None
    ids = (shown[0].id, shown[-1].id)
    if cursor is not None and all(one.id != cursor for one in shown):
        cursor = None
    at = zero + side.moment
    if plan.per_row > 2:
        counts = (memory or CrowdMemory()).shapes(shown, side.run, at, zero, axis)
        states = _count_states(counts)
        return RowKey(plan, ids, len(shown), (), counts, _label(shown, states), cursor)
    lanes = tuple([lane(one, side.run, at, zero, axis) for one in shown])
    states = _count_states([(one.shape, 1) for one in lanes if one is not None])
    return RowKey(plan, ids, len(shown), lanes, (), _label(shown, states), cursor)


def _count_states(counts: Iterable[tuple[Shape, int]]) -> Counter[LaneState]:
    states: Counter[LaneState] = Counter()
    for drawn, count in counts:
        states[drawn.state] += count
    return states


def _label(shown: Sequence[RequestView], states: Counter[LaneState]) -> str:
    """Of several; a lane alone has its own."""
    if len(shown) < 2:
        return ""
    done, failed = states["done"], states["failed"] + states["stalled"]
    latest = None
    if done == len(shown):
        ends = [one.last_token if one.last_token is not None else one.ended for one in shown]
        pairs = zip(ends, shown, strict=True)
        latest = max((end - one.written for end, one in pairs if end is not None), default=None)
    return group_label(done, failed, len(shown), latest)


def row_runs(key: RowKey, width: int) -> tuple[Run, ...]:
    """The row, exactly `width` cells: cursor, number, lanes, label."""
    is_here = key.cursor is not None
    lead = Run("▸", "cursor") if is_here else Run(" ")
    number = Run(_number(key), "cursor" if is_here else "number")
    room = width - len(number.text) - 2
    return fit((lead, number, Run(" "), *_bar(key, room)), width)


def _bar(key: RowKey, room: int) -> tuple[Run, ...]:
    if key.layout.per_row == 1:
        runs = bar(key.lanes[0])
        return (*runs, *bar_label(key.lanes[0], room - _length(runs)))
    if key.lanes:
        runs = halves(key.lanes[0], key.lanes[1] if len(key.lanes) > 1 else None)
    else:
        runs = crowd(key.shapes, key.size)
    return (*runs, Run(" "), Run(clip(key.label, room - _length(runs) - 1), "time"))


def _length(runs: tuple[Run, ...]) -> int:
    return sum([cell_len(run.text) for run in runs])


def _number(key: RowKey) -> str:
    digits = max(2, len(str(key.layout.requests)))
    first, last = (f"{number:0{digits}d}" for number in key.ids)
    if key.cursor is not None:
        return f"{key.cursor:0{digits}d}".ljust(key.layout.number_cells)
    if key.layout.per_row <= 2:
        return first
    are_neighbours = key.ids[1] - key.ids[0] == key.size - 1
    number = f"{first}–{last}" if are_neighbours else f"{first} +{key.size - 1}"
    return number.ljust(key.layout.number_cells)
