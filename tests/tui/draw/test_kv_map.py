"""The KV map of a paged cache: its blocks by request, or only the sum."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from burstview.draw.kv_map import (
    SYMBOLS,
    Paged,
    cells_of,
    paged_rows,
    sum_rows,
    symbol,
)
from burstview.draw.map_cells import Row
from burstview.draw.runs import plain
from burstview_engines.core.engine_gauges import Holding

TWO = (Holding(request=5, blocks=3, tokens=40), Holding(request=6, blocks=2, tokens=32))


def texts(rows: list[Row]) -> list[str]:
    """Without the space behind."""
    return [plain(row).strip() for row in rows]


def test_each_block_is_a_cell_of_its_request() -> None:
    """In the order of arrival; free ones follow."""
    shown = texts(paged_rows(Paged(TWO, 16, 10, first=5), 60, 8))
    assert shown[0].startswith("5 of 10 blocks, 50% · 72 tokens")
    assert shown[1] == "1 cell = 1 block of 16 tokens, · free"
    assert shown[2] == "11122" + "·" * 5


def test_what_paging_wastes_is_in_the_last_blocks() -> None:
    """80 tokens are reserved, 72 used."""
    first = texts(paged_rows(Paged(TWO, 16, 10, first=5), 70, 8))[0]
    assert first.startswith("5 of 10 blocks, 50% · 72 tokens, 10% wasted █")
    assert len(first) == 68


def test_requests_are_told_apart_without_colour() -> None:
    """61 symbols, and neighbours differ in colour too; then they begin again."""
    assert [symbol(number, 5) for number in (5, 13, 14, 65, 66)] == ["1", "9", "A", "z", "1"]
    assert len(set(SYMBOLS)) == len(SYMBOLS) == 61
    one, other = (cell.kind for cell in cells_of(TWO, 1, 5)[2:4])
    assert one != other


def test_a_large_cache_shows_what_is_taken() -> None:
    """The free blocks that have no room are counted."""
    shown = texts(paged_rows(Paged(TWO, 16, 6000, first=5), 60, 5))
    assert shown[0].startswith("5 of 6,000 blocks, 0.1% · 72")
    assert "more free" in shown[1]
    assert shown[2].startswith("11122···")


def test_a_cell_of_many_blocks_says_how_many() -> None:
    """`+` where no request has half of a cell's blocks."""
    many = tuple(Holding(request=n, blocks=3, tokens=48) for n in range(300))
    shown = texts(paged_rows(Paged(many, 16, 900), 32, 5))
    assert shown[1].startswith("1 cell = 10 blocks of 16")
    assert shown[2] == "+" * 30
    assert [cell.symbol for cell in cells_of(many[:2], 4)] == ["1", "2"]


def test_who_waits_is_listed() -> None:
    """Those pushed back by symbol and how often; those that never began are counted."""
    holdings = (
        *TWO,
        Holding(request=7, blocks=0, tokens=0, preempted=1, is_waiting=True),
        Holding(request=8, blocks=0, tokens=0, preempted=3, is_waiting=True),
        Holding(request=9, blocks=0, tokens=0, is_waiting=True),
    )
    assert "waiting: 1 not begun, pushed back: 3 4(3×)" in texts(
        paged_rows(Paged(holdings, 16, 5, first=5), 60, 8)
    )


def test_an_idle_cache_says_so() -> None:
    """No block is held, and the size is still known."""
    shown = texts(paged_rows(Paged((), 16, 59), 60, 8))
    assert shown[0].startswith("0 of 59 blocks, 0% ··")
    assert shown[1] == "No request holds a block."


def test_only_the_sum_is_a_bar_without_names() -> None:
    """What a real vLLM tells."""
    shown = texts(sum_rows(0.25, 1000, 4000, 42, 3))
    assert shown[0] == "1,000 of 4,000 tokens held (25%)"
    assert shown[1] == "█" * 10 + "·" * 30


def test_what_is_not_told_is_a_dash() -> None:
    """Never a zero."""
    assert texts(sum_rows(None, None, 4000, 42, 3)) == ["— of 4,000 tokens held (—)"]


@pytest.mark.parametrize("width", [30, 59, 78, 99])
@pytest.mark.parametrize("height", [1, 2, 3, 5, 9, 20])
def test_rows_fit(width: int, height: int) -> None:
    """Never more rows than asked for, each as wide as asked."""
    for rows in (
        paged_rows(Paged(TWO, 16, 6000, first=5), width, height),
        sum_rows(0.5, 1, 2, width, height),
    ):
        assert len(rows) <= height
        assert all(cell_len(plain(row)) == width for row in rows)
