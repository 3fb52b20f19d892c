"""The keys of the form, of the pair and of an Ollama's models; bindings and help share them."""

from __future__ import annotations

from textual.binding import Binding


def _binding(
    place: str,
    key: str,
    action: str,
    name: str,
    tooltip: str,
    *,
    show: bool = True,
    display: str | None = None,
    priority: bool = False,
) -> Binding:
    what = action.replace("app.", "").replace("(", "_").strip(")").replace("-1", "back")
    return Binding(
        *(key, action, name, show),
        tooltip=tooltip,
        key_display=display,
        priority=priority,
        id=f"{place}.{what}",
    )


_FOUND = (
    ("pagedown", "page(1)", "Page down", "Scroll what was found."),
    ("pageup", "page(-1)", "Page up", "Scroll what was found back."),
    ("down", "app.focus_next", "Field below", "To the field below."),
    ("up", "app.focus_previous", "Field above", "To the field above."),
)
_COPIES = "Copy the command (OSC 52); y alone does it outside of text fields."

LAUNCH = (
    _binding(
        *("launch", "ctrl+s", "accept", "Start"),
        "Start it, or replace the edited one; refused while there is a problem.",
        priority=True,
    ),
    _binding(
        *("launch", "d", "pair", "Duel pair"),
        "Plan Ollama and vLLM for this model together on one GPU; outside of text fields.",
    ),
    _binding("launch", "ctrl+y,y", "copy", "Copy", _COPIES, display="^y"),
    *(_binding("launch", *words, show=False) for words in _FOUND),
    _binding("launch", "escape", "back", "Back", "Start nothing."),
)
"""In the order of the footer."""

PAIR = (
    _binding(
        *("pair", "ctrl+s", "accept", "Start both"),
        "Start them one after the other; refused while there is a problem.",
        priority=True,
    ),
    _binding(
        "pair", "ctrl+y,y", "copy", "Copy", _COPIES.replace("command", "commands"), display="^y"
    ),
    *(_binding("pair", *words, show=False) for words in _FOUND),
    _binding("pair", "escape", "back", "Back", "Back to the form."),
)
"""In the order of the footer."""

STORE = (
    _binding("store", "p", "pull", "Pull", "Pull a model; a pull that broke off goes on."),
    _binding("store", "c", "cancel", "Cancel", "End the pull; another goes on where it was."),
    _binding("store", "l", "load", "Load", "Load the model and keep it in memory."),
    _binding("store", "u", "unload", "Unload", "Free the memory of the model."),
    _binding("store", "enter", "use", "Use", "Fire at this model from now on."),
    _binding("store", "D", "delete", "Delete", "Delete the model from the store.", display="D"),
    _binding("store", "escape,m", "back", "Back", "Back to where you were.", display="esc"),
)
"""In the order of the footer."""
