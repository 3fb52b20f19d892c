"""One side of the engine room on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.reactive import reactive

from burstview.draw.kv_map import COLOURS
from burstview.draw.room_rows import NOTHING, SideShown, side_rows
from burstview.widgets.rows import Row, Rows

_KINDS = (
    "name",
    "simulated",
    "words",
    "rule",
    "word",
    "axis",
    "cursor",
    "value",
    "running",
    "waiting",
    "batch",
    "kv",
    "tokens",
    "held",
    "preempted",
    "problem",
    "moment",
    "source",
    "note",
    "caption",
    "held-back",
    "free",
    "used",
    "left",
    "shared",
    *(f"holder-{number}" for number in range(COLOURS)),
)


class RoomSide(Rows):
    """Fills its height; only rows that changed are drawn again."""

    PREFIX = "room"
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"room--{kind}" for kind in _KINDS}
    DEFAULT_CSS = """
    RoomSide {
        width: 1fr;
        height: 1fr;
        background: $background;
        color: $foreground;
        & > .room--name { text-style: bold; }
        & > .room--simulated { color: $simulated-text; text-style: bold; }
        & > .room--words { color: $accent; text-style: bold; }
        & > .room--rule { color: $axis-text; }
        & > .room--word { color: $muted-text; }
        & > .room--axis { color: $axis-text; }
        & > .room--cursor { color: $accent; text-style: bold; }
        & > .room--running { color: $phase-streaming; }
        & > .room--waiting { color: $phase-waiting; }
        & > .room--batch { color: $secondary; }
        & > .room--kv { color: $accent; }
        & > .room--tokens { color: $success; }
        & > .room--held { color: $foreground 35%; }
        & > .room--preempted { color: $error; text-style: bold; }
        & > .room--problem { color: $error; }
        & > .room--moment { text-style: bold; }
        & > .room--source { color: $muted-text; text-style: italic; }
        & > .room--note { color: $muted-text; }
        & > .room--caption { color: $secondary; }
        & > .room--held-back { text-style: bold; }
        & > .room--free { color: $axis-text; }
        & > .room--used { color: $accent; }
        & > .room--left { color: $muted-text; }
        & > .room--shared { color: $muted-text; }
        & > .room--holder-0 { color: $primary; }
        & > .room--holder-1 { color: $success; }
        & > .room--holder-2 { color: $accent; }
        & > .room--holder-3 { color: $phase-thinking; }
        & > .room--holder-4 { color: $foreground; }
    }
    """

    shown: reactive[SideShown] = reactive(NOTHING, init=False, repaint=False)
    """What is drawn; a new one with every snapshot."""

    def watch_shown(self) -> None:
        """Draw what changed."""
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """As many rows as the side is high."""
        return side_rows(self.shown, width, self.size.height)
