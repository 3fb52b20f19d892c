"""The models of an Ollama: pull, load, unload, delete, and the one that bursts are fired at."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from burstview import deck
from burstview.engine_questions import Answer, Question
from burstview.launch_keys import STORE
from burstview.launch_values import FieldError, one_word
from burstview.messages import Complaint, ModelChosen
from burstview.screens.store_look import LookingScreen
from burstview.widgets.store_table import StoreTable
from burstview_engines.core.managed import StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal
from burstview_engines.source import SessionError

_CHANGES = ("pull", "load", "unload", "delete", "cancel")


class StoreScreen(LookingScreen):
    """Each wish is a worker of the app: leaving the screen ends no pull."""

    BINDINGS: ClassVar[list[BindingType]] = list(STORE)

    class Done(Message):
        """A wish is fulfilled, or refused with a sentence."""

        def __init__(self, model: str, problem: str = "") -> None:
            super().__init__()
            self.model, self.problem = model, problem

    @property
    def chosen(self) -> StoredModel | None:
        """The model that the keys mean."""
        table = self.query_one(StoreTable)
        return next((m for m in table.models or () if m.name == table.selected), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what is impossible now."""
        if action not in (*_CHANGES, "use") or not self.can_draw:
            return True
        return True if self._is_possible(action) else None

    def _is_possible(self, action: str) -> bool:
        engine, model = self.engine, self.chosen
        if action == "use":
            return model is not None and deck.view(self.key, self.last).backend is not None
        if engine is None or not engine.may_change or self.control.is_read_only:
            return False
        if action in ("pull", "cancel"):
            return self.is_pulling == (action == "cancel")
        if model is None or model.name in self.busy:
            return False
        return action == "delete" or model.loaded == (action == "unload")

    def action_pull(self) -> None:
        """Into the field for the next one."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def pull(self, event: Input.Submitted) -> None:
        """Enter in the field pulls; what makes no sense stays in it, with the sentence."""
        model = event.value.strip()
        try:
            one_word(model, "A model's tag")
        except FieldError as refusal:
            self.say(str(refusal))
            return
        if not self._is_possible("pull"):
            self.say("Nothing can be pulled now: see the keys below.")
            return
        event.input.value = ""
        self.query_one(StoreTable).focus()
        self._begin(model, "pulling", self.control.pull_model(self.key, model))

    def action_cancel(self) -> None:
        """End the pull."""
        self.control.cancel_pull(self.key)

    def action_load(self) -> None:
        """Load the selected one."""
        if (model := self.chosen) is not None:
            self._begin(model.name, "loading", self.control.load_model(self.key, model.name))

    def action_unload(self) -> None:
        """Unload the selected one."""
        if (model := self.chosen) is not None:
            self._begin(model.name, "unloading", self.control.unload_model(self.key, model.name))

    def action_use(self) -> None:
        """The backend's model from now on."""
        if (model := self.chosen) is not None:
            self.post_message(ModelChosen(self.key, model.name))

    def action_delete(self) -> None:
        """After a question."""
        from burstview.screens.confirm import ConfirmScreen  # only when it is due

        model = self.chosen
        if model is None:
            return

        def take(answer: Answer | None) -> None:
            if answer is not None:
                wish = self.control.delete_model(self.key, model.name)
                self._begin(model.name, "deleting", wish)

        self.app.push_screen(ConfirmScreen(deleting(model)), take)

    def action_back(self) -> None:
        """Out of the field first; then back."""
        if self.query_one(Input).has_focus:
            self.query_one(StoreTable).focus()
        else:
            self.app.pop_screen()

    def _begin(self, model: str, what: str, wish: Awaitable[None]) -> None:
        """The app's worker, not the screen's: leaving the screen ends no pull."""
        self.busy[model] = what
        self.say("")
        self.app.run_worker(
            self._carry_out(model, wish), group="store-wish", exit_on_error=False, name=what
        )

    async def _carry_out(self, model: str, wish: Awaitable[None]) -> None:
        app, problem = self.app, ""
        try:
            await wish
        except SessionError as refusal:
            problem = str(refusal)
        if self.is_attached:
            self.post_message(self.Done(model, problem))
        elif problem:
            app.post_message(Complaint(problem))

    @on(Done)
    def take_end(self, message: Done) -> None:
        """Look at once at what it has become."""
        self.busy.pop(message.model, None)
        self.say(message.problem)
        self.look()


def deleting(model: StoredModel) -> Question:
    """What is lost by it."""
    name = one_line(model.name, 60)
    size = f" {decimal(model.size_bytes)} become free." if model.size_bytes else ""
    loaded = ("It is loaded now, and is unloaded first.",) if model.loaded else ()
    return Question(
        f"Delete {name}?",
        (f"It is deleted from the store.{size}", *loaded, "It can only be pulled again."),
        "Delete",
    )
