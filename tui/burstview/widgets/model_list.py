"""A list whose ends lead on to the fields around it."""

from __future__ import annotations

from textual.widgets import OptionList


class ModelList(OptionList):
    """Up from the first and down from the last leave the list."""

    def on_focus(self) -> None:
        """The pointer is there at once."""
        if self.highlighted is None and self.option_count:
            self.highlighted = 0

    def action_cursor_down(self) -> None:
        """The model below, or the field below."""
        if self.highlighted == self.option_count - 1:
            self.screen.focus_next()
        else:
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """The model above, or the field above."""
        if self.highlighted in (None, 0):
            self.screen.focus_previous()
        else:
            super().action_cursor_up()
