"""A log that is followed: the newest lines at the bottom, or held still while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from burstview.draw.log_rows import STAMP_CELLS, log_row, short_stamp
from burstview.draw.runs import Run, clip, fit
from burstview.log_book import WIDEST, LogBook
from burstview.log_book import Row as BookRow
from burstview.widgets.rows import Row, Rows
from burstview_engines.control import LogLine, LogView

_KINDS = ("stamp", "remark", "found", "current")
_MOST_STRIPS = 2_000


class LogPane(ScrollView, can_focus=True):
    """Only rows in sight are made into strips, each once; without new lines nothing happens.

    Held still, it takes no lines in: what is read stays where it is, and costs nothing.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log-pane--{kind}" for kind in _KINDS}
    DEFAULT_CSS = """
    LogPane {
        height: 1fr;
        width: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .log-pane--stamp { color: $text-muted; }
        & > .log-pane--remark { color: $text-muted; text-style: italic; }
        & > .log-pane--found { color: $warning; text-style: bold underline; }
        & > .log-pane--current { color: $warning; text-style: bold reverse; }
    }
    """

    is_held: reactive[bool] = reactive(False)
    """New lines wait."""
    wraps: reactive[bool] = reactive(True)
    """Long lines are broken."""
    stamps: reactive[bool] = reactive(False)
    """Each line's time stands before it."""
    current: reactive[int | None] = reactive[int | None](None)
    """Number of the line that a search points at."""

    @dataclass
    class Changed(Message):
        """It was held or goes on, or shows something else: the words about it are due."""

    def __init__(self, *, id: str | None = None) -> None:
        self.book = LogBook()
        self._strips: dict[tuple[int, int], Strip] = {}
        self._kinds: dict[str, Style] = {}
        super().__init__(id=id)

    # lines

    def follow(self, view: LogView) -> bool:
        """Take in what is new; whether anything was."""
        if self.is_held or view.last_number <= self.book.last_number:
            return False
        shown = len(self.book.rows)
        self.book.take(view.since(self.book.last_number))
        self._fit()
        if self.virtual_size.height <= self.size.height:
            self.refresh_lines(shown, len(self.book.rows) - shown)
        else:
            self.refresh()
            self._to_end()
        return True

    def waiting(self, view: LogView) -> int:
        """How many lines came while it is held."""
        return max(0, view.last_number - self.book.last_number)

    def search(self, query: str, *, only_matches: bool) -> None:
        """Mark `query`, and leave out other lines if wanted."""
        self.book.search(query, only_matches=only_matches)
        if self.current not in self.book.matches:
            self.current = None
        self._lay_out_anew()

    def go_to_match(self, step: int) -> None:
        """Hold the log at the next match in that direction."""
        number = self.book.match(self._from(step), step)
        row = self.book.row_of(number) if number is not None else None
        if row is None:
            return
        self.is_held = True
        self.current = number
        self.scroll_to(y=max(0, row - self.size.height // 2), force=True)
        self.is_held = True

    def _from(self, step: int) -> int:
        """The search begins at the match pointed at, else at the edge of what is in sight."""
        if self.current is not None:
            return self.current
        rows, top = self.book.rows, self.scroll_offset.y
        edge = top if step > 0 else top + self.size.height - 1
        if not rows:
            return 0
        return rows[max(0, min(edge, len(rows) - 1))].line.number - step

    # looks

    def watch_is_held(self, is_held: bool) -> None:
        """Going on, it is at the newest line again."""
        if not is_held:
            self._to_end()
        self.post_message(self.Changed())

    def watch_wraps(self) -> None:
        """Lay the rows out anew."""
        self._lay_out_anew()

    def watch_stamps(self) -> None:
        """Lay the rows out anew."""
        self._lay_out_anew()

    def watch_current(self) -> None:
        """The mark moved."""
        self._strips.clear()
        self.refresh()
        self.post_message(self.Changed())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up holds the log; scrolling to its end lets it go on."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) < self.max_scroll_y and new_value < old_value:
            self.is_held = True
        elif self.is_held and old_value < new_value and round(new_value) >= self.max_scroll_y:
            self.is_held = False

    def on_resize(self) -> None:
        """Wrapped lines are broken anew."""
        self._lay_out_anew()

    def notify_style_update(self) -> None:
        """Colours are read again when the theme changed."""
        super().notify_style_update()
        self._kinds.clear()
        self._strips.clear()

    def scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        *,
        force: bool = False,
        **looks: object,
    ) -> None:
        """At once: every frame of an animation would go over the network."""
        super().scroll_to(x, y, animate=False, force=force)

    def action_scroll_end(self) -> None:
        """To the newest line, and on with it."""
        self.is_held = False
        self._to_end()

    def render_line(self, y: int) -> Strip:
        """The row that is scrolled there."""
        left, top = self.scroll_offset
        index, width = top + y, self.size.width
        if index >= len(self.book.rows):
            return Strip.blank(width, self._style(""))
        strip = self._strip(self.book.rows[index])
        is_whole = not left and strip.cell_length == width
        return strip if is_whole else strip.crop_extend(left, left + width, self._style(""))

    def _strip(self, row: BookRow) -> Strip:
        key = (row.line.number, row.start)
        strip = None if row.is_gap else self._strips.get(key)
        if strip is None:
            if len(self._strips) >= _MOST_STRIPS:
                self._strips.clear()
            filled = Strip(self._segments(row)).extend_cell_length(self.size.width, self._style(""))
            strip = self._strips[key] = filled
        return strip

    def _segments(self, row: BookRow) -> list[Segment]:
        stamp = None
        if self.stamps:
            stamp = short_stamp(row.line.stamp) if row.start == 0 else ""
        found = "current" if row.line.number == self.current else "found"
        kind = "remark" if row.line.is_remark else ""
        runs = log_row(row.text[:WIDEST], self.book.spans(row), kind, found, stamp)
        return [Segment(run.text, self._style(run.kind)) for run in runs]

    def _style(self, kind: str) -> Style:
        style = self._kinds.get(kind)
        if style is None:
            style = self.get_component_rich_style(f"log-pane--{kind}") if kind else self.rich_style
            self._kinds[kind] = style
        return style

    def _lay_out_anew(self) -> None:
        if not self.is_attached or not self.size.width:
            return
        room = self.size.width - (STAMP_CELLS if self.stamps else 0)
        self.book.wrap(max(8, room) if self.wraps else None)
        self._strips.clear()
        self._fit()
        if not self.is_held:
            self._to_end()
        self.refresh()
        self.post_message(self.Changed())

    def _fit(self) -> None:
        """The size that can be scrolled over; within the pane it stays, or all is drawn anew."""
        wide = 0 if self.wraps else self.book.widest + (STAMP_CELLS if self.stamps else 0)
        self.virtual_size = Size(wide, max(len(self.book.rows), self.size.height))

    def _to_end(self) -> None:
        """Also before the scrollbar is there."""
        self.scroll_to(y=self.max_scroll_y, force=True)


class LogTail(Rows):
    """The newest lines of a log, cut at the edge; as many as there is room for."""

    PREFIX = "log-tail"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log-tail--remark", "log-tail--text"}
    DEFAULT_CSS = """
    LogTail {
        height: 1fr;
        width: 1fr;
        min-height: 1;
        & > .log-tail--remark { color: $text-muted; text-style: italic; }
    }
    """

    lines: reactive[tuple[LogLine, ...]] = reactive[tuple[LogLine, ...]]((), repaint=False)
    """The newest last."""

    def picture(self, width: int) -> Sequence[Row]:
        """A row a line, the newest at the bottom."""
        shown = self.lines[-self.size.height :] if self.size.height else ()
        return tuple(
            fit((Run(" "), Run(clip(line.text, width - 1), _kind(line))), width) for line in shown
        )

    def watch_lines(self) -> None:
        """Draw what changed."""
        self.redraw()


def _kind(line: LogLine) -> str:
    return "remark" if line.is_remark else "text"
