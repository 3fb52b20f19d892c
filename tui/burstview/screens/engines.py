"""The engines of this machine: a table, the selected one in full, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Footer

from burstview.engine_cells import cells_of
from burstview.engine_list import in_order, neighbour
from burstview.engine_said import Said
from burstview.engine_wishes import Wishes
from burstview.screens.asking import AskingScreen
from burstview.screens.live import Clock
from burstview.widgets.engine_panel import EnginePanel, Shown
from burstview.widgets.engine_table import EngineTable
from burstview.widgets.head import Head
from burstview.widgets.words import Paragraph
from burstview_engines.control import LogLine
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EngineView
from burstview_engines.source import Session, SessionError

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl, LogView

CHANGING = ("new", "start", "stop", "restart", "edit", "remove", "log")
"""Actions of the footer that are not always possible."""
TAIL_LINES = 60
"""Of the log, more than the highest terminal shows in the panel."""


class EnginesScreen(AskingScreen):
    """Drawn ten times a second at most, and only where something changed."""

    def __init__(self, session: Session, wishes: Wishes, clock: Clock) -> None:
        super().__init__(session, wishes, clock)
        self._awaited: str | None = None
        self._log: LogView | None = None
        self._log_of: tuple[str, str | None] | None = None
        self._log_problem = ""
        self._drawn: tuple[object, ...] = ()
        self._possible: tuple[bool | None, ...] = ()

    def compose(self) -> ComposeResult:
        """Where, which, and what of the selected one."""
        yield Head()
        yield Paragraph(id="engines-notice")
        yield EngineTable()
        yield EnginePanel()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The arrows choose at once."""
        self.query_one(EngineTable).focus()

    def on_screen_resume(self) -> None:
        """Another screen may have followed another log."""
        self._log_of = None
        self.show_snapshot(self.session.snapshot())

    @on(events.Resize)
    def fit(self, event: events.Resize) -> None:
        """Steps stand beside the figures where there is room."""
        width, height = event.size
        self.set_class(width < 100 or height < 32, "-narrow")
        self.query_one(EnginePanel).is_narrow = self.has_class("-narrow")
        self.call_after_refresh(self.draw)

    # drawing

    @property
    def is_moving(self) -> bool:
        """Clocks go on, a log grows, and a wish is taken without any event."""
        return self._moment() != self._drawn

    def draw(self) -> None:
        """From the newest snapshot."""
        if not self.can_draw:
            return
        views = in_order(self.last.engines)
        self._draw_table(views)
        self._draw_head()
        self._follow_log()
        self.query_one(EnginePanel).show(self._shown())
        self._draw_keys()
        self._drawn = self._moment()

    def _moment(self) -> tuple[object, ...]:
        """What is drawn besides the snapshot."""
        newest = self._log.last_number if self._log is not None else 0
        return (int(self.clock()), newest, self._log_problem, tuple(self.wishes.pending.items()))

    def _draw_table(self, views: tuple[EngineView, ...]) -> None:
        table = self.query_one(EngineTable)
        self._select(views, [key for key, _ in table.engines])
        now, said = self.last.now, self.wishes.said
        table.engines = tuple(
            (view.engine.key, cells_of(view, now, said(view.engine.key))) for view in views
        )
        table.selected = self.selected

    def _select(self, views: tuple[EngineView, ...], before: list[str]) -> None:
        if self._awaited is not None and self.last.engine(self._awaited) is not None:
            self.selected, self._awaited = self._awaited, None
        self.selected = neighbour(self.selected, before, views)

    def _draw_head(self) -> None:
        head = self.query_one(Head)
        head.words = "Engines"
        if self.session.is_recording:
            head.mark = "RECORDING"
        else:
            head.mark = "READ-ONLY" if self.is_read_only else ""
        docker = self.last.docker
        endpoint = (docker.endpoint if docker is not None else None) or ""
        head.where = self.control.where if self.control is not None else endpoint
        self.query_one("#engines-notice", Paragraph).said = self._notice()

    def _notice(self) -> Said:
        docker = self.last.docker
        if docker is not None and docker.problem:
            return ((f" ⚠ {one_line(docker.problem)}", "bold $warning"),)
        if self.last.engines:
            return ()
        if self.is_read_only:
            return ((" No engine in a container or local process is known.", "$muted-text"),)
        words = " Nothing runs here yet. Press n to choose an engine, a model and start it."
        return ((words, "bold $accent @click=screen.new"),)

    def _shown(self) -> Shown | None:
        view = self.view_in(self.last)
        if view is None:
            return None
        return Shown(
            view,
            self.last.now,
            self.wishes.said(view.engine.key),
            self.is_read_only,
            self.can_fire(self.last),
            self.in_detail,
            self._log_lines(),
        )

    def _draw_keys(self) -> None:
        """The footer is made anew only when a key became grey or live."""
        possible = tuple(self.check_action(action, ()) for action in CHANGING)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    # the log's end

    def _follow_log(self) -> None:
        """Ask for the selected engine's log when it is another, or another container of it."""
        view = self.view_in(self.last)
        wanted = (view.engine.key, view.engine.id) if view is not None else None
        if wanted == self._log_of or self.control is None:
            return
        self._log, self._log_problem, self._log_of = None, "", wanted
        if wanted is not None:
            self._ask_for_log(self.control, wanted[0])

    @work(group="log", exclusive=True, exit_on_error=False)
    async def _ask_for_log(self, control: EngineControl, key: str) -> None:
        try:
            self._log = await control.log(key)
        except SessionError as refusal:
            self._log_problem = str(refusal)

    def _log_lines(self) -> tuple[LogLine, ...]:
        if self._log_problem:
            return (LogLine(0, "", one_line(self._log_problem), is_remark=True),)
        if self._log is None:
            return ()
        return self._log.since(self._log.last_number - TAIL_LINES)

    # choosing

    def choose(self, key: str) -> None:
        """Select this engine, as soon as it is there."""
        self._awaited, self.in_detail = key, False
        self.draw()

    def action_choose(self, step: int) -> None:
        """Select the engine so many rows further; at once, so that fast keys add up."""
        key = self.query_one(EngineTable).key_at(step)
        if key is not None and key != self.selected:
            self.choose(key)

    def action_choose_page(self, pages: int) -> None:
        """Select the engine a page further."""
        self.action_choose(pages * self.query_one(EngineTable).page)

    def action_choose_edge(self, direction: int) -> None:
        """Select the first or the last."""
        self.action_choose(direction * len(self.last.engines))

    @on(EngineTable.Selected)
    def take_selection(self, message: EngineTable.Selected) -> None:
        """A click."""
        self.choose(message.key)

    @on(EngineTable.Stepped)
    def take_step(self, message: EngineTable.Stepped) -> None:
        """The wheel."""
        self.action_choose(message.step)

    @on(EngineTable.Chosen)
    async def take_chosen(self) -> None:
        """A double click does what enter does."""
        await self.run_action("take")
