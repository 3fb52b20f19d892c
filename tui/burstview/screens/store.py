"""The models of an Ollama: pull, load, unload, delete, and the one that bursts are fired at."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, Static
from textual.worker import Worker, WorkerState

from burstview import deck
from burstview.draw.progress import progress_row
from burstview.draw.runs import plain
from burstview.engine_questions import Answer, Question
from burstview.launch_keys import STORE
from burstview.launch_values import FieldError, one_word
from burstview.messages import Complaint, ModelChosen
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.head import Head
from burstview.widgets.store_table import StoreTable
from burstview.widgets.words import Paragraph
from burstview_engines.control import EngineControl
from burstview_engines.core.managed import ManagedEngine, StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal
from burstview_engines.source import Session, SessionError

EVERY = 2.0
"""Seconds between two looks at the store."""
PULLING = "pulling "
STALLED = "no byte for"
_CHANGES = ("pull", "load", "unload", "delete", "cancel")


class StoreScreen(LiveScreen):
    """Asks the Ollama every two seconds while it is on top; a pull goes on when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = list(STORE)
    DEFAULT_CSS = """
    StoreScreen #store-said { padding: 0 1; }
    StoreScreen #store-progress { height: 1; width: 1fr; display: none; color: $accent; }
    StoreScreen #store-progress.-stalled { color: $warning; text-style: bold; }
    StoreScreen #store-pull { height: 1; background: $surface; }
    StoreScreen #store-pull Static { width: auto; padding: 0 1; color: $muted-text; }
    StoreScreen #store-pull Input { width: 1fr; }
    StoreScreen #store-pull Input > .input--placeholder { color: $muted-text; }
    """

    class Listed(Message):
        """The Ollama was asked."""

        def __init__(self, models: Sequence[StoredModel], problem: str = "") -> None:
            super().__init__()
            self.models, self.problem = tuple(models), problem

    class Done(Message):
        """A wish is fulfilled, or refused with a sentence."""

        def __init__(self, model: str, problem: str = "") -> None:
            super().__init__()
            self.model, self.problem = model, problem

    def __init__(
        self,
        session: Session,
        control: EngineControl,
        key: str,
        clock: Clock = time.monotonic,
        *,
        tags: Sequence[str] = (),
        wall: Callable[[], float] = time.time,
        every: float = EVERY,
    ) -> None:
        """`tags` are offered for a pull; `wall` is Unix time."""
        super().__init__(session.fold, clock, session.snapshot())
        self.control, self.key, self.tags = control, key, tuple(tags)
        self.wall, self.every = wall, every
        self.busy: dict[str, str] = {}
        """What goes on with a model, by its name."""
        self.is_asking = False
        self._problem = ""
        self._is_from_look = False
        """The sentence is about looking, not about a wish: the next look may take it away."""
        self._drawn_at = 0

    def compose(self) -> ComposeResult:
        """The models, what went wrong, how far a pull is, and a field for the next."""
        yield Head()
        yield StoreTable()
        yield Paragraph(id="store-said")
        yield Static(id="store-progress", markup=False)
        with Horizontal(id="store-pull"):
            yield Static("pull", markup=False)
            yield Input(
                placeholder=f"a tag, such as {', '.join(self.tags[:3]) or 'qwen3:0.6b'}",
                compact=True,
                suggester=SuggestFromList(self.tags, case_sensitive=False),
            )
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The models first: the arrows choose at once."""
        self.query_one(StoreTable).focus()
        self.set_interval(self.every, self.look)
        self.look()

    # drawing

    @property
    def is_moving(self) -> bool:
        """Countdowns go on without any event."""
        return int(self.wall()) != self._drawn_at

    @property
    def engine(self) -> ManagedEngine | None:
        """None when it is gone."""
        view = self.last.engine(self.key)
        return view.engine if view is not None else None

    def draw(self) -> None:
        """From the newest snapshot and the newest look."""
        if not self.can_draw:
            return
        self._drawn_at = int(self.wall())
        engine, backend = self.engine, deck.view(self.key, self.last).backend
        head = self.query_one(Head)
        head.words = f"Models of {one_line(self.key.partition(':')[2], 60)}"
        head.mark = "READ-ONLY" if self.control.is_read_only else ""
        head.where = (engine.url if engine is not None else None) or self.control.where
        table = self.query_one(StoreTable)
        table.now, table.busy = float(self._drawn_at), dict(self.busy)
        table.in_use = backend.backend.model if backend is not None else None
        self._draw_pull(engine)
        said = "" if engine is not None else "This Ollama is gone."
        said = said or self._problem
        self.query_one("#store-said", Paragraph).said = (
            ((f"⚠ {said}", "bold $warning"),) if said else ()
        )
        self.refresh_bindings()

    def _draw_pull(self, engine: ManagedEngine | None) -> None:
        shown = self.query_one("#store-progress", Static)
        words = one_line(engine.words) if engine is not None and self.is_pulling else ""
        shown.display = self.is_pulling
        shown.set_class(STALLED in words, "-stalled")
        words = f"STALLED: {words}" if STALLED in words else words or "pulling: asking"
        fraction = engine.fraction if engine is not None else None
        row = progress_row(fraction, f"{words} · c cancels", self.size.width or 80)
        shown.update(plain(row), layout=False)

    @property
    def is_pulling(self) -> bool:
        """Whether from here or from elsewhere."""
        told = self.engine is not None and self.engine.words.startswith(PULLING)
        return told or "pulling" in self.busy.values()

    # looking

    def look(self) -> None:
        """Unless it is being asked already, or nobody looks."""
        if not self.is_asking and self.is_active:
            self.is_asking = True
            self.ask()

    @work(group="store", exit_on_error=False)
    async def ask(self) -> None:
        """Touches no widget."""
        try:
            models = await self.control.models(self.key)
        except SessionError as refusal:
            self.post_message(self.Listed((), str(refusal)))
        else:
            self.post_message(self.Listed(models))

    @on(Listed)
    def take_list(self, message: Listed) -> None:
        """A list that could not be had leaves the old one, with a sentence unless there is one."""
        self.is_asking = False
        table = self.query_one(StoreTable)
        if not message.problem:
            table.models = message.models
        if self._is_from_look or not self._problem:
            self._problem, self._is_from_look = one_line(message.problem), bool(message.problem)
        self.draw()

    # wishes

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
            self._say(str(refusal))
            return
        if not self._is_possible("pull"):
            self._say("Nothing can be pulled now: see the keys below.")
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
        self._say("")
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
        self._say(message.problem)
        self.look()

    def _say(self, sentence: str) -> None:
        self._problem, self._is_from_look = one_line(sentence), False
        self.draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that broke says so instead of vanishing."""
        if event.state is WorkerState.ERROR:
            self.is_asking = False
            self.post_message(Complaint(f"{event.worker.name} failed: {event.worker.error}"))


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
