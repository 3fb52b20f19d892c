"""Names on the left, values on the right, wrapped values hanging."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview.facts import Facts


class FactsTable(Widget):
    """A few rows of figures; redrawn only when one changed."""

    DEFAULT_CSS = """
    FactsTable { height: auto; width: 1fr; padding: 0 1; }
    """

    facts: reactive[Facts] = reactive(list, layout=True)
    """Name and value of each row."""

    def render(self) -> Content:
        """Names are padded to the longest."""
        width = max((len(name) for name, _ in self.facts), default=0)
        rows = [
            Content.assemble((f"{name:<{width}}  ", "$muted-text"), value)
            for name, value in self.facts
        ]
        return Content("\n").join(rows)
