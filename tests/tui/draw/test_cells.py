"""The pure part of the cell diff."""

from __future__ import annotations

from burstview.draw.cells import UNKNOWN, Line, cells, changed, sequences


def line(text: str, sgr: str = "") -> Line:
    """A line as it was sent."""
    drawn = cells([(text, sgr)])
    assert drawn is not None
    return Line(*drawn)


def ranges(old: str, new: str) -> list[tuple[int, int]]:
    """What differs between two texts of one look."""
    fresh = line(new)
    return changed(line(old), 0, fresh.texts, fresh.sgrs)


def test_only_the_cells_that_differ_are_named() -> None:
    """Two far changes are two ranges, two near ones are one."""
    assert ranges("a" * 30, "b" + "a" * 28 + "b") == [(0, 1), (29, 30)]
    assert ranges("aaaaaa", "abaaba") == [(1, 5)]
    assert ranges("same", "same") == []


def test_a_wide_character_is_sent_whole() -> None:
    """A change of either half sends both cells."""
    assert ranges("ab한cd", "ab글cd") == [(2, 4)]
    assert ranges("abxycd", "ab한cd") == [(2, 4)]
    assert ranges("한글", "a한b") == [(0, 4)]


def test_a_change_of_look_alone_counts() -> None:
    """The same text in another style goes out again."""
    fresh = line("text", "1")
    assert changed(line("text"), 0, fresh.texts, fresh.sgrs) == [(0, 4)]


def test_cutting_a_wide_character_makes_its_rest_unknown() -> None:
    """Terminals differ in what they leave of it, so it is sent when it is next drawn."""
    sent = line("한글")
    sent.take(1, ["x", "y"], ["", ""])
    assert sent.texts == [UNKNOWN, "x", "y", UNKNOWN]


def test_joined_characters_are_not_taken_apart() -> None:
    """Their width is the terminal's affair: such text goes out whole."""
    assert cells([("👨‍👩‍👧", "")]) is None
    assert cells([("e\u0301", "")]) is None
    assert cells([("한 a", "1")]) == (["한", "", " ", "a"], ["1"] * 4)


def test_a_look_is_sent_once_for_neighbours() -> None:
    """Cells of one look on several lines share their SGR sequence."""
    fresh = line("abcd", "31")
    first, pen = sequences(0, 0, fresh.texts, fresh.sgrs, [(1, 2), (3, 4)], "")
    second, pen = sequences(1, 0, fresh.texts, fresh.sgrs, [(0, 1)], pen)
    assert first == "\x1b[1;2H\x1b[0;31mb\x1b[1;4Hd"
    assert second == "\x1b[2;1Ha"
    assert pen == "31"
