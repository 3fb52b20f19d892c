"""What the fields of a start are called and mean. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from burstview_engines.core.managed import ManagedPlace
from burstview_engines.core.text import one_line
from burstview_engines.launch.option import Option
from burstview_engines.launch.profile import LaunchProfile


@dataclass(frozen=True, slots=True)
class FieldWords:
    """The words of one field."""

    name: str
    label: str
    empty: str
    """What holds while nothing is typed."""
    meaning: str
    is_long: bool = False
    """Its texts need the whole width: paths, names, lists."""
    takes: str = ""
    """What may be typed."""
    effect: str = ""
    """When a change takes effect."""
    more: str = ""
    """Said in the hint alone."""

    @property
    def note(self) -> str:
        """Beside the field."""
        return " · ".join(part for part in (self.meaning, self.takes, self.effect) if part)

    @property
    def hint(self) -> str:
        """For the line that tells of the field in focus."""
        parts = [f"{self.label}: {self.meaning}"] if self.meaning else []
        parts += [f"Takes effect after a {self.effect}"] if self.effect else []
        parts += [f"Empty: {self.empty}"] if self.empty else []
        parts += [f"Takes {self.takes}"] if self.takes else []
        parts += [self.more] if self.more else []
        return "".join(f"{part}. " for part in parts).rstrip()


def of_option(option: Option) -> FieldWords:
    """Its meaning, what it takes, its default and when it takes effect."""
    return FieldWords(
        name=option.name,
        label=option.name,
        empty=one_line(option.default, 120),
        meaning=one_line(option.meaning, 200),
        is_long=option.kind == "text",
        takes=takes(option),
        effect=option.effect,
    )


def takes(option: Option) -> str:
    """What may be typed, in words."""
    match option.kind:
        case "count" | "number":
            return option.range_words
        case "switch":
            return "on or off"
        case "choice":
            return f"one of {', '.join(option.choices)}"
        case "duration":
            return "a duration like 30m, or -1 for ever"
        case "text":
            return "a text"


def of_model(profile: LaunchProfile) -> FieldWords:
    """In the engine's own words."""
    if profile.model_flag is None:
        return FieldWords(
            "model", "model", "none at first", "a tag; pulled once it runs, if not here", True
        )
    return FieldWords(
        "model", "model", "needed", "a Hugging Face id, or a path in the engine", True
    )


def of_running(
    profile: LaunchProfile, place: ManagedPlace, gpus: str = ""
) -> tuple[FieldWords, ...]:
    """GPUs, port and name: where it runs. `gpus` tells which there are."""
    return (
        FieldWords(
            "gpus", "GPUs", "all", gpus or "which GPUs it may use", takes="all, none, 0,1 or UUIDs"
        ),
        FieldWords(
            "port",
            "port",
            f"{profile.port}, or a free one",
            "on this machine",
            takes="1 to 65535",
        ),
        FieldWords("name", "name", f"burstview-…-{profile.engine}", f"of the {place}"),
    )


def of_weights() -> tuple[FieldWords, ...]:
    """Where its models come from."""
    return (
        FieldWords("weights", "weights folder", "a volume of its own", "mounted read-only", True),
        FieldWords("token_file", "token file", "none", "holds a Hugging Face token; mounted", True),
    )


def of_more(profile: LaunchProfile, place: ManagedPlace) -> tuple[FieldWords, ...]:
    """For those who know the engine."""
    image = FieldWords("image", "image", f"{profile.image}:{profile.tag}", "and its tag", True)
    return (
        *((image,) if place == "container" else ()),
        FieldWords("arguments", "arguments", "none", "handed on as they are", True),
        FieldWords("environment", "environment", "none", "NAME=value …, no secrets", True),
    )


LAN_LABEL = "LAN"
LAN_MEANING = "reachable from other machines"
LAN_WARNING = "⚠ Everyone who can reach this machine can use the engine{unless}."
OFFLINE_MEANING = "the engine gets no network: its weights must be here"
API_KEY = FieldWords(
    "api_key_env",
    "key variable",
    "no key",
    "a variable of ours that holds the key to ask for",
    True,
)


def lan_warning(profile: LaunchProfile, api_key_env: str) -> str:
    """The sentence beside the switch while it is on."""
    has_keys = profile.api_key_flag is not None or profile.api_key_env is not None
    if has_keys and api_key_env.strip():
        return LAN_WARNING.format(unless=" who has the key")
    if has_keys:
        return LAN_WARNING.format(unless=", and no key is asked for: name a key variable")
    return LAN_WARNING.format(unless=f"; {profile.label} knows no keys")
