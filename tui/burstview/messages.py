"""What widgets tell the screen. Token events never come this way."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

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
