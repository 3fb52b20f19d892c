"""Ollama and vLLM planned together: one memory bar, both commands, one start."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widgets import Footer, Static

from burstview import launch_words, pairing
from burstview.launch_fields import FieldWords
from burstview.launch_keys import PAIR
from burstview.launch_values import FieldError, gpu_names
from burstview.launch_words import CHECKING
from burstview.pairing import PairPlanner, PairPreview
from burstview.screens.checking import READ_ONLY, CheckingScreen, Pause, rest
from burstview.widgets.field import Field
from burstview.widgets.head import Head
from burstview.widgets.launch_check import LaunchCheck
from burstview_engines.core.text import one_line
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ALL_GPUS, LaunchSpec
from burstview_engines.models.pairs import ModelPair, difference
from burstview_engines.source import SessionError

GPUS = FieldWords("gpus", "GPU", "the planner's choice", "on which both run", takes="0 or a UUID")


class PairScreen(CheckingScreen[tuple[LaunchSpec, ...] | None]):
    """Gives back both specs in the order of their starts, or None on escape."""

    BINDINGS: ClassVar[list[BindingType]] = list(PAIR)
    DEFAULT_CSS = """
    PairScreen #launch-left { height: auto; padding: 1 0; }
    PairScreen LaunchCheck, PairScreen.-narrow LaunchCheck { height: 1fr; }
    PairScreen.-wide #launch-left { height: 1fr; width: 40%; }
    PairScreen #pair-words { height: auto; padding: 0 1 1 1; }
    """

    class Planned(Message):
        """A plan is made, or refused."""

        def __init__(
            self, gpus: tuple[str, ...], preview: PairPreview | None, refusal: str = ""
        ) -> None:
            super().__init__()
            self.gpus, self.preview, self.refusal = gpus, preview, refusal

    def __init__(
        self,
        planner: PairPlanner,
        pair: ModelPair,
        gpus: tuple[str, ...] = ALL_GPUS,
        where: str = "",
        *,
        is_read_only: bool = False,
        pause: Pause = rest,
    ) -> None:
        super().__init__()
        self.planner, self.pair, self.where = planner, pair, where
        self.is_read_only, self.pause = is_read_only, pause
        self.gpus: tuple[str, ...] | None = None
        """What is being planned or was."""
        self.preview: PairPreview | None = None
        self._gpus = "" if gpus == ALL_GPUS else ",".join(gpus)

    def compose(self) -> ComposeResult:
        """What will be compared, on what, and whether it fits."""
        self.put_shape(self.app.size, update=False)
        yield Head()
        with Container(id="launch-body"):
            with Vertical(id="launch-left"):
                yield Static(one_line(difference(self.pair), 400), id="pair-words", markup=False)
                yield Field(GPUS, self._gpus)
            yield LaunchCheck("Start both", has_pair=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Planned at once."""
        head = self.query_one(Head)
        head.words, head.where = f"Duel pair {one_line(self.pair.name, 60)}", self.where
        head.mark = "READ-ONLY" if self.is_read_only else ""
        self._look(soon=False)

    @on(Field.Changed)
    def follow(self) -> None:
        """Planned anew when the typing pauses."""
        self._look(soon=True)

    def _look(self, *, soon: bool) -> None:
        field = self.query_one(Field)
        try:
            gpus = gpu_names(field.text.strip()) if field.text.strip() else ALL_GPUS
        except FieldError as refusal:
            self.preview, self.gpus = None, None
            self.workers.cancel_group(self, "check")
            field.tell(error=str(refusal))
            self.say(launch_words.of_errors({"gpus": str(refusal)}, {"gpus": "GPU"}))
            return
        field.tell()
        if gpus != self.gpus:
            self.preview, self.gpus = None, gpus
            self.say(CHECKING)
            self.plan(gpus, soon)

    @work(group="check", exclusive=True, exit_on_error=False)
    async def plan(self, gpus: tuple[str, ...], soon: bool) -> None:
        """Ask the planner; the newest wins. Touches no widget."""
        if soon:
            await self.pause()
        try:
            preview = await self.planner.preview_pair(self.pair, gpus)
        except SessionError as refusal:
            self.post_message(self.Planned(gpus, None, str(refusal)))
        else:
            self.post_message(self.Planned(gpus, preview))

    @on(Planned)
    def take_plan(self, message: Planned) -> None:
        """Draw it, unless another GPU was chosen meanwhile."""
        if message.gpus != self.gpus:
            return
        self.preview = message.preview
        if message.preview is None:
            self.say(launch_words.of_refusal(message.refusal))
            return
        self.found.put(pairing.shown_of(message.preview))
        findings = pairing.findings_of(message.preview)
        order = ", then ".join(LAUNCH[side.spec.engine].label for side in message.preview.previews)
        self.say(launch_words.of_findings(findings, order, verb="start both"))

    def action_accept(self) -> None:
        """Start both, if nothing speaks against it; plan again what was refused."""
        if self.is_read_only:
            self.say(launch_words.of_refusal(READ_ONLY))
        elif self.preview is None:
            self.gpus = None
            self._look(soon=False)
        elif pairing.has_problem(self.preview):
            self.app.bell()
        else:
            self.dismiss(tuple(side.spec for side in self.preview.previews))
