"""Choosing one of the models that a backend lists."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from burstview.messages import ModelChosen
from burstview_engines.core.backend import Backend
from burstview_engines.core.text import one_line


class ModelScreen(Screen[ModelChosen | None]):
    """Gives back the choice, or None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Keep the model.", id="models.back"),
    ]

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend = backend

    def compose(self) -> ComposeResult:
        """The models in the server's order, the used one marked."""
        yield Static(
            f" Models of {one_line(self.backend.name)}", classes="screen-title", markup=False
        )
        yield OptionList(*(Option(self._prompt(model)) for model in self.backend.models))
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The cursor begins on the model in use."""
        options = self.query_one(OptionList)
        if self.backend.model in self.backend.models:
            options.highlighted = self.backend.models.index(self.backend.model)
        options.focus()

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click chooses."""
        self.dismiss(ModelChosen(self.backend.key, self.backend.models[event.option_index]))

    def _prompt(self, model: str) -> Content:
        mark = "● " if model == self.backend.model else "  "
        return Content(f"{mark}{one_line(model)}")
