"""Who sits in the slots of a slot engine, and how much of their reserved context is used. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
from burstview_engines.core.engine_gauges import Slot

_LEFT = "░"
_FIELD_ROWS = 8
"""The most that one slot takes."""
_SLOT_CELLS = 34
"""The least of a slot that stands beside another."""


class Seats(NamedTuple):
    """A slot engine at one moment."""

    slots: tuple[Slot, ...]
    pool_tokens: int | None = None
    """Where all slots share one pool: its size."""


def slot_rows(seats: Seats, width: int, height: int) -> list[Row]:
    """What all of them waste, then each slot: a field of its context where there is room, else a
    bar; where they are too many, the busy ones first."""
    lines = [words_row(_seats_words(seats), "value", width)]
    room = height - 2
    if room < 1 or not seats.slots:
        return lines[:height]
    per_slot = min(_FIELD_ROWS, room // len(seats.slots))
    legend = f"{TAKEN} used {_LEFT} left over {FREE} reserved, empty"
    context = max((slot.context_tokens or 0 for slot in seats.slots), default=0)
    if per_slot >= 2 and context:
        across = width - 2 * INDENT
        each = -(-context // (across * (per_slot - 1)))
        lines.append(words_row(f"1 cell = {_tokens(each)}: {legend}", "word", width))
        return lines + [row for slot in seats.slots for row in _field(slot, each, width)]
    lines.append(words_row(legend, "word", width))
    return [*lines, *_bars(seats.slots, width, room)]


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"


def _field(slot: Slot, each: int, width: int) -> list[Row]:
    """A line of words, then the slot's context cell by cell."""
    across = width - 2 * INDENT
    head = fit((Run(" " * INDENT), Run(f"slot {slot.id}", "word"), _state(slot)), width)
    cells = -(-(slot.context_tokens or 0) // each)
    runs = _slot_runs(slot, cells, -(-(_least(slot) or 0) // each))
    text = "".join(run.text for run in runs)
    kinds = [run.kind for run in runs for _ in run.text]
    rows = []
    for at in range(0, cells, across):
        part = [Cell(*pair) for pair in zip(text[at:][:across], kinds[at:][:across], strict=True)]
        rows.append(fit((Run(" " * INDENT), *runs_of(part)), width))
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
        rows.append(words_row(words, "word", width))
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
    return f"{words}: {'' if is_sure else '≤'}{share(reserved - used, reserved)} wasted"


def _slot_row(slot: Slot, width: int) -> Row:
    label, state = f"slot {slot.id}".ljust(8), _state(slot)
    states = 2 * len(say.count(slot.context_tokens)) + len(" busy  of ")
    cells = width - 2 * INDENT - len(label) - states
    bar: list[Run] = []
    if cells >= BAR_CELLS:
        tokens, context = _least(slot) or 0, slot.context_tokens or 1
        bar = _slot_runs(slot, cells, portion(tokens, context, cells))
    return fit((Run(" " * INDENT), Run(label, "word"), *bar, state), width)


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
    glyph, kind = (TAKEN, "used") if slot.is_busy else (_LEFT, "left")
    rest = FREE if slot.used_tokens is not None else "?"
    used = min(used, cells)  # whatever a server tells
    return [Run(glyph * used, kind), Run(rest * (cells - used), "free")]


def reserved_rows(seats: int | None, context_tokens: int | None, width: int) -> list[Row]:
    """Where an engine tells no slots: what is reserved, by its facts; how much is used, a dash."""
    whole = None if seats is None or context_tokens is None else seats * context_tokens
    words = (
        f"reserved: {say.count(seats)} × {say.count(context_tokens)} tokens of context"
        f" = {say.count(whole)}"
    )
    return [words_row(words, "value", width), words_row(f"used: {say.UNKNOWN}", "value", width)]


def _sum(values: Iterable[int | None]) -> int | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None
