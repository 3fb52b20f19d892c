"""The form of a start: its engine, place and model, and the fields of each engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Footer, Static

from burstview import launch_form, launch_words, model_choices
from burstview.launch_fields import FieldWords
from burstview.launch_form import LaunchForm, Reading
from burstview.launch_keys import LAUNCH as KEYS
from burstview.messages import Complaint
from burstview.model_choices import ModelChoice
from burstview.model_search import ModelSource
from burstview.screens.checking import CheckingScreen
from burstview.widgets.engine_form import SHARED, EngineForm
from burstview.widgets.field import Field
from burstview.widgets.head import Head
from burstview.widgets.launch_check import LaunchCheck
from burstview.widgets.option_form import FormScroll
from burstview_engines.control import EngineControl
from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import ManagedPlace
from burstview_engines.core.text import one_line
from burstview_engines.core.views import Snapshot
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

_ENGINE = "← → choose; what was typed for the other engine is kept"
_PLACE = "← → choose; a process of this machine goes on when burstview ends, as a container does"
ENGINE = FieldWords("engine", "engine", "", "", more=_ENGINE)
PLACE = FieldWords("place", "place", "", "", more=_PLACE)
PLACES: tuple[tuple[ManagedPlace, str], ...] = (
    ("container", "container"),
    ("process", "local process"),
)
LIST_HINT = (
    "Enter takes the model, tab goes on. Its names on both engines, the formats that Ollama and"
    " vLLM load, the context it was trained for; ✓ is on this machine already."
)


class FillingScreen(CheckingScreen[LaunchSpec | None]):
    """Keeps what was typed for each engine while another one is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = list(KEYS)
    DEFAULT_CSS = """
    FillingScreen #launch-form { height: 1fr; scrollbar-gutter: stable; }
    FillingScreen #launch-hint {
        height: 3; width: 1fr; padding: 0 1; background: $surface; color: $foreground;
    }
    FillingScreen.-narrow #launch-hint { height: 2; }
    """

    class ModelsFound(Message):
        """Somebody looked which models are here."""

        def __init__(self, engine: Engine, choices: Sequence[ModelChoice]) -> None:
            super().__init__()
            self.engine, self.choices = engine, tuple(choices)

    def __init__(
        self,
        control: EngineControl,
        initial: LaunchSpec,
        editing: str | None,
        choices: Sequence[ModelChoice],
        snapshot: Callable[[], Snapshot],
        find_models: ModelSource | None,
        home: str | None,
    ) -> None:
        super().__init__()
        self.control, self.snapshot, self.find_models = control, snapshot, find_models
        self.initial, self.editing = initial, editing
        self.choices = tuple(choices)
        self.engine: Engine = initial.engine
        self.place: ManagedPlace = initial.place
        self.home = home or str(Path.home())
        self._forms: dict[Engine, EngineForm] = {}
        """Of engines that were chosen so far."""

    def compose(self) -> ComposeResult:
        """What is there at once; the fields of the engine come after the first picture."""
        self.put_shape(self.app.size, update=False)
        yield Head()
        with Container(id="launch-body"):
            with Vertical(id="launch-left"):
                with FormScroll(id="launch-form"):
                    engines = [(name, profile.label) for name, profile in LAUNCH.items()]
                    yield Field(ENGINE, self.engine, choices=engines)
                    yield Field(PLACE, self.place, choices=PLACES)
                yield Static(id="launch-hint", markup=False)
            yield LaunchCheck(self.verb.capitalize(), has_pair=self.can_pair)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Of an edited one, engine and place stay."""
        head = self.query_one(Head)
        name = one_line((self.editing or "").partition(":")[2], 60)
        head.words = f"Edit {name}" if self.editing else "Start an engine"
        head.mark = "READ-ONLY" if self.control.is_read_only else ""
        head.where = self.control.where
        for key in ("engine", "place"):
            self.query_one(f"#field-{key}", Field).disabled = self.editing is not None
        self.call_after_refresh(self._open_form)

    async def _open_form(self) -> None:
        first = self._form_of(self.initial.engine)
        await self._mount_once(first)
        if self.editing is not None:
            first.options.fields[0].editor.focus()
        self.changed(soon=False)
        self._look_for_models()

    @property
    def focus_chain(self) -> list[Widget]:
        """Without what has no place yet: it would come before what stands above it."""
        return [widget for widget in super().focus_chain if widget.virtual_region]

    @property
    def verb(self) -> str:
        """What ctrl+s does."""
        return "replace" if self.editing else "start"

    @property
    def can_pair(self) -> bool:
        """Whether two engines can be planned together."""
        return False

    @property
    def form(self) -> EngineForm:
        """The fields of the chosen engine."""
        return self._form_of(self.engine)

    def read(self) -> Reading:
        """The spec of the fields, and what is wrong with them."""
        return launch_form.read(self.form.form, LAUNCH[self.engine], self.home)

    def changed(self, *, soon: bool) -> None:
        """Something else stands in the fields; `soon`: it may go on changing."""
        raise NotImplementedError

    @on(Field.Changed)
    async def follow(self, event: Field.Changed) -> None:
        """Every change is checked; nothing that was typed is lost."""
        match event.field.key:
            case "engine":
                await self._show_engine(event.field.text)
            case "place":
                self._put_place(event.field.text)
        if event.field.key in ("engine", "place", "weights"):
            self._look_for_models()
        self.changed(soon=True)

    @on(events.DescendantFocus)
    def tell_field(self, event: events.DescendantFocus) -> None:
        """The line below the form tells all of the field in focus."""
        fields = [node for node in event.widget.ancestors if isinstance(node, Field)]
        hint = fields[0].words.hint if fields else LIST_HINT
        self.query_one("#launch-hint", Static).update(hint, layout=False)

    async def _show_engine(self, name: str) -> None:
        """The other engine's fields, with what both share, and the same model in its words."""
        new = next((engine for engine in LAUNCH if engine == name), self.engine)
        if new == self.engine:
            return
        before, old = self.form, self.engine
        self.engine = new
        await self._mount_once(self.form)
        before.display, self.form.display = False, True
        for key in SHARED:
            self.form.put(key, before.text(key))
        self.form.put_place(self.place)
        model = model_choices.translated(self.choices, before.text("model"), old, new)
        if model is not None:
            self.form.put("model", model)

    def _form_of(self, engine: Engine) -> EngineForm:
        if engine not in self._forms:
            is_first = engine == self.initial.engine
            blank = LaunchForm(engine=engine, place=self.place)
            self._forms[engine] = EngineForm(
                LAUNCH[engine],
                launch_form.from_spec(self.initial) if is_first else blank,
                self.choices,
                gpus=launch_words.gpu_words(self.snapshot()),
                is_named=self.editing is not None,
            )
        return self._forms[engine]

    async def _mount_once(self, form: EngineForm) -> None:
        if not form.is_attached:
            await self.query_one("#launch-form").mount(form)

    def _put_place(self, name: str) -> None:
        self.place = next((place for place, _ in PLACES if place == name), self.place)
        self.form.put_place(self.place)

    def _look_for_models(self) -> None:
        """What is here depends on engine, place and folder."""
        if self.find_models is not None:
            self.look_for_models(self.find_models, self.read().spec)

    @work(group="models", exclusive=True, exit_on_error=False)
    async def look_for_models(self, find: ModelSource, spec: LaunchSpec) -> None:
        """Folders and volumes may be slow. Touches no widget."""
        try:
            choices = await find(spec)
        except SessionError as refusal:
            self.post_message(Complaint(str(refusal)))
        else:
            self.post_message(self.ModelsFound(spec.engine, choices))

    @on(ModelsFound)
    def take_models(self, message: ModelsFound) -> None:
        """Mark what is here."""
        self.choices = message.choices
        if message.engine == self.engine:
            self.form.put_choices(self.choices)
