"""Which look at an engine the map shows, and how that is said. Pure but for the peaks' memory."""

from __future__ import annotations

from typing import Literal, NamedTuple

from burstview import format as say
from burstview.room_scene import Peaks, Scene
from burstview_engines.core.events import EngineSampled

Follow = Literal["auto", "now"]
"""`auto`: while the burst runs the newest look, then its fullest; `now`: always the newest look."""
_FRESH = 2.0
"""Seconds for which a look is called now."""


class Moment(NamedTuple):
    """The look that the map shows, and in words when it was."""

    sample: EngineSampled | None
    words: str


def newest(sample: EngineSampled | None, now: float) -> Moment:
    """The newest look, with its age."""
    if sample is None or sample.problem is not None:
        return Moment(None, "")
    age = max(0.0, now - sample.at)
    return Moment(sample, "now" if age < _FRESH else f"{say.seconds(age)} ago, the newest look")


def at_cursor(scene: Scene, cursor: float) -> Moment:
    """The last look up to second `cursor` of the axis."""
    before = [one for one in scene.good if one.at - scene.zero <= cursor]
    if not before:
        return Moment(None, f"at {say.seconds(cursor)} · no look before it")
    seen = before[-1].at - scene.zero
    when = f"of {say.seconds(seen)}" if seen >= 0 else "before the burst"
    return Moment(before[-1], f"at {say.seconds(cursor)}, by the look {when}")


def at_fullest(scene: Scene, peaks: Peaks) -> Moment:
    """The moment of a burst that is over at which most of the cache was held."""
    sample = peaks.of(scene)
    if sample is None:
        return Moment(None, "· no look fell into this burst")
    return Moment(sample, f"at {say.seconds(sample.at - scene.zero)}, its fullest look")
