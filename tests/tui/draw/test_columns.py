"""Columns that have room, by rank."""

from __future__ import annotations

from burstview.draw.columns import Column, head, row, widths
from burstview.draw.engine_rows import body_row, head_row, layout
from burstview.draw.runs import Run, plain

COLUMNS = (Column("Name", 0, 4, 10), Column("Note", 2, 6, 20), Column("CPU", 1, 5, 5, True))
ROW = {"Name": (Run("vllm-1"),), "Note": (Run("loading"),), "CPU": (Run("12%"),)}


def test_all_columns_stand_in_their_order() -> None:
    """Whatever their rank; numbers at the right."""
    chosen = widths(COLUMNS, [ROW], 40)
    assert plain(head(chosen)) == "Name   Note      CPU"
    assert plain(row(ROW, chosen)) == "vllm-1 loading   12%"


def test_the_highest_rank_goes_first() -> None:
    """What is left goes to the lowest rank."""
    chosen = widths(COLUMNS, [ROW], 13)
    assert [column.name for column, _ in chosen] == ["Name", "CPU"]
    assert plain(row(ROW, chosen)) == "vllm-1   12%"


def test_a_cell_too_long_is_cut_with_an_ellipsis() -> None:
    """Wide characters are never halved."""
    chosen = ((COLUMNS[0], 5),)
    assert plain(row({"Name": (Run("burstview"),)}, chosen)) == "burs…"
    assert plain(row({"Name": (Run("한글이름"),)}, chosen)) == "한글…"


def test_only_the_last_part_of_a_cell_is_cut() -> None:
    """A tag behind a port is cut after the port."""
    chosen = ((COLUMNS[0], 8),)
    assert plain(row({"Name": (Run(":8000 "), Run("LAN-LAN"))}, chosen)) == ":8000 L…"


def test_rows_fill_their_width() -> None:
    """At every width, the heading too."""
    for width in range(10, 210, 7):
        chosen = layout([ROW], width)
        assert len(plain(head_row(chosen, width, "1–4 of 9"))) == width
        assert len(plain(body_row(ROW, chosen, width, is_selected=True))) == width
