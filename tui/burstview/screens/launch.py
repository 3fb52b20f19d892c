"""Choosing an engine, a model and options; whether it fits; the exact command; and starting it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from burstview import launch_shown, launch_words, model_choices
from burstview.engine_questions import Answer
from burstview.engine_rules import requests_in_flight
from burstview.launch_form import Reading
from burstview.launch_words import CHECKING
from burstview.model_choices import ModelChoice
from burstview.model_search import ModelSource
from burstview.pairing import PairPlanner
from burstview.screens.checking import READ_ONLY, Pause, rest
from burstview.screens.filling import FillingScreen
from burstview_engines.control import EngineControl, Finding, LaunchPreview
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.views import Snapshot
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pairs import ModelPair
from burstview_engines.source import SessionError

NO_PAIR = "Choose a model of the list that Ollama and vLLM both know; then they can be planned."


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of checking a spec: a preview, or the sentence of a refusal."""

    spec: LaunchSpec
    preview: LaunchPreview | None = None
    changes: tuple[str, ...] = ()
    refusal: str = ""


@dataclass
class PairWanted(Message):
    """Start these one after the other: each when the one before is ready."""

    specs: tuple[LaunchSpec, ...]


class LaunchScreen(FillingScreen):
    """Gives back what to start, completed as its command shows it, or None on escape.

    Nothing is changed by it: the caller asks for `up`, or for `recreate` of what was edited. A pair
    is handed to the app as PairWanted.
    """

    class Checked(Message):
        """A check is over."""

        def __init__(self, looked: Looked) -> None:
            super().__init__()
            self.looked = looked

    def __init__(
        self,
        control: EngineControl,
        initial: LaunchSpec | None = None,
        editing: str | None = None,
        choices: Sequence[ModelChoice] = (),
        snapshot: Callable[[], Snapshot] = Snapshot,
        *,
        find_models: ModelSource | None = None,
        pause: Pause = rest,
        home: str | None = None,
    ) -> None:
        """`initial` fills the fields; with `editing`, an engine's key, it is that one's spec."""
        first = initial or LaunchSpec(engine="ollama")
        super().__init__(control, first, editing, choices, snapshot, find_models, home)
        self.pause = pause
        self.looked: Looked | None = None
        """The newest check that was not refused."""
        self.asked: LaunchSpec | None = None
        """What is being checked."""
        self.wanted: LaunchSpec | None = None
        """What was to be started, and only its check is missing."""

    # checking

    def changed(self, *, soon: bool) -> None:
        """Wrong fields are told at once; what makes sense is checked in a worker."""
        self._look(self.read(), soon=soon)

    def _look(self, reading: Reading, *, soon: bool) -> None:
        self.form.tell(reading.errors)
        self.wanted = self.wanted if self.wanted == reading.spec else None
        if soon and self.asked == reading.spec and not reading.errors:
            return
        self.workers.cancel_group(self, "check")
        self.asked = None
        if reading.errors:
            labels = {field.key: field.words.label for field in self.form.all_fields}
            self.say(launch_words.of_errors(reading.errors, labels))
        elif self.looked is not None and self.looked.spec == reading.spec:
            self._draw(self.looked)
        else:
            self.say(CHECKING)
            self.asked = reading.spec
            self.check(reading.spec, soon)

    @work(group="check", exclusive=True, exit_on_error=False)
    async def check(self, spec: LaunchSpec, soon: bool) -> None:
        """Ask the control; the newest wins. Touches no widget."""
        if soon:
            await self.pause()
        changes: Sequence[str] = ()
        try:
            preview = await self.control.preview(spec, self.editing)
            if self.editing is not None:
                changes = await self.control.changes(self.editing, spec)
        except SessionError as refusal:
            looked = Looked(spec, refusal=str(refusal))
        else:
            looked = Looked(spec, preview, tuple(changes))
        self.post_message(self.Checked(looked))

    @on(Checked)
    def take_check(self, message: Checked) -> None:
        """Draw it, unless the fields say something else by now."""
        reading = self.read()
        if reading.errors or reading.spec != message.looked.spec:
            return
        self.asked = None
        self.looked = message.looked if message.looked.preview is not None else None
        self._draw(message.looked)
        if self.wanted == message.looked.spec:
            self.wanted = None
            self._decide(message.looked)

    def _draw(self, looked: Looked) -> None:
        if looked.preview is None:
            self.say(launch_words.of_refusal(looked.refusal))
            return
        findings = self._findings(looked.preview)
        changes = looked.changes if self.editing is not None else None
        self.found.put(launch_shown.of_preview(looked.preview, findings, changes))
        time = launch_words.time_words(looked.preview)
        self.say(launch_words.of_findings(findings, time, verb=self.verb))

    def _findings(self, preview: LaunchPreview) -> tuple[Finding, ...]:
        if self.editing is None:
            return preview.findings
        return launch_words.of_replacement(preview.findings, self.initial, preview.spec)

    # deciding

    def action_accept(self) -> None:
        """Once the fields have taken the last key."""
        self.call_after_refresh(self._accept)

    def _accept(self) -> None:
        """Start it if nothing speaks against it; check first what was typed last."""
        reading = self.read()
        if self.control.is_read_only:
            self.say(launch_words.of_refusal(READ_ONLY))
        elif reading.errors:
            self._look(reading, soon=False)
            self.form.mend(next(iter(reading.errors)))
        elif self.looked is not None and self.looked.spec == reading.spec:
            self._decide(self.looked)
        else:
            self._look(reading, soon=False)
            self.wanted = reading.spec

    def _decide(self, looked: Looked) -> None:
        preview = looked.preview
        if preview is None or any(f.level == "problem" for f in self._findings(preview)):
            self.app.bell()
            self._draw(looked)
            return
        engine = self._engine_edited()
        lost = requests_in_flight(engine.key, self.snapshot()) if engine is not None else 0
        if engine is not None and (engine.owner != "ours" or lost):
            self._ask_back(engine, lost, looked.changes, preview.spec)
        else:
            self.dismiss(preview.spec)

    def _engine_edited(self) -> ManagedEngine | None:
        view = self.snapshot().engine(self.editing) if self.editing is not None else None
        return view.engine if view is not None else None

    def _ask_back(
        self, engine: ManagedEngine, lost: int, changes: Sequence[str], spec: LaunchSpec
    ) -> None:
        from burstview.screens.confirm import ConfirmScreen  # only when it is due

        def take(answer: Answer | None) -> None:
            if answer is not None:
                self.dismiss(spec)

        self.app.push_screen(ConfirmScreen(launch_words.replacing(engine, lost, changes)), take)

    # two at once

    @property
    def can_pair(self) -> bool:
        """Only where the control can plan two engines."""
        return self.editing is None and isinstance(self.control, PairPlanner)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for what is not possible here."""
        return self.can_pair if action == "pair" else True

    def action_pair(self) -> None:
        """Plan both engines of a duel, for the model and the GPUs of the form."""
        choice = model_choices.find(self.choices, self.form.text("model"), self.engine)
        if not isinstance(self.control, PairPlanner):
            return
        if choice is None or choice.pair is None or not {"ollama", "vllm"} <= choice.names.keys():
            self.say(launch_words.of_refusal(NO_PAIR))
            self.form.mend("model")
            return
        self._open_pair(self.control, choice.pair)

    def _open_pair(self, planner: PairPlanner, pair: ModelPair) -> None:
        from burstview.screens.pair import PairScreen  # only when it is due

        def take(specs: tuple[LaunchSpec, ...] | None) -> None:
            if specs is not None:
                self.app.post_message(PairWanted(specs))
                self.dismiss(None)

        where = self.control.where
        gpus = self.read().spec.gpus
        read_only = self.control.is_read_only
        screen = PairScreen(planner, pair, gpus, where, is_read_only=read_only, pause=self.pause)
        self.app.push_screen(screen, take)
