"""Counters that engines count since they started."""

from __future__ import annotations

from typing import TypeVar

Number = TypeVar("Number", int, float)


def increase(before: Number | None, after: Number | None) -> Number | None:
    """How much was counted in between; None when that is unknown: one of both is, or the engine
    was restarted meanwhile and counts anew."""
    if before is None or after is None or after < before:
        return None
    return after - before
