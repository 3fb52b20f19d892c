"""The command that equals an engine's start, to be copied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from burstview_engines.core.text import harmless, one_line

COPIED = (
    "Copied, if this terminal lets programs use the clipboard (OSC 52); else select it with the"
    " mouse. Secrets are masked."
)


class EngineCommandScreen(Screen[None]):
    """Copies at once: that is what it was opened for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,enter",
            "app.pop_screen",
            "Back",
            tooltip="Back to the engines.",
            id="command.back",
            key_display="esc",
        ),
        Binding("y", "copy", "Copy", tooltip="Copy it again.", id="command.copy"),
    ]

    def __init__(self, name: str, command: str) -> None:
        super().__init__()
        self.engine_name, self.command = name, harmless(command)

    def compose(self) -> ComposeResult:
        """The command, wrapped where the terminal ends."""
        title = f" How {one_line(self.engine_name, 60)} is started"
        yield Static(title, classes="screen-title", markup=False)
        with VerticalScroll():
            yield Static(self.command, id="command", markup=False)
            yield Static(COPIED, id="copied", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Into the clipboard."""
        self.action_copy()

    def action_copy(self) -> None:
        """Into the terminal's clipboard."""
        self.app.copy_to_clipboard(self.command)
