"""Who holds the KV cache: blocks of a paged one, seats of a slot engine, or only the sum. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.engine_gauges import Holding, Slot

Row = tuple[Run, ...]

SYMBOLS = "123456789" + ascii_uppercase + ascii_lowercase
"""Of requests in the order of arrival; after the last it begins again."""
COLOURS = 5
FREE, SHARED = "·", "+"
_TAKEN, _LEFT = "█", "░"
_INDENT = 1
_ROOMY = 9
"""Rows from which on the symbols are explained."""
_FIELD_ROWS = 8
"""The most that one slot takes."""
_SLOT_CELLS = 34
"""The least of a slot that stands beside another."""
_BAR_CELLS = 3
"""Below so many cells a bar says nothing."""


class Paged(NamedTuple):
    """A cache of blocks at one moment."""

    holdings: tuple[Holding, ...]
    block_tokens: int
    blocks: int | None
    """All there are; None where it is not told."""
    first: int = 0
    """The number of the burst's first request: it gets the first symbol."""


class Cell(NamedTuple):
    """A cell of the map: who holds it, or None of a free one."""

    symbol: str
    kind: str


def paged_rows(cache: Paged, width: int, height: int) -> list[Row]:
    """The whole cache as a bar, its taken blocks one by one, who waits, and what paging wastes."""
    holders = [one for one in cache.holdings if one.blocks]
    taken = sum(one.blocks for one in holders)
    lines = [_whole_row(cache, taken, width)]
    if not holders:
        lines.append(_words("No request holds a block.", "word", width))
        return [*lines, *_waiting_rows(cache, width)][:height]
    if height >= _ROOMY:
        lines.append(_words("1 … 9 A … Z a … z: requests in the order of arrival", "word", width))
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
    cells = max(1, (width - 2 * _INDENT) * (height - 1))
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
    across = width - 2 * _INDENT
    parts = (shown[at : at + across] for at in range(0, len(shown), across))
    grid = [fit((Run(" " * _INDENT), *_runs(part)), width) for part in parts]
    return [_words(what, "word", width), *grid]


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
        return [_words(f"waiting: {begun}", "word", width)]
    names = " ".join(
        symbol(one.request, cache.first) + (f"({one.preempted}×)" if one.preempted > 1 else "")
        for one in pushed
    )
    words = ", ".join(filter(None, (begun, f"pushed back: {names}")))
    return [_words(f"waiting: {words}", "preempted", width)]


def _whole_row(cache: Paged, taken: int, width: int) -> Row:
    """`58 of 59 blocks, 98.3% · 780 tokens, 16% wasted` and a bar: wasted is what the last blocks
    leave empty."""
    words = f"{say.count(taken)} of {say.count(cache.blocks)} blocks"
    if cache.blocks:
        words += f", {_share(taken, cache.blocks)}"
    if taken:
        held, room = sum(one.tokens for one in cache.holdings), taken * cache.block_tokens
        words += f" · {say.count(held)} tokens, {_share(room - held, room)} wasted"
    cells = width - 3 * _INDENT - cell_len(words)
    if not cache.blocks or cells < _BAR_CELLS:
        return _words(words, "value", width)
    filled = _portion(taken, cache.blocks, cells)
    bar = (Run(_TAKEN * filled, "used"), Run(FREE * (cells - filled), "free"))
    return fit((Run(" " * _INDENT), Run(words, "value"), Run(" "), *bar), width)


class Seats(NamedTuple):
    """A slot engine at one moment."""

    slots: tuple[Slot, ...]
    pool_tokens: int | None = None
    """Where all slots share one pool: its size."""


