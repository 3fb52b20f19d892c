"""Who holds a paged KV cache: its blocks by request, or only the sum. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.map_cells import (
    BAR_CELLS,
    FREE,
    INDENT,
    TAKEN,
    Cell,
    Row,
    portion,
    runs_of,
    share,
    words_row,
)
from burstview.draw.runs import Run, fit
from burstview_engines.core.engine_gauges import Holding

SYMBOLS = "123456789" + ascii_uppercase + ascii_lowercase
"""Of requests in the order of arrival; after the last it begins again."""
COLOURS = 5
SHARED = "+"
_ROOMY = 9
"""Rows from which on the symbols are explained."""


class Paged(NamedTuple):
    """A cache of blocks at one moment."""

    holdings: tuple[Holding, ...]
    block_tokens: int
    blocks: int | None
    """All there are; None where it is not told."""
    first: int = 0
    """The number of the burst's first request: it gets the first symbol."""


def paged_rows(cache: Paged, width: int, height: int) -> list[Row]:
    """The whole cache as a bar, its taken blocks one by one, who waits, and what paging wastes."""
    holders = [one for one in cache.holdings if one.blocks]
    taken = sum(one.blocks for one in holders)
    lines = [_whole_row(cache, taken, width)]
    if not holders:
        lines.append(words_row("No request holds a block.", "word", width))
        return [*lines, *_waiting_rows(cache, width)][:height]
    if height >= _ROOMY:
        lines.append(
            words_row("1 … 9 A … Z a … z: requests in the order of arrival", "word", width)
        )
    tail = _waiting_rows(cache, width)[: max(0, height - len(lines) - 2)]
    lines += _grid(cache, holders, taken, width, height - len(lines) - len(tail))
    return [*lines, *tail][:height]


def _grid(
    cache: Paged, holders: Sequence[Holding], taken: int, width: int, height: int
) -> list[Row]:
    """The map's key, then blocks in the order of requests: those taken, and free ones that fit.

    Nothing where there is no row for a block.
    """
    if height < 2:
        return []
    cells = max(1, (width - 2 * INDENT) * (height - 1))
    each = -(-taken // cells)
    shown = cells_of(holders, each, cache.first)
    free = (cache.blocks or taken) - taken
    room = cells - len(shown)
    shown += [Cell(FREE, "free")] * min(room, -(-free // each))
    unit = "1 block" if each == 1 else f"{each} blocks"
    hidden = max(0, free - room * each)
    rest = f", {say.count(hidden)} more free" if hidden else ""
    what = f"1 cell = {unit} of {cache.block_tokens} tokens, {FREE} free{rest}"
    if any(cell.symbol == SHARED for cell in shown):
        what += f", {SHARED} of several requests"
    across = width - 2 * INDENT
    parts = (shown[at : at + across] for at in range(0, len(shown), across))
    grid = [fit((Run(" " * INDENT), *runs_of(part)), width) for part in parts]
    return [words_row(what, "word", width), *grid]


def cells_of(holders: Sequence[Holding], each: int, first: int = 0) -> list[Cell]:
    """Taken blocks in the order of requests, `each` to a cell: its holder's symbol where one has
    half of it or more, else `+`."""
    if each == 1:
        return [cell for one in holders for cell in [_cell(one.request, first)] * one.blocks]
    owners = [one.request for one in holders for _ in range(one.blocks)]
    cells = []
    for at in range(0, len(owners), each):
        group = owners[at : at + each]
        most = max(set(group), key=group.count)
        whole = 2 * group.count(most) >= len(group)
        cells.append(_cell(most, first) if whole else Cell(SHARED, "shared"))
    return cells


def symbol(request: int, first: int = 0) -> str:
    """`1` for the burst's first request, then `2` … `9`, `A` … `Z`, `a` … `z`, `1` …"""
    return SYMBOLS[(request - first) % len(SYMBOLS)]


def _cell(request: int, first: int) -> Cell:
    return Cell(symbol(request, first), f"holder-{(request - first) % COLOURS}")


def _waiting_rows(cache: Paged, width: int) -> list[Row]:
    """Those pushed back by their symbols; of those that never began, how many."""
    waiting = [one for one in cache.holdings if one.is_waiting]
    pushed = [one for one in waiting if one.preempted]
    fresh = len(waiting) - len(pushed)
    if not waiting:
        return []
    begun = f"{fresh} not begun" if fresh else ""
    if not pushed:
        return [words_row(f"waiting: {begun}", "word", width)]
    names = " ".join(
        symbol(one.request, cache.first) + (f"({one.preempted}×)" if one.preempted > 1 else "")
        for one in pushed
    )
    words = ", ".join(filter(None, (begun, f"pushed back: {names}")))
    return [words_row(f"waiting: {words}", "preempted", width)]


def _whole_row(cache: Paged, taken: int, width: int) -> Row:
    """`58 of 59 blocks, 98.3% · 780 tokens, 16% wasted` and a bar: wasted is what the last blocks
    leave empty."""
    words = f"{say.count(taken)} of {say.count(cache.blocks)} blocks"
    if cache.blocks:
        words += f", {share(taken, cache.blocks)}"
    if taken:
        held, room = sum(one.tokens for one in cache.holdings), taken * cache.block_tokens
        words += f" · {say.count(held)} tokens, {share(room - held, room)} wasted"
    cells = width - 3 * INDENT - cell_len(words)
    if not cache.blocks or cells < BAR_CELLS:
        return words_row(words, "value", width)
    filled = portion(taken, cache.blocks, cells)
    bar = (Run(TAKEN * filled, "used"), Run(FREE * (cells - filled), "free"))
    return fit((Run(" " * INDENT), Run(words, "value"), Run(" "), *bar), width)


def sum_rows(
    usage: float | None, used: int | None, capacity: int | None, width: int, height: int
) -> list[Row]:
    """Only the sum is known: one bar, without whose it is."""
    share = say.percent(None if usage is None else 100 * usage)
    words = f"{say.count(used)} of {say.count(capacity)} tokens held ({share})"
    cells = width - 2 * INDENT
    lines = [words_row(words, "value", width)]
    if usage is not None:
        filled = portion(usage, 1.0, cells)
        bar = (Run(TAKEN * filled, "used"), Run(FREE * (cells - filled), "free"))
        lines += [fit((Run(" " * INDENT), *bar), width)] * (2 if height > 6 else 1)
    return lines[:height]
