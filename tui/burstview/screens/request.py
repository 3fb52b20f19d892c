"""One request: its times, its prompt, and its answer as it streams."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from burstview import facts
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.facts_table import FactsTable
from burstview_engines.core.session import SessionFold
from burstview_engines.core.text import harmless
from burstview_engines.core.views import RequestView, RunView, Snapshot


class RequestScreen(LiveScreen):
    """Follows one request of a run; the next and the one before are a key away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,enter",
            "app.pop_screen",
            "Back",
            tooltip="Back to the lanes.",
            id="request.back",
            key_display="esc",
        ),
        Binding(
            "j,right",
            "move(1)",
            "Next",
            tooltip="The next request.",
            id="request.next",
            key_display="j",
        ),
        Binding(
            "k,left",
            "move(-1)",
            "Before",
            tooltip="The request before.",
            id="request.before",
            key_display="k",
        ),
    ]

    def __init__(
        self, fold: SessionFold, clock: Clock, last: Snapshot, run: int, request: int
    ) -> None:
        super().__init__(fold, clock, last)
        self.run_number, self.request_number = run, request
        self._texts = ("", "")

    def compose(self) -> ComposeResult:
        """Figures above, text below."""
        yield Static(id="request-title", classes="screen-title", markup=False)
        yield FactsTable()
        yield Static("PROMPT", classes="heading")
        yield Static(id="prompt", markup=False)
        yield Static("ANSWER", classes="heading")
        with VerticalScroll(id="answer-scroll"):
            yield Static(id="answer", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The answer scrolls with the arrows at once."""
        self.query_one("#answer-scroll", VerticalScroll).focus()

    def draw(self) -> None:
        """The request as it stands."""
        run = self.last.run(self.run_number)
        request = self._request(run)
        if run is None or request is None or not self.can_draw:
            return
        self.query_one("#request-title", Static).update(self._title(run), layout=False)
        arrivals = self.fold.arrivals(run.run, "burst", request.id)
        self.query_one(FactsTable).facts = facts.of_request(request, run, arrivals)
        self._draw_texts(request)

    def action_move(self, step: int) -> None:
        """To the neighbouring request, if there is one."""
        run = self.last.run(self.run_number)
        ids = [request.id for request in run.requests] if run else []
        if self.request_number + step in ids:
            self.request_number += step
            self.draw()

    def _request(self, run: RunView | None) -> RequestView | None:
        requests = run.requests if run else ()
        return next((r for r in requests if r.id == self.request_number), None)

    def _title(self, run: RunView) -> str:
        mark = " · SIMULATED" if run.backend.simulated else ""
        of = max(len(run.requests), run.plan.concurrency)
        return f" Request {self.request_number} of {of} · {harmless(run.backend.name)}{mark}"

    def _draw_texts(self, request: RequestView) -> None:
        """Model text is drawn without its control sequences, and only when there is more of it."""
        prompt = self.fold.prompt(self.run_number, "burst", request.id)
        answer = self.fold.text(self.run_number, "burst", request.id)
        if (prompt, answer) == self._texts:
            return
        self._texts = (prompt, answer)
        self.query_one("#prompt", Static).update(harmless(prompt) or "—")
        scroll = self.query_one("#answer-scroll", VerticalScroll)
        was_at_end = scroll.is_vertical_scroll_end
        self.query_one("#answer", Static).update(harmless(answer) or "no text yet")
        if was_at_end and request.state == "streaming":
            scroll.scroll_end(animate=False)
