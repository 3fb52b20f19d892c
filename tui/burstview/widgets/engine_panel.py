"""One engine in full: state, steps, progress, failure, figures, and the end of its log."""

from __future__ import annotations

from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive

from burstview import engine_said as say
from burstview.draw.runs import clip
from burstview.engine_facts import facts_of
from burstview.engine_steps import steps_of
from burstview.facts import Facts
from burstview.widgets.facts_table import FactsTable
from burstview.widgets.log_pane import LogTail
from burstview.widgets.phase_steps import PhaseSteps, Progress
from burstview.widgets.words import Paragraph, WordsLine
from burstview_engines.control import LogLine
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EngineView


class Shown(NamedTuple):
    """What the panel draws."""

    view: EngineView
    now: float
    asked: str = ""
    """A wish that is not taken yet."""
    is_read_only: bool = False
    can_fire: bool = False
    in_detail: bool = False
    """A failure's own words are shown."""
    log: tuple[LogLine, ...] = ()


class EnginePanel(Vertical):
    """Only parts that changed are drawn again."""

    DEFAULT_CSS = """
    EnginePanel { height: 1fr; width: 1fr; }
    EnginePanel #engine-name { background: $panel; }
    EnginePanel #engine-body { height: auto; max-height: 16; }
    EnginePanel #engine-body PhaseSteps { width: 28; }
    EnginePanel #engine-body FactsTable { width: 1fr; max-height: 10; }
    EnginePanel.-narrow #engine-body { layout: vertical; max-height: 7; }
    EnginePanel.-narrow #engine-body PhaseSteps { width: 1fr; }
    EnginePanel.-narrow #engine-body FactsTable { max-height: 6; }
    EnginePanel #engine-log-head { color: $text-muted; text-style: bold; }
    """

    is_narrow: reactive[bool] = reactive(False)
    """Steps in one line, fewer figures."""

    def compose(self) -> ComposeResult:
        """From what is seen first to what is read last."""
        yield WordsLine(id="engine-name")
        yield WordsLine(id="engine-state")
        yield Progress()
        yield Paragraph(id="engine-failure")
        with Horizontal(id="engine-body"):
            yield PhaseSteps()
            yield FactsTable()
        yield Paragraph(id="engine-offers")
        yield WordsLine(id="engine-log-head")
        yield LogTail()

    def watch_is_narrow(self, is_narrow: bool) -> None:
        """The steps are a line, or a ladder beside the figures."""
        self.set_class(is_narrow, "-narrow")
        for steps in self.query(PhaseSteps):
            steps.is_rail = is_narrow

    def show(self, shown: Shown | None) -> None:
        """Draw it; None: there is no engine to draw."""
        self.display = shown is not None
        if shown is None:
            return
        engine = shown.view.engine
        self._line("#engine-name").said = say.name_of(engine)
        self._line("#engine-state").said = say.state_of(engine, shown.now, shown.asked)
        failure = say.failure_of(engine, in_detail=shown.in_detail) or say.partly_on_cpu(engine)
        self.query_one("#engine-failure", Paragraph).said = failure
        offers = say.offers_of(engine, shown.is_read_only, shown.can_fire)
        self.query_one("#engine-offers", Paragraph).said = offers
        self._show_start(shown)
        self.query_one(FactsTable).facts = self._facts(shown.view)
        self._show_log(shown.log)

    def _show_start(self, shown: Shown) -> None:
        engine = shown.view.engine
        under_way = engine.status in ("pulling", "starting")
        progress = self.query_one(Progress)
        progress.fraction = engine.fraction if under_way else None
        progress.words = one_line(engine.words) if under_way else ""
        self.query_one(PhaseSteps).steps = steps_of(engine, shown.now)

    def _facts(self, view: EngineView) -> Facts:
        """Each in one line where there is little room."""
        facts = facts_of(view)
        if not self.is_narrow:
            return facts
        room = max(20, self.size.width - 4 - max((len(name) for name, _ in facts), default=0))
        return [(name, clip(value, room)) for name, value in facts]

    def _show_log(self, lines: tuple[LogLine, ...]) -> None:
        self._line("#engine-log-head").said = ((" LOG", ""),) if lines else ()
        self.query_one(LogTail).lines = lines

    def _line(self, selector: str) -> WordsLine:
        return self.query_one(selector, WordsLine)
