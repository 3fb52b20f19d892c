"""The keys of the screens for engines; bindings, help and palette share them."""

from __future__ import annotations

from textual.binding import Binding


def _binding(
    key: str, action: str, name: str, tooltip: str, *, show: bool = True, display: str | None = None
) -> Binding:
    place = action.partition("(")[0]
    return Binding(
        key, action, name, show, tooltip=tooltip, key_display=display, id=f"engines.{place}"
    )


ENGINES = (
    _binding("n", "new", "New", "Choose an engine, a model and options, and start it."),
    _binding("s", "start", "Start", "Start a stopped engine as it is."),
    _binding(
        "x",
        "stop",
        "Stop",
        "Stop it, or cancel its pull; while it is being stopped, again offers to kill it.",
    ),
    _binding("R", "restart", "Restart", "Stop and start it as it is.", display="R"),
    _binding("e", "edit", "Edit", "Change its options: it is replaced, its volumes stay."),
    _binding("D", "remove", "Remove", "Remove it; its volumes stay unless ticked.", display="D"),
    _binding("l", "log", "Logs", "Follow its log: search, pause, save."),
    _binding(
        "K", "kill", "Kill", "End it at once, without waiting for it.", show=False, display="K"
    ),
    _binding(
        "a",
        "adopt",
        "Adopt",
        "Allow changes to an engine that was started without burstview.",
        show=False,
    ),
    _binding("m", "models", "Models", "The models of an Ollama: pull, load, delete.", show=False),
    _binding(
        "f", "fire", "Fire", "Put it on the selected side and fire the burst at it.", show=False
    ),
    _binding("enter", "take", "Use", "Put it on the selected side of the main screen.", show=False),
    _binding(
        "y",
        "command",
        "Command",
        "Show the `docker run` line that equals it, and copy it.",
        show=False,
    ),
    _binding(
        "d",
        "details",
        "Details",
        "The engine's or the daemon's own words of a failure.",
        show=False,
    ),
    _binding("up,k", "choose(-1)", "Above", "The engine above.", show=False, display="↑ k"),
    _binding("down,j", "choose(1)", "Below", "The engine below.", show=False, display="↓ j"),
    _binding("escape,g", "back", "Back", "Back to the main screen.", display="esc"),
)
"""In the order of the footer."""

ENGINE_LOG = (
    _binding("slash", "search", "Search", "Find a text; the matches are counted.", display="/"),
    _binding("n", "match(1)", "Next", "The next match, downward.", show=False),
    _binding("N", "match(-1)", "Before", "The match before, upward.", show=False, display="N"),
    _binding("f", "filter", "Filter", "Show only lines that match, or all again."),
    _binding("space", "pause", "Pause", "Hold the log still, or follow it again."),
    _binding("end", "follow", "Newest", "To the newest line, and follow.", show=False),
    _binding("T", "stamps", "Times", "Show or hide each line's time, UTC.", display="T"),
    _binding("r", "wrap", "Wrap", "Break long lines, or cut them at the edge."),
    _binding("w", "save", "Save", "Write all kept lines to a new file in the current folder."),
    _binding("escape,l", "back", "Back", "Back to the engines.", display="esc"),
)
"""In the order of the footer."""
