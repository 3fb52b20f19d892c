"""The main screen's keys: the one list that bindings, help and palette share."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import format_key

MAIN = (
    Binding(
        "d",
        "duel",
        "Duel",
        tooltip="Fire the same burst at both sides and compare them.",
        id="main.duel",
    ),
    Binding(
        "f",
        "fire",
        "Fire",
        tooltip="Fire a burst at the backend of the selected side.",
        id="main.fire",
    ),
    Binding(
        "c,escape",
        "cancel",
        "Cancel",
        tooltip="End the burst now; what was seen stays on screen.",
        id="main.cancel",
        key_display="c",
    ),
    Binding(
        "left",
        "slide(-1)",
        "Fewer",
        False,
        tooltip="Move the slider down a step.",
        id="main.fewer",
    ),
    Binding(
        "right", "slide(1)", "More", False, tooltip="Move the slider up a step.", id="main.more"
    ),
    Binding(
        "shift+left",
        "nudge(-1)",
        "One fewer",
        False,
        tooltip="One request fewer.",
        id="main.one_fewer",
    ),
    Binding(
        "shift+right",
        "nudge(1)",
        "One more",
        False,
        tooltip="One request more.",
        id="main.one_more",
    ),
    Binding(
        "pagedown",
        "octave(-1)",
        "Halve",
        False,
        tooltip="Down to the next power of two.",
        id="main.halve",
    ),
    Binding(
        "pageup",
        "octave(1)",
        "Double",
        False,
        tooltip="Up to the next power of two.",
        id="main.double",
    ),
    Binding(
        "e",
        "settings",
        "Edit",
        tooltip="Tokens, prompt, temperature, thinking, lengths, warm-up.",
        id="main.settings",
    ),
    Binding(
        "m",
        "model",
        "Model",
        False,
        tooltip="Choose among the models of the selected backend.",
        id="main.model",
    ),
    Binding(
        "o",
        "order",
        "Order",
        False,
        tooltip="Fire a duel in turns, together, or as the hardware allows.",
        id="main.order",
    ),
    Binding(
        "r",
        "lane_order",
        "Rows",
        False,
        tooltip="Order the rows as requests were served, or by their numbers.",
        id="main.lane_order",
    ),
    Binding(
        "z",
        "own_axis",
        "Zoom",
        tooltip="Give the selected side an axis of its own, or put both on one again.",
        id="main.own_axis",
    ),
    Binding(
        "s",
        "slow_motion",
        "Slow",
        tooltip="Show the last burst again, slower; the axis still shows real time.",
        id="main.slow_motion",
    ),
    Binding(
        "g",
        "app.engines",
        "Engines",
        tooltip="Start, watch, change and stop engines in containers and local processes.",
        id="main.engines",
    ),
    Binding(
        "i",
        "app.engine_room",
        "Inside",
        False,
        tooltip="The engine room: who runs, who waits, and how full the KV cache is.",
        id="main.engine_room",
    ),
    Binding(
        "n",
        "app.gpus",
        "GPUs",
        tooltip="nvidia-smi's table live, its past, and who is on the GPUs.",
        id="main.gpus",
    ),
    Binding("w", "why", "Why", tooltip="The figures that the sentence rests on.", id="main.why"),
    Binding(
        "p",
        "freeze",
        "Freeze",
        False,
        tooltip="Hold the picture still; the burst goes on behind it.",
        id="main.freeze",
    ),
    Binding(
        "up,k",
        "cursor(-1)",
        "Request above",
        False,
        tooltip="Point at the request above.",
        id="main.request_above",
        key_display="↑ k",
    ),
    Binding(
        "down,j",
        "cursor(1)",
        "Request below",
        False,
        tooltip="Point at the request below.",
        id="main.request_below",
        key_display="↓ j",
    ),
    Binding(
        "enter",
        "details",
        "Request",
        False,
        tooltip="Prompt, answer and times of the request pointed at.",
        id="main.details",
    ),
    Binding("1", "side(0)", "Left", False, tooltip="Select the left side.", id="main.left_side"),
    Binding("2", "side(1)", "Right", False, tooltip="Select the right side.", id="main.right_side"),
)
"""In the order of the footer."""

EVERYWHERE = (
    Binding("t", "next_theme", "Theme", False, tooltip="The next theme.", id="app.theme"),
    Binding(
        "S",
        "save_picture",
        "Picture",
        False,
        tooltip="Save the screen as an SVG file in the current folder.",
        id="app.picture",
        key_display="S",
    ),
    Binding(
        "question_mark",
        "help",
        "Help",
        tooltip="Every key and what it does.",
        id="app.help",
        key_display="?",
    ),
    Binding("q", "leave", "Quit", tooltip="Stop all that was started and leave.", id="app.quit"),
    Binding(
        "ctrl+c",
        "leave",
        "Quit",
        False,
        tooltip="Leave, from anywhere.",
        id="app.interrupt",
        priority=True,
    ),
)
"""Keys of the app itself."""


def label(binding: Binding) -> str:
    """`c esc` of `c,escape`."""
    return " ".join(_name(key.strip()) for key in binding.key.split(","))


def _name(key: str) -> str:
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, {"escape": "esc"}.get(last, format_key(last))])
