"""The first line of a screen about engines: what it is, and which machine it acts on."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview_engines.core.text import one_line


class Head(Widget):
    """The name and the mark are never cut; the endpoint loses its end when it must."""

    DEFAULT_CSS = """
    Head { height: 1; width: 1fr; background: $panel; }
    """

    words: reactive[str] = reactive("")
    """What is shown."""
    mark: reactive[str] = reactive("")
    """`READ-ONLY` and the like; empty most of the time."""
    where: reactive[str] = reactive("")
    """The daemon's endpoint and how it was chosen."""

    def render(self) -> Content:
        """Words left, mark beside them, endpoint right."""
        left = Content.styled(f" {one_line(self.words)} ", "bold $primary")
        mark = Content.styled(f" {self.mark} ", "bold reverse") if self.mark else Content("")
        room = max(0, self.size.width - len(left) - len(mark) - 2)
        where = Content.styled(one_line(self.where), "$secondary").truncate(room, ellipsis=True)
        gap = max(1, self.size.width - len(left) - len(mark) - len(where) - 1)
        return Content.assemble(left, mark, " " * gap, where)
