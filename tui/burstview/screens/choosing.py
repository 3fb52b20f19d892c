"""What a person chose on a screen, and the other screens that ask or tell more."""

from __future__ import annotations

import msgspec
from textual import on

from burstview import deck
from burstview.deck import Sides
from burstview.messages import BackendChosen, ConcurrencyChosen, ModelChosen
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.lanes import Lanes
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView

ORDERS: tuple[Order, ...] = ("auto", "in-turns", "together")


class ChoosingScreen(LiveScreen):
    """Holds the next burst and the two sides; every change is drawn at once."""

    def __init__(self, plan: BurstPlan, order: Order, fold: SessionFold, clock: Clock) -> None:
        super().__init__(fold, clock)
        self.plan = plan
        """The next burst; of a recording, the one that is shown."""
        self.order: Order = order
        """How a duel fires."""
        self.sides: Sides = (None, None)
        """Backend keys left and right."""
        self.selected = 0
        """The side that `f`, `m`, `z` and the cursor mean."""

    @property
    def chosen_run(self) -> RunView | None:
        """The newest run of the selected side."""
        return deck.view(self.sides[self.selected], self.last).run

    @property
    def chosen_models(self) -> tuple[str, ...]:
        """What the selected side's backend lists."""
        view = deck.view(self.sides[self.selected], self.last).backend
        return view.backend.models if view else ()

    # actions

    def action_order(self) -> None:
        """The next of auto, in turns, together."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.draw()

    def action_side(self, side: int) -> None:
        """Select a side."""
        self.selected = side
        self.draw()

    def action_settings(self) -> None:
        """Edit what the next burst asks for."""
        from burstview.screens.settings import SettingsScreen  # after the first paint

        self.app.push_screen(SettingsScreen(self.plan), self._take_plan)

    def action_model(self) -> None:
        """Choose among the models of the selected backend."""
        from burstview.screens.models import ModelScreen  # after the first paint

        view = deck.view(self.sides[self.selected], self.last).backend
        if view is not None:
            self.app.push_screen(ModelScreen(view.backend), self._take_model)

    def action_why(self) -> None:
        """Show the proof."""
        from burstview.screens.why import WhyScreen  # after the first paint

        self.app.push_screen(WhyScreen(self.fold, self.clock, self.last, self.sides))

    def _take_plan(self, plan: BurstPlan | None) -> None:
        if plan is not None:
            self.plan = plan
            self.draw()

    def _take_model(self, choice: ModelChosen | None) -> None:
        if choice is not None:
            self.post_message(choice)

    # what the widgets tell

    @on(ConcurrencyChosen)
    def take_concurrency(self, message: ConcurrencyChosen) -> None:
        """The slider moved."""
        self.plan = msgspec.structs.replace(self.plan, concurrency=message.value)
        self.draw()

    @on(BackendChosen)
    def take_backend(self, message: BackendChosen) -> None:
        """A backend takes the selected side; one that stands on the other is selected there."""
        if message.backend == self.sides[1 - self.selected]:
            self.selected = 1 - self.selected
        self.sides = deck.take(self.sides, self.selected, message.backend)
        self.draw()

    @on(Lanes.RequestHighlighted)
    def follow_cursor(self, message: Lanes.RequestHighlighted) -> None:
        """The cursor's side is the selected one."""
        self.action_side(message.side)

    @on(Lanes.RequestChosen)
    def open_request(self, message: Lanes.RequestChosen) -> None:
        """Show the request by itself."""
        from burstview.screens.request import RequestScreen  # after the first paint

        run = deck.view(self.sides[message.side], self.last).run
        if run is not None:
            self.app.push_screen(
                RequestScreen(self.fold, self.clock, self.last, run.run, message.id)
            )
