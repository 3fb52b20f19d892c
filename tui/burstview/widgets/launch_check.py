"""What was found out about a start: the verdict, the memory, the findings, the command."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from burstview.launch_shown import Shown
from burstview.launch_words import TONES, Verdict
from burstview.widgets.command_line import CommandLine
from burstview.widgets.finding_list import FindingList
from burstview.widgets.memory_bar import MemoryBar
from burstview.widgets.words import Paragraph, Said


class LaunchCheck(Vertical):
    """The verdict is always on screen; the rest scrolls."""

    DEFAULT_CSS = """
    LaunchCheck { width: 1fr; }
    LaunchCheck #launch-bar { height: 1; }
    LaunchCheck #launch-verdict {
        width: 1fr; height: 1; padding: 0 1; text-style: bold; background: $panel;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    LaunchCheck #launch-verdict.-good { color: $success; }
    LaunchCheck #launch-verdict.-warn { color: $warning; }
    LaunchCheck #launch-verdict.-bad { color: $error; }
    LaunchCheck #launch-verdict.-busy { color: $accent; }
    LaunchCheck #launch-bar Button { margin-left: 1; }
    LaunchCheck #launch-found { height: 1fr; }
    LaunchCheck #launch-found:focus { background: $surface 40%; }
    LaunchCheck .heading { margin-top: 0; }
    LaunchCheck #launch-changes { padding: 0 1; }
    """

    def __init__(self, verb: str, *, has_pair: bool) -> None:
        """`verb` is on the button that does it."""
        super().__init__()
        self.verb, self.has_pair = verb, has_pair

    def compose(self) -> ComposeResult:
        """What counts first."""
        yield Static(id="launch-verdict", markup=False)
        with Horizontal(id="launch-bar"):
            yield Button(f"{self.verb} (ctrl+s)", id="launch-do", variant="primary", compact=True)
            if self.has_pair:
                yield Button("Duel pair (d)", id="launch-pair", compact=True)
            yield Button("Back (esc)", id="launch-back", compact=True)
        with VerticalScroll(id="launch-found"):
            yield Paragraph(id="launch-changes")
            yield MemoryBar()
            yield FindingList()
            yield Static("The same as a command", classes="heading", id="launch-command")
            yield CommandLine()

    def on_mount(self) -> None:
        """Nothing is known yet."""
        for place in self.query("MemoryBar, #launch-command"):
            place.display = False

    def put_verdict(self, verdict: Verdict) -> None:
        """In one line, of the newest check."""
        said = self.query_one("#launch-verdict", Static)
        said.update(verdict.words, layout=False)
        for tone in TONES:
            said.set_class(tone == verdict.tone, f"-{tone}")

    def put(self, shown: Shown) -> None:
        """All that was found."""
        said = () if shown.changes is None else change_words(shown.changes)
        self.query_one("#launch-changes", Paragraph).said = said
        memory = self.query_one(MemoryBar)
        memory.display = True
        memory.sentences, memory.parts = shown.sentences, shown.parts
        self.query_one(FindingList).findings = shown.findings
        self.query_one("#launch-command", Static).display = bool(shown.commands)
        self.query_one(CommandLine).commands = shown.commands

    @property
    def commands(self) -> tuple[str, ...]:
        """What is shown to be copied."""
        return self.query_one(CommandLine).commands

    def page(self, direction: int) -> None:
        """Scroll by what is seen at once."""
        found = self.query_one("#launch-found", VerticalScroll)
        found.scroll_relative(y=direction * max(1, found.size.height - 1), animate=False)


def change_words(changes: Sequence[str]) -> Said:
    """What a replacement changes."""
    if not changes:
        return (("What changes: nothing yet.", "$muted-text"),)
    return (("What changes:", "bold"), *((f"\n  ~ {change}", "$accent") for change in changes))
