"""One of a few choices in one line; the arrows change it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from burstview.draw.choices import choice_at, choices_row


class Chooser(Widget, can_focus=True):
    """Values and how each is called; one is always chosen."""

    STYLES: ClassVar[set[str]] = {
        "chooser--chosen",
        "chooser--other",
        "chooser--arrow",
        "chooser--focused",
    }
    """Component classes that the screen must have: one set of them for all choosers."""
    DEFAULT_CSS = """
    Chooser { height: 1; width: 1fr; &:focus { background: $surface; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left", "move(-1)", "Before", False, tooltip="The choice before.", id="chooser.before"
        ),
        Binding(
            "right,space",
            "move(1)",
            "Next",
            False,
            tooltip="The next choice.",
            id="chooser.next",
            key_display="→ space",
        ),
    ]

    value: reactive[str] = reactive("")
    """The chosen one."""

    @dataclass
    class Changed(Message):
        """Another one was chosen."""

        chooser: Chooser
        value: str

    def __init__(
        self, choices: Sequence[tuple[str, str]], value: str, *, id: str | None = None
    ) -> None:
        """`choices` are (value, words); a `value` that is none of them is added to them."""
        super().__init__(id=id)
        known = [choice for choice, _ in choices]
        self.choices = [*choices] if value in known else [*choices, (value, value)]
        self.set_reactive(Chooser.value, value)

    def watch_value(self, old: str, value: str) -> None:
        """Tell the form."""
        if old != value:
            self.post_message(self.Changed(self, value))

    def action_move(self, step: int) -> None:
        """To the neighbour, round at the ends."""
        self._put(self._at + step)

    def on_click(self, event: events.Click) -> None:
        """The one under the pointer."""
        at = choice_at(self._labels, self._at, self.size.width, event.x)
        if at is not None:
            self._put(at)

    def render_line(self, y: int) -> Strip:
        """All of them, or the chosen one."""
        runs = choices_row(self._labels, self._at, self.size.width)
        segments = [Segment(text, self._style_of(kind)) for text, kind, _ in runs]
        return Strip(segments, self.size.width)

    def _style_of(self, kind: str) -> Style:
        """The screen's, on the ground of this widget."""
        plain = self.rich_style
        if not kind:
            return plain
        kind = "focused" if kind == "chosen" and self.has_focus else kind
        named = self.screen.get_component_rich_style(f"chooser--{kind}", partial=True)
        return plain + named

    @property
    def _labels(self) -> list[str]:
        return [words for _, words in self.choices]

    @property
    def _at(self) -> int:
        values = [value for value, _ in self.choices]
        return values.index(self.value) if self.value in values else 0

    def _put(self, at: int) -> None:
        self.value = self.choices[at % len(self.choices)][0]
