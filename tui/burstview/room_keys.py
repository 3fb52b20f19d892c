"""The keys of the engine room; bindings, help and palette share them."""

from __future__ import annotations

from textual.binding import Binding

ENGINE_ROOM = (
    Binding(
        "left",
        "move(-1)",
        "Earlier",
        tooltip="Move the moment that is shown a cell to the left.",
        id="room.earlier",
        key_display="←",
    ),
    Binding(
        "right",
        "move(1)",
        "Later",
        tooltip="Move the moment that is shown a cell to the right.",
        id="room.later",
        key_display="→",
    ),
    Binding(
        "shift+left",
        "move(-10)",
        "Much earlier",
        False,
        tooltip="Ten cells to the left.",
        id="room.much_earlier",
    ),
    Binding(
        "shift+right",
        "move(10)",
        "Much later",
        False,
        tooltip="Ten cells to the right.",
        id="room.much_later",
    ),
    Binding(
        "home",
        "begin",
        "Begin",
        False,
        tooltip="Show the moment at which the burst began.",
        id="room.begin",
    ),
    Binding(
        "end",
        "follow",
        "Live",
        tooltip="Follow the burst; of one that is over, its fullest moment.",
        id="room.live",
    ),
    Binding(
        "n",
        "now",
        "Now",
        tooltip="Show the newest look, also after the burst; again: its fullest moment.",
        id="room.now",
    ),
    Binding(
        "z",
        "own_axis",
        "Zoom",
        tooltip="Give each side an axis of its own, or put both on one again.",
        id="room.own_axis",
    ),
    Binding(
        "h",
        "hints",
        "Hints",
        tooltip="Show or hide the sentences that explain what is seen.",
        id="room.hints",
    ),
    Binding(
        "tab",
        "other_side",
        "Side",
        tooltip="To the other side; on a narrow screen only one is shown.",
        id="room.other_side",
    ),
    Binding("1", "side(0)", "Left", False, tooltip="The left side.", id="room.left_side"),
    Binding("2", "side(1)", "Right", False, tooltip="The right side.", id="room.right_side"),
    Binding(
        "escape",
        "back",
        "Back",
        tooltip="From a chosen moment back to live, then to the main screen.",
        id="room.back",
        key_display="esc",
    ),
    Binding(
        "i",
        "app.pop_screen",
        "Lanes",
        False,
        tooltip="Back to the main screen.",
        id="room.lanes",
    ),
)
"""In the order of the footer."""
