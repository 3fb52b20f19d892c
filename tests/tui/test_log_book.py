"""The kept lines of a log: ring, gaps, wrapping, search, filter; and the file they go into."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.scripted_control import ScriptedLog

from burstview import log_file
from burstview.draw.log_rows import log_row, short_stamp
from burstview.draw.runs import plain
from burstview.log_book import LogBook
from burstview_engines.control import LogLine


def lines(*texts: str, first: int = 1) -> tuple[LogLine, ...]:
    """Numbered lines."""
    return tuple(LogLine(number, "", text) for number, text in enumerate(texts, first))


def shown(book: LogBook) -> list[str]:
    """The rows' texts."""
    return [row.text for row in book.rows]


def test_the_ring_keeps_the_newest_and_says_what_went() -> None:
    """One marker at the top, with the number."""
    book = LogBook(kept=3)
    book.take(lines("a", "b", "c"))
    assert shown(book) == ["a", "b", "c"]
    book.take(lines("d", first=4))
    assert shown(book) == ["— 1 line before this is not kept —", "b", "c", "d"]
    book.take(lines("e", "f", first=5))
    assert shown(book) == ["— 3 lines before this are not kept —", "d", "e", "f"]
    assert book.last_number == 6
    assert len(book.lines) == 3


def test_a_gap_in_the_numbers_is_a_marker() -> None:
    """Lines that the control itself dropped."""
    book = LogBook()
    book.take(lines("a"))
    book.take(lines("z", first=11))
    assert shown(book) == ["a", "— 9 lines before this are not kept —", "z"]
    assert [row.is_gap for row in book.rows] == [False, True, False]


def test_a_gap_leaves_with_the_lines_before_it() -> None:
    """One marker is enough at the top."""
    book = LogBook(kept=2)
    book.take(lines("a"))
    book.take(lines("y", "z", first=11))
    assert shown(book) == ["— 10 lines before this are not kept —", "y", "z"]


def test_long_lines_are_broken_and_joined_again() -> None:
    """By cells; a wide character is never halved."""
    book = LogBook()
    book.wrap(4)
    book.take(lines("abcdefghij", "한글이", ""))
    assert shown(book) == ["abcd", "efgh", "ij", "한글", "이", ""]
    book.wrap(None)
    assert shown(book) == ["abcdefghij", "한글이", ""]
    assert book.widest == 10


def test_matches_are_counted_as_lines_come_and_go() -> None:
    """Case does not count; what left the ring leaves the count."""
    book = LogBook(kept=3)
    book.take(lines("Error one", "fine", "error two"))
    book.search("ERROR", only_matches=False)
    assert book.matches == [1, 3]
    book.take(lines("an error", "fine", first=4))
    assert book.matches == [3, 4]
    assert book.place_of(4) == 2


def test_matches_go_round_in_both_directions() -> None:
    """From the last to the first and back."""
    book = LogBook()
    book.take(lines("x", "no", "x", "no", "x"))
    book.search("x", only_matches=False)
    assert [book.match(number, 1) for number in (0, 1, 3, 5)] == [1, 3, 5, 1]
    assert [book.match(number, -1) for number in (6, 5, 3, 1)] == [5, 3, 1, 5]
    book.search("absent", only_matches=False)
    assert book.match(1, 1) is None


def test_a_filter_leaves_out_other_lines_also_new_ones() -> None:
    """And gives them back; without a query nothing is left out."""
    book = LogBook()
    book.take(lines("keep 1", "drop"))
    book.search("keep", only_matches=True)
    book.take(lines("drop", "keep 2", first=3))
    assert shown(book) == ["keep 1", "keep 2"]
    assert book.row_of(4) == 1
    assert book.row_of(3) is None
    book.search("", only_matches=True)
    assert len(book.rows) == 4
    assert not book.only_matches


def test_a_match_is_marked_across_a_break() -> None:
    """Each row marks its part."""
    book = LogBook()
    book.wrap(4)
    book.take(lines("ab needle"))
    book.search("needle", only_matches=False)
    assert [book.spans(row) for row in book.rows] == [[(3, 4)], [(0, 4)], [(0, 1)]]


def test_marked_text_is_the_same_text() -> None:
    """Marking changes looks only; a stamp has a column of its own."""
    runs = log_row("an error here", [(3, 8)], "", "found", "10:00:00.123")
    assert plain(runs) == "10:00:00.123 an error here"
    assert [run.text for run in runs if run.kind == "found"] == ["error"]


@pytest.mark.parametrize(
    ("stamp", "clock"),
    [
        ("2026-11-22T10:00:00.123456789Z", "10:00:00.123"),
        ("2026-11-22T10:00:00Z", "10:00:00"),
        ("", ""),
    ],
)
def test_a_stamp_shows_its_clock(stamp: str, clock: str) -> None:
    """As it is: UTC."""
    assert short_stamp(stamp) == clock


def test_a_log_is_saved_into_a_new_file_each_time(tmp_path: Path) -> None:
    """With stamps; what is there is never overwritten, and a name cannot leave the folder."""
    log = ScriptedLog()
    log.write("one", "zwei ü")
    log.write("— stopped —", is_remark=True)
    first = log_file.save(log.since(0), "../vllm", tmp_path)
    second = log_file.save(log.since(0), "../vllm", tmp_path)
    assert (first.name, second.name) == ("vllm.log", "vllm-2.log")
    assert first.parent == tmp_path
    assert first.read_text("utf-8").splitlines() == [
        "2026-11-22T10:00:00.100000000Z one",
        "2026-11-22T10:00:00.200000000Z zwei ü",
        "— stopped —",
    ]