def slot_rows(seats: Seats, width: int, height: int) -> list[Row]:
    """What all of them waste, then each slot: a field of its context where there is room, else a
    bar; where they are too many, the busy ones first."""
    lines = [_words(_seats_words(seats), "value", width)]
    room = height - 2
    if room < 1 or not seats.slots:
        return lines[:height]
    per_slot = min(_FIELD_ROWS, room // len(seats.slots))
    legend = f"{_TAKEN} used {_LEFT} left over {FREE} reserved, empty"
    context = max((slot.context_tokens or 0 for slot in seats.slots), default=0)
    if per_slot >= 2 and context:
        across = width - 2 * _INDENT
        each = -(-context // (across * (per_slot - 1)))
        lines.append(_words(f"1 cell = {_tokens(each)}: {legend}", "word", width))
        return lines + [row for slot in seats.slots for row in _field(slot, each, width)]
    lines.append(_words(legend, "word", width))
    return [*lines, *_bars(seats.slots, width, room)]


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"


def _field(slot: Slot, each: int, width: int) -> list[Row]:
    """A line of words, then the slot's context cell by cell."""
    across = width - 2 * _INDENT
    head = fit((Run(" " * _INDENT), Run(f"slot {slot.id}", "word"), _state(slot)), width)
    cells = -(-(slot.context_tokens or 0) // each)
    runs = _slot_runs(slot, cells, -(-(_least(slot) or 0) // each))
    text = "".join(run.text for run in runs)
    kinds = [run.kind for run in runs for _ in run.text]
    rows = []
    for at in range(0, cells, across):
        part = [Cell(*pair) for pair in zip(text[at:][:across], kinds[at:][:across], strict=True)]
        rows.append(fit((Run(" " * _INDENT), *_runs(part)), width))
    return [head, *rows]


def _bars(slots: Sequence[Slot], width: int, room: int) -> list[Row]:
    """Beside each other where they are more than the rows."""
    across = min(-(-len(slots) // room), max(1, width // _SLOT_CELLS))
    order, hidden = list(slots), list[Slot]()
    if len(slots) > room * across:
        order.sort(key=lambda slot: not slot.is_busy)
        order, hidden = order[: (room - 1) * across], order[(room - 1) * across :]
    each = width // across
    rows = [
        fit([run for slot in order[at : at + across] for run in _slot_row(slot, each)], width)
        for at in range(0, len(order), across)
    ]
    if hidden:
        busy = sum(slot.is_busy for slot in hidden)
        words = f"and {len(hidden)} more slots, {busy} of them busy"
        rows.append(_words(words, "word", width))
    return rows


def _seats_words(seats: Seats) -> str:
    """Where only prompts are known, what is used at least and wasted at most."""
    busy = [slot for slot in seats.slots if slot.is_busy]
    is_sure = all(slot.used_tokens is not None for slot in busy)
    used = _sum(_least(slot) for slot in busy)
    reserved = seats.pool_tokens or _sum(slot.context_tokens for slot in seats.slots)
    what = "in one pool" if seats.pool_tokens is not None else "reserved"
    some = say.count(used) if is_sure or used is None else f"≥{say.count(used)}"
    words = f"{len(busy)} of {len(seats.slots)} busy · {some} of {say.count(reserved)} {what} used"
    if used is None or not reserved:
        return words
    return f"{words}: {'' if is_sure else '≤'}{_share(reserved - used, reserved)} wasted"


def _slot_row(slot: Slot, width: int) -> Row:
    label, state = f"slot {slot.id}".ljust(8), _state(slot)
    states = 2 * len(say.count(slot.context_tokens)) + len(" busy  of ")
    cells = width - 2 * _INDENT - len(label) - states
    bar: list[Run] = []
    if cells >= _BAR_CELLS:
        tokens, context = _least(slot) or 0, slot.context_tokens or 1
        bar = _slot_runs(slot, cells, _portion(tokens, context, cells))
    return fit((Run(" " * _INDENT), Run(label, "word"), *bar, state), width)


def _state(slot: Slot) -> Run:
    state = "busy" if slot.is_busy else "idle"
    return Run(f" {state} {_used(slot)} of {say.count(slot.context_tokens)}", "value")


def _used(slot: Slot) -> str:
    """`≥21` where only the prompt is known."""
    if slot.used_tokens is None and slot.is_busy and slot.prompt_tokens is not None:
        return f"≥{say.count(slot.prompt_tokens)}"
    return say.count(slot.used_tokens)


def _least(slot: Slot) -> int | None:
    """Tokens that it uses at least."""
    if slot.used_tokens is None and slot.is_busy:
        return slot.prompt_tokens
    return slot.used_tokens


def _slot_runs(slot: Slot, cells: int, used: int) -> list[Run]:
    """What is not known to be used is `?`."""
    if not slot.context_tokens or _least(slot) is None:
        return [Run("?" * cells, "free")]
    glyph, kind = (_TAKEN, "used") if slot.is_busy else (_LEFT, "left")
    rest = FREE if slot.used_tokens is not None else "?"
    return [Run(glyph * used, kind), Run(rest * (cells - used), "free")]


def reserved_rows(seats: int | None, context_tokens: int | None, width: int) -> list[Row]:
    """Where an engine tells no slots: what is reserved, by its facts; how much is used, a dash."""
    whole = None if seats is None or context_tokens is None else seats * context_tokens
    words = (
        f"reserved: {say.count(seats)} × {say.count(context_tokens)} tokens of context"
        f" = {say.count(whole)}"
    )
    return [_words(words, "value", width), _words(f"used: {say.UNKNOWN}", "value", width)]


def sum_rows(
    usage: float | None, used: int | None, capacity: int | None, width: int, height: int
) -> list[Row]:
    """Only the sum is known: one bar, without whose it is."""
    share = say.percent(None if usage is None else 100 * usage)
    words = f"{say.count(used)} of {say.count(capacity)} tokens held ({share})"
    cells = width - 2 * _INDENT
    lines = [_words(words, "value", width)]
    if usage is not None:
        filled = _portion(usage, 1.0, cells)
        bar = (Run(_TAKEN * filled, "used"), Run(FREE * (cells - filled), "free"))
        lines += [fit((Run(" " * _INDENT), *bar), width)] * (2 if height > 6 else 1)
    return lines[:height]


def _portion(part: float, whole: float, cells: int) -> int:
    """Anything above nothing is at least one cell; less than all never fills it."""
    if part <= 0:
        return 0
    return cells if part >= whole else max(1, min(cells - 1, round(cells * part / whole)))


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    return f"{percent:.1f}%" if 0 < percent < 9.95 or 90 < percent < 100 else f"{percent:.0f}%"


def _sum(values: Iterable[int | None]) -> int | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


def _runs(cells: Sequence[Cell]) -> list[Run]:
    return [
        Run("".join(cell.symbol for cell in group), kind)
        for kind, group in groupby(cells, key=lambda cell: cell.kind)
    ]


def _words(text: str, kind: str, width: int) -> Row:
    return fit((Run(" " * _INDENT), Run(clip(text, width - _INDENT), kind)), width)
