"""All fields of a start of one engine, from the model to the environment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option as Item

from burstview import launch_fields as words
from burstview import model_choices
from burstview.launch_fields import FieldWords
from burstview.launch_form import LaunchForm
from burstview.model_choices import ModelChoice
from burstview.widgets.field import Field
from burstview.widgets.model_list import ModelList
from burstview.widgets.option_form import SWITCH, OptionForm
from burstview_engines.core.managed import ManagedPlace
from burstview_engines.launch.profile import LaunchProfile

LAN = FieldWords("lan", "LAN", "off", words.LAN_MEANING)
OFFLINE = FieldWords("offline", "offline", "off", words.OFFLINE_MEANING)
FIRST = 5
"""Options that are there at once; all that a usual terminal shows are twice as many."""
BATCH = 5
"""Widgets that are mounted at once after that."""
GAP = 0.05
"""Seconds between two of these batches, for keys and their pictures."""
SHARED = ("gpus", "lan", "api_key_env", "offline", "token_file", "weights")
"""Fields whose texts go along when another engine is chosen."""


class EngineForm(Vertical):
    """Keeps its texts while another engine's form is shown."""

    DEFAULT_CSS = """
    EngineForm { height: auto; width: 1fr; }
    EngineForm > .heading { margin-top: 0; }
    EngineForm > ModelList {
        height: auto; max-height: 5; margin: 0 1; padding: 0; border: none;
        background: $surface; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    EngineForm > ModelList > .option-list--option-highlighted {
        background: $surface; text-style: none; color: $foreground;
    }
    EngineForm > ModelList:focus > .option-list--option-highlighted {
        background: $primary; text-style: bold; color: $background;
    }
    """

    def __init__(
        self,
        profile: LaunchProfile,
        form: LaunchForm,
        choices: Sequence[ModelChoice],
        *,
        gpus: str = "",
        is_named: bool = False,
    ) -> None:
        """`gpus` tells which there are; `is_named`: it exists, so its name stays."""
        super().__init__(id=f"form-{profile.engine}")
        self.profile, self.place = profile, form.place
        self.is_named = is_named
        self._choices = model_choices.of_engine(choices, profile.engine)
        self.fields = fields_of(profile, form, gpus, self._choices)
        self.options = OptionForm(profile.options, form.options, FIRST)
        self._later = [*self.options.later, *self._rest()]
        """Below what is seen first; mounted in batches."""
        self._to_mend = ""
        """The key of a field that gets the cursor once it is there."""
        self.models = ModelList(*self._items(form.model), compact=True)

    def compose(self) -> ComposeResult:
        """What most people change comes first."""
        yield self.fields["model"]
        yield self.models
        yield Static(f"Options of {self.profile.label}", classes="heading", markup=False)
        yield self.options

    def _rest(self) -> Iterator[Widget]:
        """What comes below the options."""
        yield Static("Where it runs", classes="heading")
        yield from self._some("gpus", "port", "name", "lan", "api_key_env")
        yield Static("Where its weights come from", classes="heading")
        yield from self._some("offline", "weights", "token_file")
        yield Static("For those who know the engine", classes="heading")
        yield from self._some("image", "arguments", "environment")

    def _some(self, *keys: str) -> Iterator[Field]:
        return (self.fields[key] for key in keys if key in self.fields)

    def on_mount(self) -> None:
        """What cannot be changed is grey or hidden."""
        self.fields["name"].disabled = self.is_named
        self.put_place(self.place)
        self.models.display = bool(self._choices)
        self._warn()
        self._go_on()

    @work(group="form", exit_on_error=False)
    async def _go_on(self) -> None:
        """Mount what is below, a little at a time: whoever types does not notice."""
        for at in range(0, len(self._later), BATCH):
            await asyncio.sleep(GAP)
            batch = self._later[at : at + BATCH]
            options = [widget for widget in batch if widget in self.options.later]
            await self.options.mount_all(options)
            await self.mount_all(widget for widget in batch if widget not in options)
            if self._to_mend:
                self.mend(self._to_mend)

    def on_resize(self) -> None:
        """The columns of the models fit the width."""
        self._list()

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """From top to bottom, more or less."""
        return (*self.fields.values(), *self.options.fields)

    @property
    def form(self) -> LaunchForm:
        """What stands in the fields now."""
        return LaunchForm(
            engine=self.profile.engine,
            place=self.place,
            model=self.text("model"),
            options=self.options.texts,
            name=self.text("name"),
            gpus=self.text("gpus"),
            port=self.text("port"),
            lan=bool(self.text("lan")),
            api_key_env=self.text("api_key_env"),
            offline=bool(self.text("offline")),
            token_file=self.text("token_file"),
            weights=self.text("weights"),
            image=self.text("image"),
            arguments=self.text("arguments"),
            environment=self.text("environment"),
        )

    def text(self, key: str) -> str:
        """Of one field; empty where this engine has no such field."""
        return self.fields[key].text if key in self.fields else ""

    def put(self, key: str, text: str) -> None:
        """Into one field, if there is one; it may not be there yet to tell of it."""
        if key in self.fields:
            self.fields[key].text = text
            self._heed(key)

    def put_place(self, place: ManagedPlace) -> None:
        """A local process has no image."""
        self.place = place
        self.fields["image"].display = place == "container"

    def put_choices(self, choices: Sequence[ModelChoice]) -> None:
        """List other models, or the same with what was found of them."""
        self._choices = model_choices.of_engine(choices, self.profile.engine)
        self.models.display = bool(self._choices)
        self._list()

    def tell(self, errors: Mapping[str, str]) -> None:
        """Beside each field what is wrong with it."""
        for field in self.all_fields:
            field.tell(error=errors.get(field.key, ""), warning=field.warning)

    def mend(self, key: str) -> None:
        """The cursor into one field, once it is there."""
        for field in self.all_fields:
            if field.key == key:
                self._to_mend = "" if field.is_attached else key
                field.editor.focus()

    @on(Field.Changed)
    def follow(self, event: Field.Changed) -> None:
        """Marks and warnings go with the texts; the screen hears of it too."""
        self._heed(event.field.key)

    def _heed(self, key: str) -> None:
        if key == "model":
            self._list()
        if key in ("lan", "api_key_env"):
            self._warn()

    @on(OptionList.OptionSelected)
    def take_model(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click puts the model into the field, and goes on to the options."""
        event.stop()
        self.put("model", self._choices[event.option_index].names[self.profile.engine])
        self.options.fields[0].editor.focus()

    def _warn(self) -> None:
        lan = self.fields["lan"]
        warning = words.lan_warning(self.profile, self.text("api_key_env"))
        lan.tell(error=lan.error, warning=warning if lan.text else "")

    def _list(self) -> None:
        shown = self.models
        at = shown.highlighted
        shown.set_options(self._items(self.text("model")))
        shown.highlighted = at if at is not None and at < len(self._choices) else None

    def _items(self, model: str) -> list[Item]:
        width = (self.size.width or 120) - 4
        lines = model_choices.rows(self._choices, self.profile.engine, model, width)
        return [Item(Content(line)) for line in lines]


def fields_of(
    profile: LaunchProfile, form: LaunchForm, gpus: str, choices: Sequence[ModelChoice]
) -> dict[str, Field]:
    """All but the options, by key; a key's variable only where the engine can ask for one."""
    names = [choice.names[profile.engine] for choice in choices]
    told = (
        *words.of_running(profile, form.place, gpus),
        *((words.API_KEY,) if profile.api_key_flag or profile.api_key_env else ()),
        *words.of_weights(),
        *words.of_more(profile, "container"),
    )
    texts = {
        "gpus": form.gpus,
        "port": form.port,
        "name": form.name,
        "api_key_env": form.api_key_env,
        "weights": form.weights,
        "token_file": form.token_file,
        "image": form.image,
        "arguments": form.arguments,
        "environment": form.environment,
    }
    fields = {"model": Field(words.of_model(profile), form.model, suggestions=names)}
    fields |= {field.name: Field(field, texts[field.name]) for field in told}
    fields["lan"] = Field(LAN, "on" if form.lan else "", choices=SWITCH)
    fields["offline"] = Field(OFFLINE, "on" if form.offline else "", choices=SWITCH)
    return fields
