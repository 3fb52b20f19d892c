"""The garbage collector, kept from costing the start and every frame."""

from __future__ import annotations

import gc

THRESHOLD = 50_000
"""New objects between two collections. Events come by the thousand and are part of no cycle;
widgets and screens are, and they are few."""


def collect_seldom() -> None:
    """From the start on: importing makes much that is no garbage."""
    gc.set_threshold(THRESHOLD, 10, 10)


def keep_all() -> None:
    """What is there by now is there for good: look only at what comes."""
    gc.freeze()
