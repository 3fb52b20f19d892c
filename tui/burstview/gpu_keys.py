"""The keys of the GPU screen; bindings, help and palette share them."""

from __future__ import annotations

from textual.binding import Binding


def _binding(
    key: str,
    action: str,
    name: str,
    tooltip: str,
    *,
    show: bool = True,
    display: str | None = None,
) -> Binding:
    place = name.lower().replace(" ", "_")
    return Binding(
        key, action, name, show, tooltip=tooltip, key_display=display, id=f"gpus.{place}"
    )


GPUS = (
    _binding("m,enter", "enlarge", "Enlarge", "The chosen history alone, or all.", display="m"),
    _binding("d", "details", "Details", "All figures of the chosen GPU or process, or the rest."),
    _binding(
        "space,f",
        "freeze",
        "Freeze",
        "Hold the picture still; the session goes on behind it.",
        display="space",
    ),
    _binding("o", "sort", "Sort", "Order the processes by memory, SM, CPU, GPU or pid."),
    _binding("plus,equals_sign", "zoom(-1)", "Closer", "Fewer seconds a column.", display="+"),
    _binding("minus", "zoom(1)", "Farther", "More seconds a column.", show=False, display="-"),
    _binding(
        "up,k",
        "choose(-1)",
        "Above",
        "The GPU above; among the processes, the process above.",
        show=False,
        display="↑ k",
    ),
    _binding("down,j", "choose(1)", "Below", "The one below.", show=False, display="↓ j"),
    _binding("pageup", "choose_page(-1)", "Page up", "A page up.", show=False),
    _binding("pagedown", "choose_page(1)", "Page down", "A page down.", show=False),
    _binding("left,h", "metric(-1)", "History before", "Choose another history.", show=False),
    _binding("right,l", "metric(1)", "Next history", "Choose another history.", show=False),
    _binding(
        "escape,n", "back", "Back", "All parts again, or back to the main screen.", display="esc"
    ),
)
"""In the order of the footer."""
