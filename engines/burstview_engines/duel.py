"""How the two sides of a duel are fired: one after the other, or at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import Order


@dataclass(frozen=True, slots=True)
class DuelOrder:
    """What was decided, and the sentence that says so."""

    together: bool
    contended: bool
    """Together although the sides share hardware: each one's picture holds the other's load."""
    sentence: str


def decide(backends: Sequence[Backend], order: Order) -> DuelOrder:
    """`auto` takes turns when two sides share a machine or GPU; a wish is obeyed and marked."""
    shared = share_hardware(backends)
    together = order == "together" or (order == "auto" and not shared)
    if together and shared:
        return DuelOrder(
            True, True, "CONTENDED: both sides run at the same time on the same hardware."
        )
    if together:
        return DuelOrder(True, False, _own_hardware(backends))
    reason = "they share hardware" if shared else "as chosen"
    return DuelOrder(False, False, f"The sides are fired one after the other ({reason}).")


def share_hardware(backends: Sequence[Backend]) -> bool:
    """Whether any two run on one machine or GPU, as far as their `hardware` tells."""
    places = [backend.hardware for backend in backends]
    return len(set(places)) < len(places)


def _own_hardware(backends: Sequence[Backend]) -> str:
    simulated = all(backend.simulated for backend in backends)
    whose = "a simulated GPU of its own" if simulated else "hardware of its own"
    return f"Both sides run at the same time: each has {whose}."
