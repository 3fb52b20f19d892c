"""Rows of runs on screen: the line-API base of tables, ladders and bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from burstview.draw.runs import Run

Row = tuple[Run, ...]


class Rows(Widget):
    """Draws what `picture` gives; a row that did not change is not drawn again."""

    PREFIX: ClassVar[str] = ""
    """Of the component classes that the runs' kinds name."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        self._rows: list[Row] = []
        self._kinds: dict[str, Style] = {}
        super().__init__(id=id, classes=classes)

    def picture(self, width: int) -> Sequence[Row]:
        """All rows, each of exactly `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Compare with what was drawn; refresh the rows that differ."""
        if not self.is_attached:
            return
        rows = list(self.picture(self.size.width))
        before, self._rows = self._rows, rows
        if len(rows) != len(before):
            self.refresh(layout=True)
            return
        changed = [y for y, row in enumerate(rows) if row != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def on_resize(self) -> None:
        """The rows are fitted anew."""
        self.redraw()

    def notify_style_update(self) -> None:
        """Colours are read again when the theme changed."""
        super().notify_style_update()
        self._kinds.clear()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each row there is."""
        return len(self.picture(width))

    def render_line(self, y: int) -> Strip:
        """One row."""
        runs = self._rows[y] if y < len(self._rows) else ()
        segments = [Segment(text, self.style_of(kind)) for text, kind, _ in runs]
        return Strip(segments).adjust_cell_length(self.size.width, self.style_of(""))

    def style_of(self, kind: str) -> Style:
        """The component style of a run's kind."""
        style = self._kinds.get(kind)
        if style is None:
            name = f"{self.PREFIX}--{kind}"
            is_named = kind and name in self.COMPONENT_CLASSES
            style = self.get_component_rich_style(name) if is_named else self.rich_style
            self._kinds[kind] = style
        return style
