"""The KV map of a slot engine: reserved context against used."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from burstview.draw.map_cells import Row
from burstview.draw.runs import plain
from burstview.draw.slot_map import Seats, reserved_rows, slot_rows
from burstview_engines.core.engine_gauges import Slot


def texts(rows: list[Row]) -> list[str]:
    """Without the space behind."""
    return [plain(row).strip() for row in rows]


def test_a_slot_is_reserved_whole() -> None:
    """A field of its context, of which a little is used."""
    seats = Seats((Slot(id=0, is_busy=True, context_tokens=4096, used_tokens=256),))
    shown = texts(slot_rows(seats, 66, 10))
    assert shown[0] == "1 of 1 busy · 256 of 4,096 reserved used: 93.8% wasted"
    assert shown[1].startswith("1 cell = 10 tokens: █ used")
    assert shown[2] == "slot 0 busy 256 of 4,096"
    field = "".join(shown[3:])
    assert (field.count("█"), len(field)) == (26, 410)


def test_a_slot_never_shows_more_used_than_there_is() -> None:
    """Whatever a server tells."""
    seats = Seats((Slot(id=0, is_busy=True, context_tokens=100, used_tokens=2**52),))
    shown = texts(slot_rows(seats, 66, 10))
    assert "".join(shown[3:]) == "█" * 100


def test_many_slots_are_bars() -> None:
    """One row each; what an idle one keeps of its last request looks otherwise."""
    slots = tuple(Slot(id=n, is_busy=n < 2, context_tokens=1000, used_tokens=500) for n in range(4))
    shown = texts(slot_rows(Seats(slots), 60, 6))
    assert shown[0] == "2 of 4 busy · 1,000 of 4,000 reserved used: 75% wasted"
    assert shown[2].startswith("slot 0  █")
    assert shown[2].endswith("busy 500 of 1,000")
    assert shown[4].startswith("slot 2  ░")
    assert shown[4].endswith("idle 500 of 1,000")


def test_slots_without_room_are_counted_the_busy_ones_shown() -> None:
    """Nothing is dropped in silence."""
    slots = tuple(Slot(id=n, is_busy=n > 5, context_tokens=100, used_tokens=1) for n in range(8))
    shown = texts(slot_rows(Seats(slots), 60, 5))
    assert [line.split()[1] for line in shown[2:4]] == ["6", "7"]
    assert shown[4] == "and 6 more slots, 0 of them busy"


def test_slots_stand_beside_each_other_where_that_helps() -> None:
    """All of them are there."""
    slots = tuple(Slot(id=n, is_busy=True, context_tokens=4096, used_tokens=n) for n in range(4))
    shown = texts(slot_rows(Seats(slots), 78, 4))
    assert len(shown) == 4
    assert [text for text in " ".join(shown[2:]).split() if text in "0123"].count("3") == 2
    assert all(line.count("slot") == 2 for line in shown[2:])


def test_a_log_tells_at_least_the_prompt() -> None:
    """What is unknown beyond it is `?`, and the sum is at least that of the prompts."""
    slots = (Slot(id=0, is_busy=True, context_tokens=100, prompt_tokens=21),)
    shown = texts(slot_rows(Seats(slots), 60, 3))
    assert shown[0] == "1 of 1 busy · ≥21 of 100 reserved used: ≤79% wasted"
    unknown = (Slot(id=0, is_busy=True, context_tokens=100),)
    assert texts(slot_rows(Seats(unknown), 60, 3))[0] == "1 of 1 busy · — of 100 reserved used"
    assert "█" in shown[2]
    assert "?" in shown[2]
    assert shown[2].endswith("busy ≥21 of 100")


def test_a_shared_pool_is_no_waste_of_slots() -> None:
    """llama.cpp's slots may share one pool: that is what counts."""
    slots = tuple(Slot(id=n, is_busy=True, context_tokens=4096, used_tokens=100) for n in range(4))
    assert texts(slot_rows(Seats(slots, 4096), 70, 6))[0] == (
        "4 of 4 busy · 400 of 4,096 in one pool used: 90.2% wasted"
    )


def test_what_no_slot_tells_is_a_dash() -> None:
    """Never a zero."""
    assert texts(reserved_rows(None, 4096, 70)) == [
        "reserved: — × 4,096 tokens of context = —",
        "used: —",
    ]


@pytest.mark.parametrize("width", [30, 59, 78, 99])
@pytest.mark.parametrize("height", [1, 2, 3, 5, 9, 20])
def test_rows_fit(width: int, height: int) -> None:
    """Never more rows than asked for, each as wide as asked."""
    slots = tuple(Slot(id=n, context_tokens=4096, used_tokens=9) for n in range(3))
    rows = slot_rows(Seats(slots), width, height)
    assert len(rows) <= height
    assert all(cell_len(plain(row)) == width for row in rows)
