"""The proof: the figures behind the sentence, side by side."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Static

from burstview import facts
from burstview.deck import Sides
from burstview.meaning import all_warnings_of, differences_of, sentence_of
from burstview.picture import picture
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.facts_table import FactsTable
from burstview_engines.core.session import SessionFold
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView, Snapshot

RULE = (
    "The rule: a request is late if its first token came after another answer had ended."
    " Nobody late: all together. Some late: as many at a time as ran side by side."
    " The gain is the burst's tokens per second over those of one request alone."
)


class WhyScreen(LiveScreen):
    """Both runs' figures; follows a burst that is still under way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,w,enter",
            "app.pop_screen",
            "Back",
            tooltip="Back to the lanes.",
            id="why.back",
            key_display="esc",
        ),
    ]

    def __init__(self, fold: SessionFold, clock: Clock, last: Snapshot, sides: Sides) -> None:
        super().__init__(fold, clock, last)
        self.sides = sides

    def compose(self) -> ComposeResult:
        """The sentence, what it rests on, the rule."""
        yield Static(" Why", classes="screen-title")
        with VerticalScroll():
            yield Static(id="why-sentence", markup=False)
            with Horizontal(id="proofs"):
                for side in (0, 1):
                    with VerticalScroll(classes="proof"):
                        yield Static(id=f"proof-{side}", classes="heading", markup=False)
                        yield FactsTable(id=f"facts-{side}")
            yield Static(id="why-differs", markup=False)
            yield Static(RULE, id="why-rule", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def draw(self) -> None:
        """From the newest snapshot."""
        if not self.can_draw:
            return
        views = picture(self.last, self.sides).views
        self.query_one("#why-sentence", Static).update(sentence_of(views))
        for side, view in enumerate(views):
            heading = self.query_one(f"#proof-{side}", Static)
            heading.update(_heading(view.run))
            table = self.query_one(f"#facts-{side}", FactsTable)
            table.facts = facts.of_run_proof(view.run) if view.run else []
        phrases = [f"· {phrase}" for phrase in differences_of(views)]
        warnings = [f"⚠ {warning}" for warning in all_warnings_of(views, self.last.now)]
        lines = ["What differs besides the engine:", *phrases] if phrases else []
        self.query_one("#why-differs", Static).update("\n".join(lines + warnings))


def _heading(run: RunView | None) -> str:
    if run is None:
        return "no burst on this side"
    mark = " · SIMULATED" if run.backend.simulated else ""
    return one_line(f"{run.backend.name}{mark} · {run.plan.concurrency} at once", 60)
