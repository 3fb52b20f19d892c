"""Two sources of one engine: each figure holds until its own source tells it anew."""

from __future__ import annotations

from burstview_engines.core.engine_gauges import Slot
from burstview_engines.core.engine_overlay import Overlay
from burstview_engines.core.events import EngineSampled

PS = EngineSampled(at=1.0, backend="o", source="ps", took=0.01, model_bytes=10, context_tokens=64)
LOG = EngineSampled(at=2.0, backend="o", source="log", running=1, slots=(Slot(id=0, is_busy=True),))


def test_the_first_one_is_told_as_it_is() -> None:
    """There is nothing to add."""
    assert Overlay().take(PS) == PS


def test_what_the_other_told_is_added() -> None:
    """The time is the newer one's, and so is the time that asking took."""
    overlay = Overlay()
    overlay.take(PS)
    told = overlay.take(LOG)
    assert (told.at, told.took, told.source) == (2.0, None, "log")
    assert (told.running, told.slots, told.model_bytes) == (1, LOG.slots, 10)


def test_the_source_is_the_one_that_tells_who_runs() -> None:
    """A look at the memory says nothing of the slots."""
    overlay = Overlay()
    overlay.take(LOG)
    told = overlay.take(PS)
    assert (told.source, told.running, told.context_tokens) == ("log", 1, 64)


def test_what_a_source_does_not_tell_any_more_is_unknown() -> None:
    """Its own older figures do not come back."""
    overlay = Overlay()
    overlay.take(LOG)
    overlay.take(EngineSampled(at=3.0, backend="o", source="log", running=0))
    told = overlay.take(PS)
    assert (told.running, told.slots) == (0, None)


def test_a_failed_look_tells_nothing_else_and_its_figures_are_unknown() -> None:
    """The other source's stay."""
    overlay = Overlay()
    overlay.take(PS)
    failed = EngineSampled(at=2.0, backend="o", source="ps", problem="No answer.")
    assert overlay.take(failed) == failed
    told = overlay.take(LOG)
    assert (told.running, told.model_bytes) == (1, None)
