"""The keys of the screens for engines; bindings, help and palette share them."""

from __future__ import annotations

from functools import partial

from textual.binding import Binding


def _binding(
    key: str,
    action: str,
    name: str,
    tooltip: str,
    *,
    show: bool = True,
    display: str | None = None,
    area: str = "engines",
) -> Binding:
    place = name.lower().replace(" ", "_")
    return Binding(
        key, action, name, show, tooltip=tooltip, key_display=display, id=f"{area}.{place}"
    )


_log_binding = partial(_binding, area="log")

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
    _binding("pageup", "choose_page(-1)", "Page up", "A page up in the table.", show=False),
    _binding("pagedown", "choose_page(1)", "Page down", "A page down in the table.", show=False),
    _binding("home", "choose_edge(-1)", "First", "The first engine.", show=False),
    _binding("end", "choose_edge(1)", "Last", "The last engine.", show=False),
    _binding("escape,g", "back", "Back", "Back to the main screen.", display="esc"),
)
"""In the order of the footer."""

ENGINE_LOG = (
    _log_binding("slash", "search", "Search", "Find a text; the matches are counted.", display="/"),
    _log_binding("n", "match(1)", "Next", "The next match, downward.", show=False),
    _log_binding("N", "match(-1)", "Before", "The match before, upward.", show=False, display="N"),
    _log_binding("f", "filter", "Filter", "Show only lines that match, or all again."),
    _log_binding("space", "pause", "Pause", "Hold the log still, or follow it again."),
    _log_binding("end", "follow", "Newest", "To the newest line, and follow.", show=False),
    _log_binding("T", "stamps", "Times", "Show or hide each line's time, UTC.", display="T"),
    _log_binding("r", "wrap", "Wrap", "Break long lines, or cut them at the edge."),
    _log_binding("w", "save", "Save", "Write all kept lines to a new file in the current folder."),
    _log_binding("escape,l", "back", "Back", "Back to the engines.", display="esc"),
)
"""In the order of the footer."""
