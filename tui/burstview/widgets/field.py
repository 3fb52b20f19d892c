"""A row of a form: a name, what is typed or chosen, and what it means or what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from burstview.draw.field_rows import LABEL, field_rows
from burstview.draw.runs import Run
from burstview.launch_fields import FieldWords
from burstview.widgets.chooser import Chooser
from burstview.widgets.rows import Row, Rows
from burstview_engines.core.text import one_line

Choices = Sequence[tuple[str, str]]
SHORT, LONG, ALONE = "-short", "-long", "-alone"
_NARROW = 100
"""Cells of a row below which a short editor is shorter."""
_BESIDE_LONG = 32


class Field(Rows):
    """Draws its own words, so that a row is two widgets and not four."""

    STYLES: ClassVar[set[str]] = {
        "field--label",
        "field--label-wrong",
        "field--label-focused",
        "field--wrong",
        "field--warned",
        "field--note",
    }
    """Component classes that the screen must have: one set of them for all fields."""
    DEFAULT_CSS = """
    Field { height: auto; width: 1fr; }
    Field > Input > .input--placeholder { color: $muted-text; }
    Field.-short > Input, Field.-short > Chooser { width: 26; margin: 0 0 0 24; }
    Field.-long > Input, Field.-long > Chooser { width: 1fr; margin: 0 33 0 24; }
    Field.-alone > Input, Field.-alone > Chooser { width: 1fr; margin: 0 1 0 24; }
    """

    @dataclass
    class Changed(Message):
        """Another text stands there."""

        field: Field

    def __init__(
        self,
        words: FieldWords,
        text: str,
        *,
        key: str | None = None,
        choices: Choices | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        """`key` is the field's name in the form; `choices` make it a row of choices."""
        self.key, self.words = key or words.name, words
        self.error = ""
        """Stands in place of the meaning."""
        self.warning = ""
        """The same, if there is no error."""
        self._text, self._choices, self._suggestions = text, choices, tuple(suggestions)
        self._editor: Chooser | Input | None = None
        self.shape = ALONE if not words.note else LONG if words.is_long else SHORT
        super().__init__(id=f"field-{self.key}", classes=self.shape)

    def compose(self) -> ComposeResult:
        """The one thing that takes keys."""
        yield self.editor

    @property
    def editor(self) -> Chooser | Input:
        """Made when it is first wanted: a form has dozens, and most are not seen at first."""
        if self._editor is None:
            self._editor = self._new_editor()
        return self._editor

    def _new_editor(self) -> Chooser | Input:
        if self._choices is not None:
            return Chooser(self._choices, self._text)
        return Input(
            self._text,
            placeholder=self.words.empty,
            compact=True,
            select_on_focus=False,
            suggester=SuggestFromList(self._suggestions) if self._suggestions else None,
        )

    @property
    def text(self) -> str:
        """What stands there."""
        return self._text if self._editor is None else self._editor.value

    @text.setter
    def text(self, text: str) -> None:
        """Nobody is told of it before there is an editor."""
        if self._editor is None:
            self._text = text
        else:
            self._editor.value = text

    def tell(self, *, error: str = "", warning: str = "") -> None:
        """What is wrong or doubtful; nothing of both brings the meaning back."""
        if (error, warning) != (self.error, self.warning):
            self.error, self.warning = one_line(error), warning
            self.redraw()

    def style_of(self, kind: str) -> Style:
        """The screen's: 24 fields with 6 styles each would be styled one by one."""
        if not kind:
            return self.rich_style
        return self.screen.get_component_rich_style(f"field--{kind}")

    def picture(self, width: int) -> Sequence[Row]:
        """The row, and more where what is wrong needs them."""
        start = {
            SHORT: LABEL + self._editor_cells(width) + 2,
            LONG: width - _BESIDE_LONG,
            ALONE: width,
        }[self.shape]
        label = Run(self.words.label, self._label_kind())
        wraps = bool(self.error or self.warning)
        return field_rows(label, self._note(), start, width, wraps=wraps)

    def on_resize(self) -> None:
        """A short editor leaves more room for words where there is little."""
        if self.shape == SHORT:
            self.editor.styles.width = self._editor_cells(self.size.width)
        super().on_resize()

    @staticmethod
    def _editor_cells(width: int) -> int:
        return 20 if width < _NARROW else 26

    def _note(self) -> Run:
        if self.error:
            return Run(f"✗ {self.error}", "wrong")
        return Run(self.warning, "warned") if self.warning else Run(self.words.note, "note")

    def _label_kind(self) -> str:
        if self.error:
            return "label-wrong"
        return "label-focused" if self.editor.has_focus else "label"

    def on_descendant_focus(self) -> None:
        """The name of the field in focus stands out."""
        self.redraw()

    def on_descendant_blur(self) -> None:
        """And no longer."""
        self.redraw()

    def on_click(self) -> None:
        """A click on the words means the field."""
        self.editor.focus()

    @on(Input.Changed)
    @on(Chooser.Changed)
    def pass_on(self, event: Input.Changed | Chooser.Changed) -> None:
        """The form hears of the field, not of what it is made of."""
        event.stop()
        self.post_message(self.Changed(self))
