"""The monitor: wires a session to the screens."""

from __future__ import annotations

import time
from asyncio import wait_for
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from burstview import ahead, commands, themes
from burstview.deck import unchanged
from burstview.engine_wishes import Wishes
from burstview.keys import EVERYWHERE
from burstview.messages import (
    BackendChosen,
    BurstOver,
    BurstWanted,
    CancelWanted,
    Complaint,
    EngineEditWanted,
    EngineTaken,
    EngineWished,
    ModelChosen,
    ModelsWanted,
    NewEngineWanted,
)
from burstview.screens.live import Clock, LiveScreen
from burstview.screens.main import MainScreen
from burstview.terminal import Farewell, TerminalDriver
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EMPTY
from burstview_engines.source import Session, SessionError

if TYPE_CHECKING:
    from burstview.launching import Launching
    from burstview.screens.launch import PairWanted

MakeLaunching = Callable[[App[None], Session, Clock], "Launching"]
"""From the app, its session and its clock."""

FRAME_RATE = 10.0
"""Pictures a second; nothing is drawn when nothing changed."""
CLOSING = 3.0
"""Seconds that the session may take to close before the monitor leaves without it."""


class BurstviewApp(App[None]):
    """Reads snapshots on one timer; token events never enter the message queue."""

    TITLE = "burstview"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(EVERYWHERE)
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        session: Session,
        plan: BurstPlan,
        *,
        theme: str | None = None,
        order: Order = "auto",
        frame_rate: float = FRAME_RATE,
        themes_folder: Path | None = None,
        clock: Clock = time.monotonic,
        make_launching: MakeLaunching | None = None,
    ) -> None:
        """`theme` is a theme's name, with or without `burstview-`; `make_launching` is called when
        the forms for engines are first wanted, and knows the models to choose from."""
        super().__init__(driver_class=TerminalDriver)
        self.session = session
        self.clock = clock
        self.wishes = Wishes()
        self._make_launching = make_launching
        self._launching: Launching | None = None
        self.themes = themes.load(themes_folder or themes.folder())
        self.frame_rate = frame_rate
        self.told_notices: tuple[str, ...] = ()
        self.farewell: Farewell | None = None
        self.main = MainScreen(plan, order, session.fold, clock, session.is_recording)
        self.problems = list(self.themes.problems)
        self._start_with_theme(theme)

    def get_default_screen(self) -> Screen[None]:
        """The main screen is the bottom of the stack."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """So that Textual's own themes have our variables too."""
        return themes.FALLBACK_VARIABLES

    def on_mount(self) -> None:
        """Paint first; the session opens behind the first picture."""
        for problem in self.problems:
            self.complain(problem)
        if not self.is_headless:
            self.farewell = Farewell(self.leave)
        self.set_interval(1 / self.frame_rate, self.draw_changes)
        self.call_after_refresh(self.open_session)

    async def on_unmount(self) -> None:
        """Whatever ends the monitor, the session is closed and its processes are reaped."""
        if self.farewell is not None:
            self.farewell.close()
        with suppress(TimeoutError):
            await wait_for(self.session.close(), CLOSING)

    async def on_event(self, event: events.Event) -> None:
        """Any key ends a slowed replay; `s` and escape do nothing else then."""
        if isinstance(event, events.Key) and self.main.slow is not None:
            self.main.end_slow_motion()
            if event.key in ("s", "escape"):
                return
        await super().on_event(event)

    def draw_changes(self) -> None:
        """Hand the newest snapshot to the screen on top, if it shows anything new.

        While the app closes there is none, but the timer may still tick.
        """
        screen = self.screen_stack[-1] if self.screen_stack else None
        if not isinstance(screen, LiveScreen):
            return
        snapshot = self.session.snapshot()
        if screen.last is EMPTY or screen.is_moving or not unchanged(screen.last, snapshot):
            screen.show_snapshot(snapshot)
            self._tell(snapshot.notices)

    @work(group="session", exit_on_error=False)
    async def open_session(self) -> None:
        """Start the sources."""
        try:
            await self.session.open()
        except SessionError as refusal:
            self.complain(str(refusal))
        self.draw_changes()

    @on(BurstWanted)
    def fire(self, wish: BurstWanted) -> None:
        """A key never waits for a burst."""
        self.fire_burst(wish)

    @work(group="burst", exit_on_error=False)
    async def fire_burst(self, wish: BurstWanted) -> None:
        """Fires and waits for the end; touches no widget."""
        try:
            runs = await self.session.fire(wish.backends, wish.plan, order=wish.order)
        except SessionError as refusal:
            self.post_message(BurstOver(problem=str(refusal)))
        else:
            self.post_message(BurstOver(runs))

    @on(BurstOver)
    def end_burst(self, end: BurstOver) -> None:
        """Draw once more, and again slower if it was faster than the eye."""
        self.draw_changes()
        if end.problem is not None:
            self.complain(end.problem)
        self.main.offer_slow_motion(end.runs)

    @on(CancelWanted)
    def cancel(self) -> None:
        """What was seen stays."""
        self.session.cancel()
        self.draw_changes()

    @on(ModelChosen)
    def choose_model(self, choice: ModelChosen) -> None:
        """Tell the session."""
        self.change_model(choice)

    @work(group="model", exclusive=True, exit_on_error=False)
    async def change_model(self, choice: ModelChosen) -> None:
        """The backend's row changes when the session has done it."""
        try:
            await self.session.choose_model(choice.backend, choice.model)
        except SessionError as refusal:
            self.complain(str(refusal))
        self.draw_changes()

    @on(EngineWished)
    def ask_engine(self, wish: EngineWished) -> None:
        """A key never waits for a daemon."""
        self.fulfil_wish(wish)

    @work(group="engines", exit_on_error=False)
    async def fulfil_wish(self, wish: EngineWished) -> None:
        """What becomes of it shows in the snapshot; a refusal is said."""
        refusal = await self.wishes.fulfil(
            self.session.engines, wish.wish, wish.key, volumes=wish.volumes
        )
        if refusal is not None:
            self.complain(refusal)
        self.draw_changes()

    @on(EngineTaken)
    def take_engine(self, choice: EngineTaken) -> None:
        """Back to the main screen, with it on the selected side."""
        while self.screen is not self.main:
            self.pop_screen()
        self.main.show_snapshot(self.session.snapshot())
        self.main.take_backend(BackendChosen(choice.key))
        if choice.fires and self.main.check_action("fire", ()):
            self.main.action_fire()

    @property
    def launching(self) -> Launching:
        """The forms for engines; loaded when they are first wanted."""
        from burstview.launching import Launching  # after the first paint

        if self._launching is None:
            make = self._make_launching or Launching
            self._launching = make(self, self.session, self.clock)
        return self._launching

    @on(NewEngineWanted)
    def open_launch_form(self) -> None:
        """Choose an engine, a model and options."""
        self.launching.open_new()

    @on(EngineEditWanted)
    def open_edit_form(self, wish: EngineEditWanted) -> None:
        """The same with what one was started with."""
        self.launching.open_edit(wish.key)

    @on(ModelsWanted)
    def open_store(self, wish: ModelsWanted) -> None:
        """The models of an Ollama."""
        self.launching.open_models(wish.key)

    def on_pair_wanted(self, wish: PairWanted) -> None:
        """Two engines, one after the other."""
        self.launching.start_pair(wish.specs)

    @on(Complaint)
    def pass_complaint(self, complaint: Complaint) -> None:
        """A screen says that something did not work."""
        self.complain(complaint.sentence)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that broke says so instead of vanishing."""
        if event.state is WorkerState.ERROR:
            self.complain(f"{event.worker.name} failed: {event.worker.error}")

    def complain(self, sentence: str) -> None:
        """Show one sentence that something did not work."""
        self.notify(one_line(sentence), severity="error", timeout=10, markup=False)

    def leave(self, status: int = 0) -> None:
        """End the monitor with this exit status."""
        self.exit(return_code=status)

    def action_leave(self) -> None:
        """Quit."""
        self.leave()

    def action_next_theme(self) -> None:
        """The next of our themes."""
        names = self.themes.names()
        if names:
            at = names.index(self.theme) if self.theme in names else -1
            self.theme = names[(at + 1) % len(names)]

    def action_save_picture(self) -> None:
        """An SVG in the current folder."""
        try:
            path = self.save_screenshot(path=str(Path.cwd()))
        except OSError as refusal:
            self.complain(f"The picture was not saved: {refusal.strerror}.")
        else:
            self.notify(f"Saved {path}", markup=False)

    def action_engines(self) -> None:
        """Containers and local processes."""
        from burstview.screens.engines import EnginesScreen  # after the first paint

        self.push_screen(EnginesScreen(self.session, self.wishes, self.clock))
        self.call_after_refresh(ahead.load, ahead.BEHIND_ENGINES)

    def action_engine_room(self) -> None:
        """The insides of the two sides' engines."""
        from burstview.screens.engine_room import EngineRoomScreen  # after the first paint

        last = self.session.snapshot()
        main = self.main
        self.push_screen(
            EngineRoomScreen(self.session.fold, self.clock, last, main.sides, main.selected)
        )

    def action_gpus(self) -> None:
        """The GPUs, their past, and who is on them."""
        from burstview.screens.gpus import GpusScreen  # after the first paint

        self.push_screen(GpusScreen(self.session, self.clock))

    def action_help(self) -> None:
        """Every key."""
        from burstview.screens.help import HelpScreen, chapters  # after the first paint

        self.push_screen(HelpScreen(chapters()))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, and each theme by name."""
        yield from commands.of_bindings(self, screen)
        yield from commands.of_themes(self, self.themes.names())

    def _start_with_theme(self, wanted: str | None) -> None:
        """Before the first paint, so that nothing is styled twice."""
        for found in self.themes.themes:
            self.register_theme(found)
        name = themes.find(wanted, tuple(self.available_themes))
        if name is None:
            known = ", ".join(self.themes.names())
            self.problems.append(f"There is no theme “{wanted}”. There are: {known}.")
        self.set_reactive(App.theme, name or themes.find(None, self.themes.names()) or self.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def _tell(self, notices: tuple[str, ...]) -> None:
        """New notices as passing words; each once."""
        known = len(self.told_notices)
        fresh = notices[known:] if notices[:known] == self.told_notices else notices[-1:]
        self.told_notices = notices
        for text in fresh:
            self.notify(one_line(text), timeout=8, markup=False)
