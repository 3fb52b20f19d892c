"""An engine's log: followed, searched, filtered, held still, saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Input

from burstview import engine_said as say
from burstview import log_file
from burstview.engine_keys import ENGINE_LOG
from burstview.engine_said import Said
from burstview.engine_steps import steps_of
from burstview.messages import Complaint
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.head import Head
from burstview.widgets.log_pane import LogPane
from burstview.widgets.phase_steps import PhaseSteps
from burstview.widgets.words import WordsLine
from burstview_engines.core.text import one_line
from burstview_engines.core.wording import count
from burstview_engines.source import Session, SessionError

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl, LogView


class SearchBox(Input):
    """What to look for; escape forgets it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Find", tooltip="To the newest match."),
        Binding("escape", "screen.forget_search", "No search", tooltip="Search for nothing."),
    ]


class EngineLogScreen(LiveScreen):
    """Follows the log on the app's tick; drawing costs what is new."""

    BINDINGS: ClassVar[list[BindingType]] = list(ENGINE_LOG)

    def __init__(self, session: Session, control: EngineControl, key: str, clock: Clock) -> None:
        super().__init__(session.fold, clock, session.snapshot())
        self.session, self.control, self.key = session, control, key
        self._view: LogView | None = None
        self._problem = ""
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """How far the engine is, its log, and how the log is looked at."""
        yield Head()
        yield WordsLine(id="engine-state")
        yield PhaseSteps()
        yield LogPane()
        yield SearchBox(id="search", placeholder="search for…", compact=True)
        yield WordsLine(id="log-state")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The newest lines at once."""
        self.query_one(SearchBox).display = False
        self.query_one(PhaseSteps).is_rail = True
        self.query_one(LogPane).focus()
        self._ask_for_log()

    @work(group="log", exclusive=True, exit_on_error=False)
    async def _ask_for_log(self) -> None:
        try:
            self._view = await self.control.log(self.key)
        except SessionError as refusal:
            self._problem = str(refusal)

    @property
    def is_moving(self) -> bool:
        """The clock goes on, and lines come without any event."""
        return self._moment() != self._drawn

    def _moment(self) -> tuple[object, ...]:
        newest = self._view.last_number if self._view is not None else 0
        return (int(self.clock()), newest, self._problem)

    def draw(self) -> None:
        """The newest lines, and how far the engine is."""
        if not self.can_draw:
            return
        self._drawn = self._moment()
        if self._view is not None:
            self.query_one(LogPane).follow(self._view)
        self._draw_engine()
        self._draw_state()

    def _draw_engine(self) -> None:
        view = self.last.engine(self.key)
        name = self.key.partition(":")[2]
        head = self.query_one(Head)
        head.words, head.where = f"Log of {one_line(name, 60)}", self.control.where
        state = self.query_one("#engine-state", WordsLine)
        if view is None:
            state.said = ((" It is not there any more; its last lines are below.", "$muted-text"),)
            self.query_one(PhaseSteps).steps = ()
            return
        state.said = say.state_of(view.engine, self.last.now, "")
        self.query_one(PhaseSteps).steps = steps_of(view.engine, self.last.now)

    @on(LogPane.Changed)
    def look_again(self) -> None:
        """What waited while it was held comes at once."""
        if self.query_one(LogPane).is_held:
            self._draw_state()
        else:
            self.draw()

    def _draw_state(self) -> None:
        self.query_one("#log-state", WordsLine).said = self._state()

    def _state(self) -> Said:
        """` FOLLOWING · “oom”: 3 of 41 lines`; in words, so that nothing is guessed from looks."""
        if self._problem:
            return ((f" ⚠ {one_line(self._problem)}", "bold $warning"),)
        pane = self.query_one(LogPane)
        said = [self._mode(pane), self._search_words(pane)]
        said += [("long lines cut", "$muted-text")] if not pane.wraps else []
        parts = [piece for piece in said if piece[0]]
        return (
            tuple(piece for part in parts for piece in ((" · ", "$muted-text"), part))[1:]
            if parts
            else ()
        )

    def _mode(self, pane: LogPane) -> tuple[str, str]:
        if not pane.is_held:
            return (" FOLLOWING", "bold $success")
        waiting = pane.waiting(self._view) if self._view is not None else 0
        news = f", {count(waiting, 'new line')}" if waiting else ""
        return (f" PAUSED{news} · End goes on", "bold $warning")

    def _search_words(self, pane: LogPane) -> tuple[str, str]:
        book = pane.book
        if not book.query:
            return ("", "")
        many = count(len(book.matches), "line")
        at = f"{book.place_of(pane.current)} of " if pane.current in book.matches else ""
        only = " only" if book.only_matches else ""
        return (f"“{one_line(book.query, 30)}”{only}: {at}{many} · n N", "bold $accent")

    # actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a search there is no match to go to."""
        if action in ("match", "filter") and self.can_draw:
            return True if self.query_one(LogPane).book.query else None
        return True

    def action_search(self) -> None:
        """Open the search box."""
        box = self.query_one(SearchBox)
        box.display = True
        box.focus()

    def action_forget_search(self) -> None:
        """Close the box and search for nothing."""
        self.query_one(SearchBox).value = ""
        self._search("", only_matches=False)
        self._close_box()

    @on(Input.Changed)
    def type_search(self, event: Input.Changed) -> None:
        """Matches are marked while typing."""
        self._search(event.value, only_matches=self.query_one(LogPane).book.only_matches)

    @on(Input.Submitted)
    def end_search(self) -> None:
        """To the newest match; the box closes."""
        self._close_box()
        self.query_one(LogPane).go_to_match(-1)

    def action_match(self, step: int) -> None:
        """To the next match in that direction."""
        self.query_one(LogPane).go_to_match(step)

    def action_filter(self) -> None:
        """Only lines that match, or all."""
        book = self.query_one(LogPane).book
        self._search(book.query, only_matches=not book.only_matches)

    def action_pause(self) -> None:
        """Hold the log, or go on."""
        pane = self.query_one(LogPane)
        pane.is_held = not pane.is_held
        self.draw()

    def action_follow(self) -> None:
        """To the newest line."""
        self.query_one(LogPane).action_scroll_end()
        self.draw()

    def action_stamps(self) -> None:
        """Times before the lines, or none."""
        pane = self.query_one(LogPane)
        pane.stamps = not pane.stamps

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        pane = self.query_one(LogPane)
        pane.wraps = not pane.wraps

    def action_save(self) -> None:
        """Write what is kept into a new file."""
        name = self.key.partition(":")[2]
        try:
            path = log_file.save(self.query_one(LogPane).book.lines, name, Path.cwd())
        except OSError as refusal:
            self.post_message(Complaint(f"The log was not saved: {refusal.strerror}."))
        else:
            self.notify(f"Saved {path}", markup=False)

    def action_back(self) -> None:
        """Back to where it was opened."""
        self.app.pop_screen()

    @on(events.Resize)
    def fit(self) -> None:
        """The words are cut anew."""
        self.call_after_refresh(self.draw)

    def _search(self, query: str, *, only_matches: bool) -> None:
        self.query_one(LogPane).search(query, only_matches=only_matches)
        self.refresh_bindings()

    def _close_box(self) -> None:
        self.query_one(SearchBox).display = False
        self.query_one(LogPane).focus()
