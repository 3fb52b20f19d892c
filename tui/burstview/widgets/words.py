"""Styled words that are drawn again only when they changed."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

Said = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style; an `@click` in a style makes a piece a button."""


class WordsLine(Widget):
    """One line; what does not fit is cut at the right with an ellipsis."""

    DEFAULT_CSS = "WordsLine { height: 1; width: 1fr; }"

    said: reactive[Said] = reactive[Said](())
    """What stands there."""

    def render(self) -> Content:
        """Cut to the width."""
        return content(self.said).truncate(self.size.width, ellipsis=True)


class Paragraph(Widget):
    """As many lines as the words need; none when there are none."""

    DEFAULT_CSS = """
    Paragraph { height: auto; width: 1fr; &.-empty { display: none; } }
    """

    said: reactive[Said] = reactive[Said]((), layout=True)
    """What stands there."""

    def on_mount(self) -> None:
        """Empty at first."""
        self.set_class(not self.said, "-empty")

    def watch_said(self, said: Said) -> None:
        """Nothing said takes no room."""
        self.set_class(not said, "-empty")

    def render(self) -> Content:
        """Wrapped by the widget's width."""
        return content(self.said)


def content(said: Said) -> Content:
    """The pieces as one text."""
    return Content.assemble(*said)


def button(label: str, action: str) -> tuple[str, str]:
    """A piece that runs an action of the screen when it is clicked."""
    return (label, f"$accent bold @click=screen.{action}")
