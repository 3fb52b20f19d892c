"""The whole command line that equals a start, to be read and copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.reactive import reactive

from burstview.draw.command_rows import command_rows
from burstview.widgets.rows import Row, Rows


class CommandLine(Rows):
    """Wrapped between its words; a click copies it."""

    PREFIX = "command"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"command--word", "command--more"}
    DEFAULT_CSS = """
    CommandLine {
        height: auto;
        width: 1fr;
        background: $surface;
        & > .command--more { color: $muted-text; }
    }
    """

    commands: reactive[tuple[str, ...]] = reactive[tuple[str, ...]](())
    """Each on one line; secrets are masked in them."""

    def watch_commands(self) -> None:
        """Draw what changed."""
        self.redraw()

    async def on_click(self) -> None:
        """Copy it."""
        await self.run_action("screen.copy")

    def picture(self, width: int) -> Sequence[Row]:
        """One below the other; none while there are none."""
        return [row for command in self.commands for row in command_rows(command, width)]
