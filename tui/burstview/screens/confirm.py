"""A question before something is changed that cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from burstview.engine_questions import Answer, Question
from burstview.screens.settings import Check
from burstview_engines.core.text import one_line


class ConfirmScreen(ModalScreen[Answer | None]):
    """Gives back the answer, or None; Cancel has the focus, and escape means it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Cancel", tooltip="Change nothing.", id="confirm.cancel"
        ),
        Binding(
            "left,up",
            "app.focus_previous",
            "Before",
            False,
            tooltip="The button before.",
            id="confirm.before",
        ),
        Binding(
            "right,down",
            "app.focus_next",
            "Next",
            False,
            tooltip="The next button.",
            id="confirm.next",
        ),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """What is asked, what will happen, and the buttons."""
        with Vertical(id="question"):
            yield Static(self.question.title, id="question-title", markup=False)
            for sentence in self.question.consequences:
                yield Static(f"· {sentence}", classes="consequence", markup=False)
            if self.question.tick is not None:
                yield Check(self.question.tick, False, id="question-tick", compact=True)
            yield Static(id="question-typed-words", markup=False)
            yield Input(id="question-typed", compact=True)
            with Horizontal(id="question-buttons"):
                yield Button("Cancel (esc)", id="question-cancel", compact=True)
                yield Button(self.question.verb, id="question-do", variant="error", compact=True)

    def on_mount(self) -> None:
        """Nothing happens by mistake: Cancel first."""
        self.query_one("#question-cancel", Button).focus()
        self._weigh()

    @on(Input.Changed)
    @on(Check.Changed)
    def _weigh(self) -> None:
        """The button works once what must be typed is typed."""
        wanted = self._wanted
        field = self.query_one("#question-typed", Input)
        words = self.query_one("#question-typed-words", Static)
        field.display = words.display = wanted is not None
        words.update(f"Type its name to confirm: {one_line(wanted or '', 80)}")
        do = self.query_one("#question-do", Button)
        do.disabled = wanted is not None and field.value.strip() != wanted

    @on(Input.Submitted)
    def enter(self) -> None:
        """Enter behind the right name does it."""
        if not self.query_one("#question-do", Button).disabled:
            self._do()

    @on(Button.Pressed, "#question-cancel")
    def cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    @on(Button.Pressed, "#question-do")
    def _do(self) -> None:
        self.dismiss(Answer(is_ticked=self._is_ticked))

    @property
    def _is_ticked(self) -> bool:
        return any(box.value for box in self.query(Check))

    @property
    def _wanted(self) -> str | None:
        """What must be typed, if anything."""
        if self.question.typed is not None:
            return self.question.typed
        return self.question.tick_typed if self._is_ticked else None
