"""What can be asked of the selected engine, and the screens that ask back or show more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from burstview import deck, engine_questions
from burstview import engine_rules as rules
from burstview.engine_keys import ENGINES
from burstview.engine_rules import Wish
from burstview.engine_wishes import Wishes
from burstview.messages import (
    Complaint,
    EngineEditWanted,
    EngineTaken,
    EngineWished,
    ModelsWanted,
    NewEngineWanted,
)
from burstview.screens.live import Clock, LiveScreen
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.views import EngineView, Snapshot
from burstview_engines.source import Session, SessionError

if TYPE_CHECKING:
    from burstview.engine_questions import Answer
    from burstview_engines.control import EngineControl

_NEEDS_ENGINE = {
    binding.action
    for binding in ENGINES
    if not binding.action.startswith(("new", "back", "choose"))
}


class AskingScreen(LiveScreen):
    """Wishes go up as messages and are fulfilled elsewhere; no key waits for a daemon."""

    BINDINGS: ClassVar[list[BindingType]] = list(ENGINES)

    def __init__(self, session: Session, wishes: Wishes, clock: Clock) -> None:
        super().__init__(session.fold, clock, session.snapshot())
        self.session, self.wishes = session, wishes
        self.selected: str | None = None
        """Key of the engine that the keys mean."""
        self.in_detail = False
        """A failure's own words are shown."""

    @property
    def control(self) -> EngineControl | None:
        """What carries wishes out; None where nothing can be changed."""
        return self.session.engines

    @property
    def is_read_only(self) -> bool:
        """Nothing may be changed from here."""
        return self.control is None or self.control.is_read_only

    def view_in(self, snapshot: Snapshot) -> EngineView | None:
        """The selected engine."""
        return snapshot.engine(self.selected) if self.selected is not None else None

    def can_fire(self, snapshot: Snapshot) -> bool:
        """Whether a burst can be fired at the selected engine."""
        if self.session.is_recording or deck.is_firing(snapshot):
            return False
        return deck.view(self.selected, snapshot).is_ready

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what is impossible in the state that the engine is in now, not as it was drawn."""
        if action == "new":
            return None if self.is_read_only else True
        if action not in _NEEDS_ENGINE:
            return True
        engine = self._engine_now()
        return True if engine is not None and self._is_possible(action, engine) else None

    def _engine_now(self) -> ManagedEngine | None:
        view = self.view_in(self.session.snapshot())
        return view.engine if view is not None else None

    def _is_possible(self, action: str, engine: ManagedEngine) -> bool:
        match action:
            case "stop":
                return rules.may(rules.meant_by_stop(engine), engine, self.is_read_only)
            case "start" | "restart" | "kill" | "remove" | "adopt":
                return rules.may(action, engine, self.is_read_only)
            case "edit":
                return rules.may_edit(engine, self.is_read_only)
            case "models":
                return self.control is not None and rules.has_models(engine)
            case "fire":
                return self.can_fire(self.session.snapshot())
            case "take":
                return deck.view(self.selected, self.session.snapshot()).backend is not None
            case "details":
                return engine.failure is not None and bool(engine.failure.detail)
            case _:
                return self.control is not None

    # wishes

    def action_start(self) -> None:
        """Start the selected engine."""
        self._wish("start")

    def action_stop(self) -> None:
        """Stop it; cancel its pull; kill it if it is being stopped already."""
        engine = self._engine_now()
        if engine is not None:
            self._wish(rules.meant_by_stop(engine))

    def action_restart(self) -> None:
        """Restart it."""
        self._wish("restart")

    def action_kill(self) -> None:
        """Kill it, after a question."""
        self._wish("kill")

    def action_remove(self) -> None:
        """Remove it, after a question."""
        self._wish("remove")

    def action_adopt(self) -> None:
        """Adopt it, after a question."""
        self._wish("adopt")

    def _wish(self, wish: Wish) -> None:
        """At once, or after a question where something may be lost."""
        engine = self._engine_now()
        if engine is None or not rules.may(wish, engine, self.is_read_only):
            return
        in_flight = rules.requests_in_flight(engine.key, self.session.snapshot())
        if rules.asks_first(wish, engine, in_flight):
            self._ask_back(wish, engine, in_flight)
        else:
            self.post_message(EngineWished(wish, engine.key))

    def _ask_back(self, wish: Wish, engine: ManagedEngine, in_flight: int) -> None:
        from burstview.screens.confirm import ConfirmScreen  # only when it is due

        def take(answer: Answer | None) -> None:
            if answer is not None:
                self.post_message(EngineWished(wish, engine.key, answer.is_ticked))

        question = engine_questions.about(wish, engine, in_flight)
        self.app.push_screen(ConfirmScreen(question), take)

    def action_new(self) -> None:
        """Open the form for a new engine."""
        self.post_message(NewEngineWanted())

    def action_edit(self) -> None:
        """Open the form with the engine's options."""
        if self.selected is not None:
            self.post_message(EngineEditWanted(self.selected))

    def action_models(self) -> None:
        """Show an Ollama's models."""
        if self.selected is not None:
            self.post_message(ModelsWanted(self.selected))

    def action_fire(self) -> None:
        """Fire at it on the main screen."""
        if self.selected is not None:
            self.post_message(EngineTaken(self.selected, fires=True))

    def action_take(self) -> None:
        """Put it on the main screen's selected side."""
        if self.selected is not None:
            self.post_message(EngineTaken(self.selected))

    # looking closer

    def action_log(self) -> None:
        """Follow its log."""
        from burstview.screens.engine_log import EngineLogScreen  # only when it is due

        if self.selected is not None and self.control is not None:
            self.app.push_screen(
                EngineLogScreen(self.session, self.control, self.selected, self.clock)
            )

    def action_command(self) -> None:
        """Show its command."""
        if self.selected is not None and self.control is not None:
            self._show_command(self.control, self.selected)

    @work(group="command", exclusive=True, exit_on_error=False)
    async def _show_command(self, control: EngineControl, key: str) -> None:
        from burstview.screens.engine_command import EngineCommandScreen  # only when it is due

        try:
            preview = await control.preview(await control.spec_of(key), key)
        except SessionError as refusal:
            self.post_message(Complaint(str(refusal)))
            return
        if self.is_current:
            self.app.push_screen(EngineCommandScreen(key.partition(":")[2], preview.command))

    def action_details(self) -> None:
        """Show a failure's own words, or hide them."""
        self.in_detail = not self.in_detail
        self.draw()

    def action_back(self) -> None:
        """Back to the main screen."""
        self.app.pop_screen()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that broke says so instead of vanishing."""
        if event.state is WorkerState.ERROR:
            self.post_message(Complaint(f"{event.worker.name} failed: {event.worker.error}"))
