"""What was checked before a start, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.reactive import reactive

from burstview.draw.finding_rows import Found, finding_rows
from burstview.widgets.rows import Row, Rows


class FindingList(Rows):
    """A glyph and a word for each level; sentences wrap, what is well is cut."""

    PREFIX = "findings"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "findings--ok",
        "findings--note",
        "findings--warning",
        "findings--problem",
        "findings--name",
        "findings--step",
    }
    DEFAULT_CSS = """
    FindingList {
        height: auto;
        width: 1fr;
        & > .findings--ok { color: $success; }
        & > .findings--note { color: $secondary; }
        & > .findings--warning { color: $warning; text-style: bold; }
        & > .findings--problem { color: $error; text-style: bold; }
        & > .findings--name { color: $muted-text; }
        & > .findings--step { color: $accent; }
    }
    """

    findings: reactive[tuple[Found, ...]] = reactive[tuple[Found, ...]](())
    """In the order in which they were checked."""

    def watch_findings(self) -> None:
        """Draw what changed."""
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """Wrapped to the width."""
        return finding_rows(self.findings, width)
