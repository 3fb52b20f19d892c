"""The main screen: slider, backends, two sides on one axis, gauges, and what it means."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Static

from burstview import deck, engine_words, gauge_extras, gpu_words, slow_motion
from burstview.draw.lane_order import LaneOrder
from burstview.keys import MAIN
from burstview.meaning import (
    Pair,
    Said,
    brief_findings_of,
    differences_of,
    findings_of,
    says_anew,
    sentence_of,
    warnings_of,
)
from burstview.messages import BurstWanted, CancelWanted
from burstview.picture import Headings, is_too_fast_to_see, picture, span
from burstview.screens.choosing import ChoosingScreen
from burstview.screens.live import Clock
from burstview.slow_motion import SlowMotion
from burstview.widgets.backends import Backends
from burstview.widgets.gauges import Gauges
from burstview.widgets.lanes import Lanes
from burstview.widgets.plan_line import PlanLine, hint
from burstview.widgets.reading import Differences, Reading
from burstview.widgets.slider import Slider
from burstview.widgets.title import Title, place
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView, Snapshot

SMALLEST = (80, 24)
CHANGING = ("fire", "duel", "cancel", "slow_motion", "why", "own_axis")
"""Actions of the footer that are not always possible."""


class MainScreen(ChoosingScreen):
    """Draws snapshots and what the person chose; wishes go up as messages."""

    BINDINGS: ClassVar[list[BindingType]] = list(MAIN)

    def __init__(
        self, plan: BurstPlan, order: Order, fold: SessionFold, clock: Clock, is_recording: bool
    ) -> None:
        super().__init__(plan, order, fold, clock)
        self.slow: SlowMotion | None = None
        """The replay in progress."""
        self._possible: tuple[bool | None, ...] = ()
        self._meant: Said | None = None
        self._headings = Headings()
        self._lane_order = LaneOrder()
        self.is_frozen = False
        self.is_recording = is_recording

    def compose(self) -> ComposeResult:
        """From top to bottom as they are read."""
        yield Title()
        yield Backends()
        yield Slider(self.plan.concurrency)
        yield PlanLine()
        yield Lanes()
        yield Gauges()
        yield Differences()
        yield Reading()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(id="too-small", markup=False)

    def on_mount(self) -> None:
        """The slider first: arrows move it at once."""
        self.query_one(Slider).focus()

    @on(events.Resize)
    def fit(self, event: events.Resize) -> None:
        """Below the smallest size, one sentence instead of a torn picture."""
        width, height = event.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-too-small")
        is_narrow = width < 100 or height < 32
        self.set_class(is_narrow, "-narrow")
        self.query_one(Reading).most_rows = 4 if is_narrow else 6
        self.query_one(Gauges).room = 1 if self.has_class("-narrow") else 4
        self.query_one("#too-small", Static).update(
            f"burstview needs {SMALLEST[0]}x{SMALLEST[1]} characters; this terminal has"
            f" {width}x{height}. Make the window larger or the type smaller; q leaves."
        )
        self.draw()

    # drawing

    @property
    def is_moving(self) -> bool:
        """A slowed replay moves without events."""
        return self.slow is not None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """While frozen, the held picture stays."""
        if self.slow is not None and self.slow.is_over(self.clock()):
            self.slow = None
        self.last = self.last if self.is_frozen else snapshot
        self.draw()

    def draw(self) -> None:
        """Everything from the newest snapshot, or from the held one while frozen."""
        if not self.can_draw or self.has_class("-too-small"):
            return
        self.sides = deck.fill(self.sides, self.last)
        if self.is_recording:
            self._take_recorded_plan()
        is_narrow = self.has_class("-narrow")
        shown = picture(
            self.last,
            self.sides,
            self.selected,
            self.slow,
            self.clock(),
            self._headings,
            is_narrow,
            self._lane_order,
        )
        self._draw_top(self.last)
        self.query_one(Lanes).sides = shown.lanes
        gauges = self.query_one(Gauges)
        gauges.gpu = gauge_extras.believed_look(self.last.gpu, self.last.runs)
        gauges.simulated_gpu = self.last.simulated_gpu
        gauges.extras = gauge_extras.extras_of(
            self.last,
            gpu_words.wall_clock(self.fold.started),
            is_shown_again=self.slow is not None,
        )
        gauges.host = self.last.host
        gauges.owners = {view.backend.key: view.backend.name for view in self.last.backends}
        self._draw_meaning(shown.views)
        self._draw_keys()

    def _take_recorded_plan(self) -> None:
        """A recording has no next burst: slider and plan are those of the newest one."""
        newest = self.newest_runs()
        if newest:
            self.plan = newest[-1].plan
            self.query_one(Slider).value = self.plan.concurrency

    def _draw_meaning(self, views: Pair) -> None:
        """Words are for reading: while a burst runs they change a few times a second at most."""
        if not says_anew(self._meant, (self.last.now, views)):
            return
        self._meant = (self.last.now, views)
        self.query_one(Differences).phrases = differences_of(views)
        reading = self.query_one(Reading)
        reading.sentence = sentence_of(views)
        reading.warnings = warnings_of(views, self.last.now, reading.sentence)
        reading.findings = findings_of(views)
        reading.brief = brief_findings_of(views)

    def _draw_keys(self) -> None:
        """The footer is made anew only when a key became grey or live."""
        possible = tuple(self.check_action(action, ()) for action in CHANGING)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _draw_top(self, snapshot: Snapshot) -> None:
        title, backends = self.query_one(Title), self.query_one(Backends)
        host = self.fold.started.host if self.fold.started else ""
        title.place, title.state = place(host, snapshot), self._state()
        backends.views, backends.sides = snapshot.backends, self.sides
        backends.doing = engine_words.briefs(snapshot)
        backends.selected = self.selected
        line = self.query_one(PlanLine)
        line.plan, line.order = self.plan, self.order
        line.is_firing, line.can_fire = deck.is_firing(snapshot), self._can_fire()
        left, right = (deck.expected(key, self.plan, snapshot) for key in self.sides)
        line.hint = hint((left, right))

    def _state(self) -> str:
        states = []
        if self.slow is not None:
            states.append(f"SLOW MOTION ×{self.slow.factor} · any key ends it")
        if self.is_frozen:
            states.append("FROZEN · p goes on")
        if self.is_recording:
            states.append("RECORDING")
        return " · ".join(states)

    # what is shown and chosen

    def _ready(self, side: int) -> bool:
        return deck.view(self.sides[side], self.last).is_ready

    def _can_fire(self) -> bool:
        return not self.is_recording and any(self._ready(side) for side in (0, 1))

    def newest_runs(self) -> tuple[RunView, ...]:
        """The last burst: one run, or the two of a duel."""
        runs = self.last.runs
        newest = runs[-1] if runs else None
        return tuple(
            run
            for run in runs
            if run is newest or (newest and newest.duel is not None and run.duel == newest.duel)
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what would do nothing now."""
        possible = {
            "fire": lambda: self._is_at_rest() and self._ready(self.selected),
            "duel": lambda: self._is_at_rest() and self._ready(0) and self._ready(1),
            "cancel": lambda: deck.is_firing(self.last) and not self.is_recording,
            "model": lambda: self._is_at_rest() and len(self.chosen_models) > 1,
            "slow_motion": lambda: bool(self.last.runs) and not deck.is_firing(self.last),
            "why": lambda: bool(self.last.runs),
            "details": lambda: self.chosen_run is not None,
            "cursor": lambda: self.chosen_run is not None,
            "own_axis": lambda: self.chosen_run is not None,
            "settings": lambda: not self.is_recording,
            "order": lambda: not self.is_recording,
        }.get(action)
        return True if possible is None or possible() else None

    def _is_at_rest(self) -> bool:
        return not self.is_recording and not deck.is_firing(self.last)

    # actions

    def action_fire(self) -> None:
        """Fire at the selected side."""
        self._fire(self.sides[self.selected])

    def action_duel(self) -> None:
        """Fire at both sides."""
        self._fire(*self.sides)

    def _fire(self, *backends: str | None) -> None:
        keys = tuple(key for key in backends if key is not None)
        self.slow, self.is_frozen = None, False
        self.query_one(Lanes).cursor = None
        self.post_message(BurstWanted(keys, self.plan, self.order))

    def action_cancel(self) -> None:
        """End the burst; what was seen stays."""
        self.post_message(CancelWanted())

    def action_slide(self, direction: int) -> None:
        """Move the slider a step."""
        self.query_one(Slider).step(direction)

    def action_nudge(self, direction: int) -> None:
        """Move the slider by one."""
        self.query_one(Slider).fine(direction)

    def action_octave(self, direction: int) -> None:
        """Move the slider to the next power of two."""
        self.query_one(Slider).octave(direction)

    def action_own_axis(self) -> None:
        """Each side on its own axis, or both on one."""
        lanes = self.query_one(Lanes)
        lanes.own_axis = not lanes.own_axis

    def action_lane_order(self) -> None:
        """Rows as requests were served, or by number."""
        self._lane_order.is_by_service = not self._lane_order.is_by_service
        self.draw()

    def action_freeze(self) -> None:
        """Hold the picture, or go on."""
        self.is_frozen = not self.is_frozen
        self.draw()

    def action_slow_motion(self) -> None:
        """Show the last burst again, slowly."""
        self.slow = slow_motion.begin(span(self.newest_runs()), self.clock())
        self.draw()

    def offer_slow_motion(self, runs: tuple[int, ...]) -> None:
        """Show a burst again by itself if it was faster than the eye."""
        newest = self.newest_runs()
        if {run.run for run in newest} == set(runs) and is_too_fast_to_see(newest):
            self.action_slow_motion()

    def end_slow_motion(self) -> None:
        """Back to the whole picture."""
        self.slow = None
        self.draw()

    def action_cursor(self, step: int) -> None:
        """Point at another request of the selected side."""
        lanes = self.query_one(Lanes)
        if lanes.cursor is None or lanes.cursor.side != self.selected:
            lanes.action_side(self.selected)
        else:
            lanes.action_move(step)

    def action_details(self) -> None:
        """Open the request pointed at."""
        self.query_one(Lanes).action_choose()
