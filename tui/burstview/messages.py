"""What widgets tell the screen. Token events never come this way."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from burstview.engine_rules import Wish
from burstview_engines.core.plan import BurstPlan, Order


@dataclass
class ConcurrencyChosen(Message):
    """The slider stands on another number."""

    value: int


@dataclass
class BackendChosen(Message):
    """A backend takes the selected side."""

    backend: str


@dataclass
class ModelChosen(Message):
    """A model was picked from a backend's list."""

    backend: str
    model: str


@dataclass
class BurstWanted(Message):
    """Fire the plan at these backends: one, or two for a duel."""

    backends: tuple[str, ...]
    plan: BurstPlan
    order: Order


@dataclass
class CancelWanted(Message):
    """End the burst in progress."""


@dataclass
class BurstOver(Message):
    """The worker that fired is done; `problem` is a sentence when nothing could be fired."""

    runs: tuple[int, ...] = ()
    problem: str | None = None


@dataclass
class EngineWished(Message):
    """Something was asked of a managed engine, and confirmed where that is due."""

    wish: Wish
    key: str
    volumes: bool = False
    """With a removal: delete its volumes too."""


@dataclass
class EngineTaken(Message):
    """A managed engine takes the selected side of the main screen."""

    key: str
    fires: bool = False
    """And the burst is fired at it."""


@dataclass
class NewEngineWanted(Message):
    """The form for a new engine shall open."""


@dataclass
class EngineEditWanted(Message):
    """The form shall open with the options of this engine, to recreate it with others."""

    key: str


@dataclass
class ModelsWanted(Message):
    """The models of this Ollama shall be shown."""

    key: str


@dataclass
class Complaint(Message):
    """Something did not work: one sentence to show in passing."""

    sentence: str
