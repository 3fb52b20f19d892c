"""The settings of the next burst."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Footer, Input, RadioButton, RadioSet, Static

from burstview import plan_form
from burstview.plan_form import Form, FormError
from burstview_engines.core.plan import BurstPlan, Thinking

THINKING: tuple[tuple[Thinking, str], ...] = (
    ("as-is", "as the engine does"),
    ("off", "off"),
    ("on", "on"),
)
SWITCHES = {
    "equal_lengths": ("Equal lengths", "ask for answers of exactly so many tokens, if it can"),
    "warm_up": ("Warm-up", "once unseen, then three alone; without it no gain"),
    "stream": ("Stream", "without it the verdict is an estimate"),
}


class Check(Checkbox):
    """Off is an empty box, not only another colour."""

    def on_mount(self) -> None:
        """The mark as the value is at first."""
        self.BUTTON_INNER = "X" if self.value else " "

    def watch_value(self) -> None:
        """The mark goes with the value."""
        self.BUTTON_INNER = "X" if self.value else " "
        super().watch_value()


class Choice(RadioButton):
    """Off is an empty button, not only another colour."""

    def on_mount(self) -> None:
        """The mark as the value is at first."""
        self.BUTTON_INNER = "●" if self.value else " "

    def watch_value(self) -> None:
        """The mark goes with the value."""
        self.BUTTON_INNER = "●" if self.value else " "
        super().watch_value()


class SettingsScreen(Screen[BurstPlan | None]):
    """Gives back the plan, or None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "dismiss(None)",
            "Cancel",
            tooltip="Leave the settings as they were.",
            id="settings.back",
        ),
        Binding(
            "ctrl+s",
            "accept",
            "Accept",
            tooltip="Use these settings for the next burst.",
            id="settings.accept",
            priority=True,
        ),
    ]

    def __init__(self, plan: BurstPlan) -> None:
        super().__init__()
        self.plan = plan

    def compose(self) -> ComposeResult:
        """One row a setting, its meaning beside it."""
        form = plan_form.from_plan(self.plan)
        yield Static(" Settings of the next burst", classes="screen-title")
        with VerticalScroll():
            yield from _field("max_tokens", "Tokens", form.max_tokens, "an answer, at most")
            yield from _field("prompt", "Prompt", form.prompt, "what every request asks")
            yield from _field(
                "prompt_tokens", "Prompt tokens", form.prompt_tokens, "as written", "padded to it"
            )
            yield from _field(
                "temperature", "Temperature", form.temperature, "not sent", "0 to 2, or empty"
            )
            with Horizontal(classes="setting"):
                yield Static("Thinking", classes="setting-name")
                with RadioSet(id="thinking", compact=True):
                    for value, words in THINKING:
                        yield Choice(words, form.thinking == value, compact=True)
            yield from _switch("equal_lengths", form.equal_lengths)
            yield from _switch("warm_up", form.warm_up)
            yield from _switch("stream", form.stream)
            yield Static(id="refusal", markup=False)
            with Horizontal(classes="setting"):
                yield Button("Accept (ctrl+s)", id="accept", variant="primary", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with the tokens."""
        self.query_one("#max_tokens", Input).focus()

    @on(Input.Submitted)
    def enter(self) -> None:
        """Enter in any field accepts all."""
        self.action_accept()

    @on(Button.Pressed, "#accept")
    def press_accept(self) -> None:
        """The same by mouse."""
        self.action_accept()

    @on(Button.Pressed, "#cancel")
    def press_cancel(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)

    def action_accept(self) -> None:
        """Give the plan back, or say what is wrong and stay."""
        try:
            plan = plan_form.to_plan(self._form(), self.plan)
        except FormError as refusal:
            self.query_one("#refusal", Static).update(f"⚠ {refusal}")
            self.query_one(f"#{refusal.field}", Input).focus()
            return
        self.dismiss(plan)

    def _form(self) -> Form:
        chosen = self.query_one("#thinking", RadioSet).pressed_index
        return Form(
            max_tokens=self._text("max_tokens"),
            prompt=self._text("prompt"),
            prompt_tokens=self._text("prompt_tokens"),
            temperature=self._text("temperature"),
            thinking=THINKING[max(0, chosen)][0],
            equal_lengths=self._is_on("equal_lengths"),
            warm_up=self._is_on("warm_up"),
            stream=self._is_on("stream"),
        )

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value

    def _is_on(self, name: str) -> bool:
        return self.query_one(f"#{name}", Checkbox).value


def _field(name: str, words: str, value: str, empty: str, meaning: str = "") -> ComposeResult:
    with Horizontal(classes="setting"):
        yield Static(words, classes="setting-name")
        yield Input(value, id=name, placeholder=empty, compact=True)
        yield Static(meaning or empty, classes="setting-meaning")


def _switch(name: str, value: bool) -> ComposeResult:
    words, meaning = SWITCHES[name]
    with Horizontal(classes="setting"):
        yield Static(words, classes="setting-name")
        yield Check(meaning, value, id=name, compact=True)
