"""The garbage collector, kept from costing the start and every frame."""

from __future__ import annotations

import gc

THRESHOLD = 20_000
"""New objects between two collections: a crowd's events are thousands a second, and none of them is
part of a cycle; widgets and screens are, and they are few."""


def rest() -> None:
    """No collection while modules are imported: nothing of them is garbage."""
    gc.disable()


def resume() -> None:
    """What is there by now is there for good; collect what comes, seldom."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, 10, 10)
    gc.enable()
