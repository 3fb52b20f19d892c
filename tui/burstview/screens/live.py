"""A screen that is drawn from snapshots at the app's rate."""

from __future__ import annotations

from collections.abc import Callable

from burstview.widgets.diff_screen import DiffScreen
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import EMPTY, Snapshot

Clock = Callable[[], float]
"""The viewer's seconds, for what moves without events."""


class LiveScreen(DiffScreen[None]):
    """Drawn with every changed snapshot while it is on top, and once when it gets there."""

    def __init__(self, fold: SessionFold, clock: Clock, last: Snapshot = EMPTY) -> None:
        super().__init__()
        self.fold, self.clock = fold, clock
        self.last = last
        """The newest snapshot that was handed in."""
        self.can_draw = False
        """Its widgets are there."""

    def on_mount(self) -> None:
        """The first picture, of what was known when it was opened."""
        self.can_draw = True
        self.draw()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the snapshot and draw it."""
        self.last = snapshot
        self.draw()

    def draw(self) -> None:
        """Put `last` on screen."""
        raise NotImplementedError

    @property
    def is_moving(self) -> bool:
        """Whether it must be drawn although nothing changed."""
        return False
