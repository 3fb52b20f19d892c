"""Names on the left, values on the right, wrapped values hanging."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview.facts import Facts

LEAST_ROOM = 30
"""Cells; where values have fewer, a longer one begins below its name: a sentence in a column of ten
cells cannot be read."""
INDENT = 2


class FactsTable(Widget):
    """A few rows of figures; redrawn only when one changed."""

    DEFAULT_CSS = """
    FactsTable { height: auto; width: 1fr; padding: 0 1; }
    """

    facts: reactive[Facts] = reactive(list, layout=True)
    """Name and value of each row."""

    def __init__(self, facts: Facts | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(FactsTable.facts, facts or [])

    def on_resize(self) -> None:
        """Values are wrapped anew."""
        self.refresh(layout=True)

    def render(self) -> Content:
        """Names are padded to the longest; a long value hangs below its beginning."""
        names = max((len(name) for name, _ in self.facts), default=0)
        width = self.size.width or 1000
        rows = [_row(name, value, names, width) for name, value in self.facts]
        return Content("\n").join(rows)


def _row(name: str, value: str, names: int, width: int) -> Content:
    room, indent = width - names - 2, names + 2
    if room < min(LEAST_ROOM, len(value)):
        lines = ["", *wrap(value, max(12, width - INDENT))]
        indent = INDENT
    else:
        lines = wrap(value, max(12, room)) or [""]
    hanging = ("\n" + " " * indent).join(lines)
    return Content.assemble((f"{name:<{names}}  ", "$muted-text"), hanging)
