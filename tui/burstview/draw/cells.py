"""What the terminal shows, cell by cell, and the shortest way to make it show something else.

A cell is its text and the parameters of its SGR sequence, as strings: two styles that look the same
are the same. The right half of a wide character is an empty text behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import ne, or_

from rich.cells import get_character_cell_size

UNKNOWN = "\0"
"""Text of a cell of which nothing is known; it equals no cell that is drawn."""
_BRIDGE = 5
"""Unchanged cells that are cheaper to send again than to jump over."""

_NARROW = frozenset(map(chr, (*range(0x20, 0x7F), *range(0x2500, 0x25FD), *range(0x2800, 0x2900))))
"""One cell each beyond doubt: ASCII, lines, blocks, braille."""

Piece = tuple[str, str]
"""Text and the SGR parameters it is drawn with, empty for none."""


@dataclass(slots=True)
class Line:
    """One screen line as it was last sent."""

    texts: list[str] = field(default_factory=list)
    sgrs: list[str] = field(default_factory=list)

    def take(self, x: int, texts: Sequence[str], sgrs: Sequence[str]) -> None:
        """Take cells in from column `x`; a wide character cut by their edges becomes unknown."""
        end = x + len(texts)
        missing = end - len(self.texts)
        if missing > 0:
            self.texts.extend([UNKNOWN] * missing)
            self.sgrs.extend([""] * missing)
        if x and self.texts[x] == "":
            self.texts[x - 1] = UNKNOWN
        if end < len(self.texts) and self.texts[end] == "":
            self.texts[end] = UNKNOWN
        self.texts[x:end] = texts
        self.sgrs[x:end] = sgrs


def cells(pieces: Iterable[Piece]) -> tuple[list[str], list[str]] | None:
    """Texts and SGRs a cell; None where characters join (their width is the terminal's affair)."""
    texts: list[str] = []
    sgrs: list[str] = []
    for text, sgr in pieces:
        if _NARROW.issuperset(text):
            texts.extend(text)
        else:
            for character in text:
                size = get_character_cell_size(character)
                if size not in (1, 2) or character == "\ufe0f":
                    return None
                texts.extend((character, "") if size == 2 else (character,))
        sgrs.extend([sgr] * (len(texts) - len(sgrs)))
    return texts, sgrs


def changed(old: Line, x: int, texts: Sequence[str], sgrs: Sequence[str]) -> list[tuple[int, int]]:
    """Ranges of columns from `x` on in which the new cells differ from the old ones.

    Ranges begin at whole characters, and small gaps of the same look are bridged.
    """
    end = x + len(texts)
    before, looks = old.texts[x:end], old.sgrs[x:end]
    if before == texts and looks == sgrs:
        return []
    if len(before) < len(texts):
        before = before + [UNKNOWN] * (len(texts) - len(before))
        looks = looks + [""] * (len(texts) - len(looks))
    differing = compress(range(len(texts)), map(or_, map(ne, before, texts), map(ne, looks, sgrs)))
    ranges: list[list[int]] = []
    for at in differing:
        if ranges and _bridges(sgrs, ranges[-1][1], at):
            ranges[-1][1] = at + 1
        else:
            ranges.append([at, at + 1])
    return [_whole(texts, start + x, stop + x, x) for start, stop in ranges]


def _bridges(sgrs: Sequence[str], start: int, stop: int) -> bool:
    if stop - start > _BRIDGE:
        return False
    return all(sgrs[at] == sgrs[start - 1] for at in range(start, stop + 1))


def _whole(texts: Sequence[str], start: int, stop: int, x: int) -> tuple[int, int]:
    """The range widened to whole characters."""
    while start > x and texts[start - x] == "":
        start -= 1
    while stop - x < len(texts) and texts[stop - x] == "":
        stop += 1
    return start, stop


def sequences(
    y: int,
    x: int,
    texts: Sequence[str],
    sgrs: Sequence[str],
    ranges: Iterable[tuple[int, int]],
    pen: str,
) -> tuple[str, str]:
    """The bytes that draw `ranges` of a line beginning at column `x`, and the pen they leave.

    The pen is the SGR in force; it is only sent when it changes.
    """
    sent: list[str] = []
    for start, stop in ranges:
        sent.append(f"\x1b[{y + 1};{start + 1}H")
        for at in range(start - x, stop - x):
            if sgrs[at] != pen:
                pen = sgrs[at]
                sent.append(f"\x1b[0;{pen}m" if pen else "\x1b[0m")
            sent.append(texts[at])
    return "".join(sent), pen
