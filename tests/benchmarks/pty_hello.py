"""The least a Textual program does: what the monitor's first paint is compared with.

A module of its own, so that it pays for nothing but Textual.
"""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("Hello, world")


if __name__ == "__main__":
    Hello().run()
