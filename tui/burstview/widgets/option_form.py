"""The options of one engine, a row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from burstview.launch_fields import of_option
from burstview.launch_form import option_field
from burstview.widgets.field import Choices, Field
from burstview_engines.launch.option import Option

SWITCH: Choices = (("", "off"), ("on", "on"))
_SHORT = 12


class FormScroll(VerticalScroll, inherit_bindings=False, can_focus=False):
    """Scrolls with the focus and the wheel; the arrows go from field to field."""


class OptionForm(Vertical):
    """Fields for all options; values of options that are not known are kept as they are."""

    DEFAULT_CSS = "OptionForm { height: auto; width: 1fr; }"

    def __init__(self, options: Sequence[Option], texts: Mapping[str, str], first: int) -> None:
        """The `first` ones are there at once."""
        super().__init__()
        self.fields = tuple(option_row(o, texts.get(o.name, "")) for o in options)
        self.first, self.later = self.fields[:first], self.fields[first:]
        """Whoever owns it mounts the later ones."""
        names = {option.name for option in options}
        self.unknown = {name: text for name, text in texts.items() if name not in names}
        """Handed on as they came."""

    def compose(self) -> ComposeResult:
        """In the order of the profile."""
        yield from self.first

    @property
    def texts(self) -> dict[str, str]:
        """By option name; empty ones are left out."""
        typed = {field.words.name: field.text for field in self.fields if field.text.strip()}
        return self.unknown | typed


def option_row(option: Option, text: str) -> Field:
    """A field to type in, or a row of choices."""
    key, words = option_field(option.name), of_option(option)
    values = ("on", "off") if option.kind == "switch" else option.choices
    if option.kind not in ("switch", "choice"):
        return Field(words, text, key=key)
    default = f"default: {words.empty}" if len(words.empty) <= _SHORT else "default"
    choices = [("", default), *((value, value) for value in values)]
    return Field(words, text, key=key, choices=choices)
