"""Every key and what it does, read from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Footer, Static

from burstview.engine_keys import ENGINE_LOG, ENGINES
from burstview.facts import Facts
from burstview.gpu_keys import GPUS
from burstview.keys import EVERYWHERE, MAIN, label
from burstview.launch_keys import LAUNCH, PAIR, STORE
from burstview.room_keys import ENGINE_ROOM
from burstview.screens.confirm import ConfirmScreen
from burstview.screens.request import RequestScreen
from burstview.screens.settings import SettingsScreen
from burstview.screens.why import WhyScreen
from burstview.widgets.backends import Backends
from burstview.widgets.chooser import Chooser
from burstview.widgets.facts_table import FactsTable
from burstview.widgets.lanes import Lanes
from burstview.widgets.slider import Slider
from burstview.widgets.store_table import StoreTable

ALSO = (
    Binding("ctrl+p", "command_palette", "Palette", tooltip="All actions by name."),
    Binding("tab", "focus_next", "Next", tooltip="To the next part of the screen."),
    Binding("shift+tab", "focus_previous", "Before", tooltip="To the part before."),
)
"""Keys that Textual brings."""
Chapter = tuple[str, tuple[Binding, ...]]

GLYPHS = (
    "LANES   ░ waiting   ▒ thinking   ▓ streaming   █ done   ╌ silent   ✗ failed   ⊘ cancelled",
    "┃ first token.  More requests than rows: two a row, then their share.",
)


class HelpScreen(Screen[None]):
    """One chapter for each place that has keys of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,enter",
            "app.pop_screen",
            "Back",
            tooltip="Back to where you were.",
            id="help.back",
            key_display="esc",
        ),
    ]

    def __init__(self, chapters: Iterable[Chapter]) -> None:
        super().__init__()
        self.chapters = tuple(chapters)

    def compose(self) -> ComposeResult:
        """A page that scrolls."""
        yield Static(" Keys", classes="screen-title")
        with VerticalScroll():
            for title, bindings in self.chapters:
                yield Static(title, classes="heading")
                yield FactsTable(keys_of(bindings))
            yield Static("\n".join(GLYPHS), id="glyphs", markup=False)
        yield Footer(show_command_palette=False, compact=True)


def chapters() -> tuple[Chapter, ...]:
    """All keys of the monitor, place by place."""
    return (
        ("On the main screen", MAIN),
        ("On the slider", _bindings(Slider)),
        ("In the table of backends", _bindings(Backends)),
        ("In the lanes", _bindings(Lanes)),
        ("On a request", _bindings(RequestScreen)),
        ("On the proof", _bindings(WhyScreen)),
        ("In the engine room", ENGINE_ROOM),
        ("In the settings", _bindings(SettingsScreen)),
        ("On the GPUs", GPUS),
        ("On the engines", ENGINES),
        ("On an engine's log", ENGINE_LOG),
        ("On the form for an engine", (*LAUNCH, *_bindings(Chooser))),
        ("On a pair of engines", PAIR),
        ("On the models of an Ollama", (*STORE, *_bindings(StoreTable))),
        ("In a question", _bindings(ConfirmScreen)),
        ("Everywhere", (*EVERYWHERE, *ALSO)),
    )


def _bindings(place: type[DOMNode]) -> tuple[Binding, ...]:
    return tuple(binding for binding in place.BINDINGS if isinstance(binding, Binding))


def keys_of(bindings: Iterable[Binding]) -> Facts:
    """A row for each action: its keys and its sentence."""
    return [(label(binding), binding.tooltip or binding.description) for binding in bindings]
