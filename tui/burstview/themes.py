"""Themes from `themes/*.toml`: Textual's colours, and ours for the phases of a request."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

import burstview

PHASES = (
    "waiting",
    "prefill",
    "thinking",
    "streaming",
    "done",
    "failed",
    "cancelled",
    "stalled",
)
"""Each becomes the variable `$phase-NAME`."""
WORDS = ("muted", "axis", "simulated")
"""Each becomes the variable `$NAME-text`."""
COLORS = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
)
DEFAULT = "burstview-dark"
FALLBACK_VARIABLES = {
    "phase-waiting": "#8a98b3",
    "phase-prefill": "#ff9f43",
    "phase-thinking": "#c792ea",
    "phase-streaming": "#4fb3ff",
    "phase-done": "#35cf8b",
    "phase-failed": "#ff7b7b",
    "phase-cancelled": "#b3a284",
    "phase-stalled": "#ffd166",
    "muted-text": "#8a98b3",
    "axis-text": "#8a98b3",
    "simulated-text": "#ffb454",
}
"""For themes that know nothing of phases, such as Textual's own."""


class ThemeError(Exception):
    """A theme file that cannot be used; the text is one sentence with the place."""


@dataclass(frozen=True, slots=True)
class Themes:
    """What was found: usable themes, and a sentence for each file that is not."""

    themes: tuple[Theme, ...]
    problems: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """In the order in which the theme key goes through them."""
        return tuple(theme.name for theme in self.themes)


def folder() -> Path:
    """Beside the package when installed, else the checkout's `themes/`."""
    package = Path(burstview.__file__).parent
    shipped = package / "themes"
    return shipped if shipped.is_dir() else package.parents[1] / "themes"


def load(path: Path) -> Themes:
    """Every `*.toml` of the folder, by file name; a broken one is a sentence, never an error."""
    themes, problems = [], []
    for file in sorted(path.glob("*.toml")):
        try:
            themes.append(read(file))
        except ThemeError as problem:
            problems.append(str(problem))
    if not themes and not problems:
        problems.append(f"No theme file in {path}: Textual's own themes are used.")
    return Themes(tuple(themes), tuple(problems))


def find(wanted: str | None, names: tuple[str, ...]) -> str | None:
    """The theme of that name, with or without `burstview-`; the default's if None was wanted."""
    name = wanted or DEFAULT
    return next((found for found in (name, f"burstview-{name}") if found in names), None)


def read(file: Path) -> Theme:
    """One theme file. Raises ThemeError on anything missing, unknown or unreadable."""
    try:
        fields = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ThemeError(f"Theme {file.name} cannot be read: {problem}.") from problem
    name, dark = fields.get("name"), fields.get("dark")
    if not isinstance(name, str) or not name or not isinstance(dark, bool):
        raise ThemeError(f"Theme {file.name} needs `name` (text) and `dark` (true or false).")
    colors = _section(file, fields, "colors", COLORS)
    phases = _section(file, fields, "phases", PHASES)
    words = _section(file, fields, "words", WORDS)
    variables = {f"phase-{phase}": value for phase, value in phases.items()}
    variables |= {f"{word}-text": value for word, value in words.items()}
    variables |= _chrome(colors, words)
    return Theme(
        name=name,
        dark=dark,
        variables=variables,
        primary=colors["primary"],
        secondary=colors["secondary"],
        accent=colors["accent"],
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["surface"],
        panel=colors["panel"],
        success=colors["success"],
        warning=colors["warning"],
        error=colors["error"],
    )


def _chrome(colors: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """What Textual would mix out of the colours, at less contrast than was asked for."""
    return {
        "footer-background": colors["panel"],
        "footer-key-foreground": colors["accent"],
        "footer-description-foreground": colors["foreground"],
        "block-cursor-background": colors["primary"],
        "block-cursor-foreground": colors["background"],
        "text-muted": words["muted"],
        "input-selection-background": f"{colors['primary']} 35%",
    }


def _section(
    file: Path, fields: Mapping[str, object], section: str, names: tuple[str, ...]
) -> dict[str, str]:
    given = fields.get(section)
    if not isinstance(given, dict):
        raise ThemeError(f"Theme {file.name} has no [{section}].")
    if unknown := sorted(set(given) - set(names)):
        raise ThemeError(f"Theme {file.name}, [{section}]: {unknown[0]} is not a name it can have.")
    if missing := [name for name in names if name not in given]:
        raise ThemeError(f"Theme {file.name}, [{section}]: {missing[0]} is missing.")
    return {name: _color(file, section, name, given[name]) for name in names}


def _color(file: Path, section: str, name: str, value: object) -> str:
    try:
        return Color.parse(str(value)).hex
    except ColorParseError as problem:
        raise ThemeError(
            f"Theme {file.name}, [{section}] {name}: {value!r} is no colour; write it as #rrggbb."
        ) from problem
