"""The engine room: who runs, who waits and how full the KV cache is, on the lanes' axis."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Footer

from burstview import deck
from burstview import format as say
from burstview.deck import Sides
from burstview.draw.time_rows import axis_cells
from burstview.room import Asked, Room, Wish
from burstview.room_keys import ENGINE_ROOM
from burstview.room_moment import Follow
from burstview.screens.live import Clock, LiveScreen
from burstview.widgets.head import Head
from burstview.widgets.room_side import RoomSide
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import Snapshot

TWO_SIDES = 100
"""Columns from which on both sides fit beside each other."""


class EngineRoomScreen(LiveScreen):
    """Draws the two sides of the main screen from samples; a cursor moves over their past."""

    BINDINGS: ClassVar[list[BindingType]] = list(ENGINE_ROOM)
    DEFAULT_CSS = """
    EngineRoomScreen {
        #room-1 { border-left: solid $axis-text; }
        &.-one #room-1 { border-left: none; }
        &.-one .-hidden { display: none; }
    }
    """

    def __init__(
        self, fold: SessionFold, clock: Clock, last: Snapshot, sides: Sides, selected: int = 0
    ) -> None:
        super().__init__(fold, clock, last)
        self.sides, self.selected = sides, selected
        self.cursor: float | None = None
        """Second of the axis whose moment is shown; None: `follow`."""
        self.follow: Follow = "auto"
        self.own_axis = False
        self.has_captions = True
        self._room = Room()

    def compose(self) -> ComposeResult:
        """Two sides under one line."""
        yield Head()
        with Horizontal():
            for side in (0, 1):
                yield RoomSide(id=f"room-{side}")
        yield Footer(show_command_palette=False, compact=True)

    @on(events.Resize)
    def fit(self, event: events.Resize) -> None:
        """Where there is room for one side only, the selected one is shown."""
        self.set_class(event.size.width < TWO_SIDES, "-one")
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Both sides from the newest snapshot."""
        if not self.can_draw:
            return
        self.sides = deck.fill(self.sides, self.last)
        panes = [self.query_one(f"#room-{side}", RoomSide) for side in (0, 1)]
        for side, pane in enumerate(panes):
            pane.set_class(side != self.selected, "-hidden")
        asked = Asked(self.last, self.fold.history, self._wish(), self._wall())
        shown = self._room.sides(asked, self.sides)
        for pane, side_shown in zip(panes, shown, strict=True):
            if not self._is_hidden(pane):
                pane.shown = side_shown
        self._draw_head()

    def _is_hidden(self, pane: RoomSide) -> bool:
        return self.has_class("-one") and pane.has_class("-hidden")

    def _wish(self) -> Wish:
        width = self.size.width
        if not self.has_class("-one"):
            width = (width - 1) // 2
        return Wish(
            cells=axis_cells(width),
            selected=self.selected,
            own_axis=self.own_axis,
            cursor=self.cursor,
            follow=self.follow,
            has_captions=self.has_captions,
        )

    def _wall(self) -> float | None:
        started = self.fold.started
        return started.wall + self.last.now - started.at if started is not None else None

    def _draw_head(self) -> None:
        head = self.query_one(Head)
        head.words = "Engine room"
        notes = []
        if self.cursor is not None:
            notes.append(f"▲ {say.seconds(self.cursor)} · end: live")
        elif self.follow == "now":
            notes.append("now · n: fullest moment")
        if self._room.gained >= 1.05:
            kind = "own axis" if self.own_axis else "z own axis"
            notes.append(f"{kind} {say.factor(self._room.gained)}")
        if self.has_class("-one"):
            notes.append(f"side {self.selected + 1} of 2 · tab")
        head.where = " · ".join(notes)

    # actions

    def action_move(self, cells: int) -> None:
        """The moment shown goes by cells of the selected side's axis."""
        span = self._room.spans[self.selected] or max(
            (span for span in self._room.spans if span is not None), default=None
        )
        if span is None:
            return
        each = span / self._wish().cells
        if self.cursor is None and cells > 0:
            return
        begin = self._room.reaches[self.selected] if self.cursor is None else self.cursor
        self.cursor = min(max(self._room.reaches), max(0.0, begin + cells * each))
        self.draw()

    def action_begin(self) -> None:
        """To the burst's first moment."""
        if any(span is not None for span in self._room.spans):
            self.cursor = 0.0
            self.draw()

    def action_follow(self) -> None:
        """No chosen moment any more."""
        self.cursor, self.follow = None, "auto"
        self.draw()

    def action_now(self) -> None:
        """The newest look, whatever became of the burst; again: as before."""
        self.cursor = None
        self.follow = "auto" if self.follow == "now" else "now"
        self.draw()

    def action_own_axis(self) -> None:
        """Each side on its own axis, or both on one."""
        self.own_axis = not self.own_axis
        self.draw()

    def action_hints(self) -> None:
        """For those who know: more room for the map."""
        self.has_captions = not self.has_captions
        self.draw()

    def action_side(self, side: int) -> None:
        """Select a side."""
        self.selected = side
        self.draw()

    def action_other_side(self) -> None:
        """Select the other side."""
        self.action_side(1 - self.selected)

    def action_back(self) -> None:
        """To live first, then to the main screen."""
        if self.cursor is not None or self.follow == "now":
            self.action_follow()
        else:
            self.app.pop_screen()
