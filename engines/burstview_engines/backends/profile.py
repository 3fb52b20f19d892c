"""What one engine family is to us: how to tell it, ask it, and word its failures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from burstview_engines.backends.gauges import GaugePath
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan

Field = bool | int | float | str | Mapping[str, bool]
"""A value in a request body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered on one path; a path that it did not answer has none."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def is_ok(self) -> bool:
        """A 2xx."""
        return 200 <= self.status < 300


Answers = Mapping[str, Answer]
"""By path."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine tells about itself; unknown is None."""

    version: str | None = None
    seats: int | None = None
    context_tokens: int | None = None
    kv_tokens: int | None = None
    quant: str | None = None
    thinks: bool | None = None
    loaded: bool | None = None
    on_gpu: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step for an error of a server, told by the server's words."""

    pattern: re.Pattern[str]
    step: str
    """`{model}` and `{models}` stand for the asked and the listed ones."""


def advise(pattern: str, step: str) -> Advice:
    """An Advice whose pattern is searched without regard to case."""
    return Advice(re.compile(pattern, re.IGNORECASE), step)


@dataclass(frozen=True, slots=True)
class Profile:
    """One engine family. All functions are pure: recognise.py fetches what they read."""

    engine: Engine
    label: str
    port: int | None
    """Where it listens unless told otherwise."""
    recognises: Callable[[Answers], bool]
    """Given the answers on `recognise.FIRST_PATHS`."""
    details: tuple[str, ...]
    """Paths to get once it is recognised."""
    facts: Callable[[Answers, str | None], Facts]
    """Given the details' answers and the model's name."""
    extras: Callable[[Backend, BurstPlan], dict[str, Field]]
    """Fields beyond the common ones; nothing that a server of this family could refuse."""
    advice: tuple[Advice, ...]
    silent_end: str
    """What it may mean when a stream ends with neither a finish_reason nor an error."""
    forces_length: bool = False
    """Whether `extras` can ask for an answer of exactly `max_tokens`."""
    show_path: str | None = None
    """Asked by POST with the model's name, beside `details`."""
    gauges: tuple[GaugePath, ...] = ()
    """Where it tells of its load; of two that tell the same figure the first counts."""
    images: tuple[str, ...] = ()
    """Container images that hold it: patterns of the last two parts of the name, with the tag."""
    commands: tuple[str, ...] = ()
    """Words in a container's command that tell it."""
