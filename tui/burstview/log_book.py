"""The kept lines of a followed log as rows on screen: wrapped, filtered, searched. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from burstview_engines.control import LogLine
from burstview_engines.core.wording import count

KEPT_LINES = 5_000
"""Older ones go; a marker tells how many."""
WIDEST = 2_000
"""Cells of a line that is not wrapped; what is behind them is seen wrapped, or in the file."""


class Row(NamedTuple):
    """A part of a line: all of it unless it is wrapped."""

    line: LogLine
    start: int = 0
    end: int | None = None
    is_gap: bool = False
    """Ours: lines before this one are not kept."""

    @property
    def text(self) -> str:
        """What stands in this row."""
        return self.line.text[self.start : self.end]


class LogBook:
    """The one mutable object of a log on screen; numbers are those of the log's lines."""

    def __init__(self, kept: int = KEPT_LINES) -> None:
        self._kept = kept
        self._lines: list[LogLine] = []
        self._room: int | None = None
        self._query = ""
        self._only_matches = False
        self.rows: list[Row] = []
        """From top to bottom."""
        self.matches: list[int] = []
        """Numbers of the lines in which the query stands."""
        self.widest = 0
        """Cells of the widest row."""

    @property
    def last_number(self) -> int:
        """Of the newest line taken in; 0 before the first."""
        return self._lines[-1].number if self._lines else 0

    @property
    def lines(self) -> Sequence[LogLine]:
        """All kept lines, whatever is filtered."""
        return self._lines

    @property
    def query(self) -> str:
        """What is searched for; case does not count."""
        return self._query

    @property
    def only_matches(self) -> bool:
        """Lines without the query are left out."""
        return self._only_matches

    def take(self, lines: Sequence[LogLine]) -> None:
        """Take newer lines in; the oldest go where there are too many."""
        if not lines:
            return
        before = self.last_number
        self._lines.extend(lines)
        self.rows.extend(self._rows_of(lines, before))
        self.matches.extend(self._matches_in(lines))
        excess = len(self._lines) - self._kept
        if excess > 0:
            self._drop(excess)

    def wrap(self, room: int | None) -> None:
        """Break lines after so many cells; None: never."""
        if room != self._room:
            self._room = room
            self._lay_out()

    def search(self, query: str, *, only_matches: bool) -> None:
        """Mark the lines in which `query` stands; show only them if wanted."""
        is_other = query.casefold() != self._query
        filters = only_matches and bool(query)
        if is_other:
            self._query = query.casefold()
            self.matches = list(self._matches_in(self._lines))
        if (is_other and filters) or filters != self._only_matches:
            self._only_matches = filters
            self._lay_out()

    def match(self, number: int, step: int) -> int | None:
        """The matching line after (1) or before (-1) that line, round the end; None without any."""
        if not self.matches:
            return None
        if step > 0:
            return self.matches[bisect_right(self.matches, number) % len(self.matches)]
        return self.matches[bisect_left(self.matches, number) - 1]

    def place_of(self, number: int) -> int:
        """1 for the first match, 2 for the second; of a line that matches."""
        return bisect_left(self.matches, number) + 1

    def row_of(self, number: int) -> int | None:
        """Index of the first row of that line; None if it is not shown."""
        at = bisect_left(self.rows, number, key=lambda row: row.line.number)
        if at < len(self.rows) and self.rows[at].line.number == number:
            return at
        return None

    def spans(self, row: Row) -> list[tuple[int, int]]:
        """Where the query stands in a row, as offsets into its text."""
        if not self._query or row.is_gap:
            return []
        end = len(row.line.text) if row.end is None else row.end
        found = ((at, at + len(self._query)) for at in _found(row.line.text, self._query))
        return [
            (max(start, row.start) - row.start, min(stop, end) - row.start)
            for start, stop in found
            if start < end and stop > row.start
        ]

    def _matches_in(self, lines: Iterable[LogLine]) -> list[int]:
        if not self._query:
            return []
        return [line.number for line in lines if self._query in line.text.casefold()]

    def _lay_out(self) -> None:
        self.widest = 0
        self.rows = self._rows_of(self._lines, 0)

    def _rows_of(self, lines: Iterable[LogLine], before: int) -> list[Row]:
        rows: list[Row] = []
        for line in lines:
            if line.number > before + 1:
                rows.append(_gap(line.number, line.number - before - 1))
            before = line.number
            if not self._only_matches or self._query in line.text.casefold():
                rows += self._parts(line)
        return rows

    def _parts(self, line: LogLine) -> list[Row]:
        cells = len(line.text) if line.text.isascii() else cell_len(line.text)
        if self._room is None or cells <= self._room:
            self.widest = max(self.widest, min(cells, WIDEST))
            return [Row(line)]
        rows, start = [], 0
        for text in _chopped(line.text, self._room):
            rows.append(Row(line, start, start + len(text)))
            start += len(text)
        return rows

    def _drop(self, excess: int) -> None:
        """Forget the oldest lines; the marker above the rest tells how many lines came before."""
        del self._lines[:excess]
        first = self._lines[0].number
        del self.matches[: bisect_left(self.matches, first)]
        gone = bisect_left(self.rows, first, key=lambda row: row.line.number)
        del self.rows[:gone]
        self.rows.insert(0, _gap(first, first - 1))


def _gap(before: int, dropped: int) -> Row:
    """Numbered as the last of the lines that are not kept, so that rows stay in order."""
    verb = "is" if dropped == 1 else "are"
    words = f"— {count(dropped, 'line')} before this {verb} not kept —"
    return Row(LogLine(before - 1, "", words, is_remark=True), is_gap=True)


def _chopped(text: str, room: int) -> list[str]:
    if text.isascii():
        return [text[at : at + room] for at in range(0, len(text), room)]
    return chop_cells(text, room)


def _found(text: str, query: str) -> Iterable[int]:
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text.lower() if len(text.lower()) == len(text) else text
    at = folded.find(query)
    while at >= 0:
        yield at
        at = folded.find(query, at + len(query))
