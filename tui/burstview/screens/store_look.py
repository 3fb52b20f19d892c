"""What is shown of an Ollama's models, and how it is kept up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, Static
from textual.worker import Worker, WorkerState

from burstview import deck
from burstview.draw.progress import progress_row
from burstview.draw.runs import plain
from burstview.messages import Complaint
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.head import Head
from burstview.widgets.store_table import StoreTable
from burstview.widgets.words import Paragraph
from burstview_engines.control import EngineControl
from burstview_engines.core.managed import ManagedEngine, StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.source import Session, SessionError

EVERY = 2.0
"""Seconds between two looks at the store."""
PULLING = "pulling "
"""Begins the engine's words while it pulls a model."""
STALLED = "no byte for"
"""In them while nothing comes."""


class LookingScreen(LiveScreen):
    """Asks the Ollama every two seconds while it is on top."""

    DEFAULT_CSS = """
    LookingScreen #store-said { padding: 0 1; }
    LookingScreen #store-progress { height: 1; width: 1fr; display: none; color: $accent; }
    LookingScreen #store-progress.-stalled { color: $warning; text-style: bold; }
    LookingScreen #store-pull { height: 1; background: $surface; }
    LookingScreen #store-pull Static { width: auto; padding: 0 1; color: $muted-text; }
    LookingScreen #store-pull Input { width: 1fr; }
    LookingScreen #store-pull Input > .input--placeholder { color: $muted-text; }
    """

    class Listed(Message):
        """The Ollama was asked."""

        def __init__(self, models: Sequence[StoredModel], problem: str = "") -> None:
            super().__init__()
            self.models, self.problem = tuple(models), problem

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

    def say(self, sentence: str) -> None:
        """One sentence about a wish; it stays until the next."""
        self._problem, self._is_from_look = one_line(sentence), False
        self.draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that broke says so instead of vanishing."""
        if event.state is WorkerState.ERROR:
            self.is_asking = False
            self.post_message(Complaint(f"{event.worker.name} failed: {event.worker.error}"))
