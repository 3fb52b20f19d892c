"""Which backend stands where, which run is shown, and what the words are about."""

from __future__ import annotations

import pytest
from tests.tui.scripted import OLLAMA, REMOTE, VLLM, burst

from burstview import deck, slow_motion
from burstview.draw.side import spans
from burstview.meaning import FIRST_STEP, LOOKING, NOTHING_READY, sentence_of, warnings_of
from burstview.picture import picture
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import BackendSeen, ClientHealth, RequestEnded, RunStarted
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.session import SessionFold


def seen(*backends: Backend, state: str = "ready") -> SessionFold:
    """A session that knows these."""
    fold = SessionFold()
    for backend in backends:
        fold.apply(BackendSeen(at=0.0, backend=backend, state=state))
    return fold


def test_free_sides_go_to_ready_backends_in_their_order() -> None:
    """And who has a side keeps it."""
    fold = seen(VLLM, OLLAMA, REMOTE)
    fold.apply(BackendSeen(at=0.0, backend=VLLM, state="unreachable", detail="It is down."))
    assert deck.fill((None, None), fold.snapshot()) == ("ollama", "remote")
    assert deck.fill(("vllm", None), fold.snapshot()) == ("vllm", "ollama")
    assert deck.fill(("gone", "ollama"), fold.snapshot()) == ("remote", "ollama")


def test_a_backend_that_stands_on_the_other_side_changes_places() -> None:
    """Nothing is fired at twice."""
    assert deck.take(("a", "b"), 0, "b") == ("b", "a")
    assert deck.take(("a", "b"), 1, "c") == ("a", "c")


def test_a_side_whose_turn_has_not_come_shows_no_older_run() -> None:
    """While a duel is under way; after it, both are of it."""
    fold = seen(VLLM, OLLAMA)
    for event in burst(1, "ollama", BurstPlan(), 1, 0.0):
        fold.apply(event)
    sides = ("vllm", "ollama")
    assert picture(fold.snapshot(), sides).views[1].run is not None
    fold.apply(RunStarted(at=20.0, run=2, backend="vllm", plan=BurstPlan(), duel=2))
    assert picture(fold.snapshot(), sides).views[1].run is None


def test_the_first_sentence_says_what_to_do() -> None:
    """Looking, nothing ready, or the first keys."""
    sides = ("vllm", None)
    assert sentence_of(picture(SessionFold().snapshot(), sides).views) == LOOKING
    down = seen(VLLM, state="unreachable")
    assert sentence_of(picture(down.snapshot(), sides).views) == NOTHING_READY
    assert sentence_of(picture(seen(VLLM).snapshot(), sides).views) == FIRST_STEP


def test_failures_and_a_slow_client_are_warnings() -> None:
    """The server's words first, without their control sequences."""
    fold = seen(VLLM)
    *events, end = burst(1, "vllm", BurstPlan(concurrency=2), 2, 0.0)
    for event in events[:-1]:
        fold.apply(event)
    fold.apply(
        RequestEnded(at=1.0, run=1, phase="burst", id=2, status=500, error="It said \x1b[1mno.")
    )
    fold.apply(
        ClientHealth(
            at=1.0,
            run=1,
            transport="own",
            workers=1,
            connections=2,
            launch_skew=0.0,
            launch_lag_p95=0.0,
            launch_lag_max=0.0,
            loop_lag_p95=0.0,
            loop_lag_max=0.5,
            reads=1,
            chunks=1,
            cpu=0.1,
            warning="The client was late.",
        )
    )
    fold.apply(end)
    views = picture(fold.snapshot(), ("vllm", None)).views
    assert warnings_of(views, 2.0) == (
        "vLLM: 1 of 2 failed: It said no.",
        "vLLM: The client was late.",
    )
    assert warnings_of(views, 2.0, "Half of it. The client was late.") == (
        "vLLM: 1 of 2 failed: It said no.",
    )


def test_an_empty_side_gains_nothing_by_an_axis_of_its_own() -> None:
    """A factor would be made up."""
    fold = seen(VLLM, OLLAMA)
    for event in burst(1, "vllm", BurstPlan(concurrency=2), 2, 0.0):
        fold.apply(event)
    sides = picture(fold.snapshot(), ("vllm", "ollama")).lanes
    windows, gained = spans(sides, own=False)
    assert windows[0] == windows[1]
    assert gained == (1.0, 1.0)


def test_slow_motion_lasts_about_six_seconds_whatever_the_burst() -> None:
    """With a round factor; it ends after the last real moment."""
    for span in (0.01, 0.09, 0.3, 0.9, 5.0):
        slow = slow_motion.begin(span, 100.0)
        assert slow.factor in slow_motion.FACTORS
        assert 6 <= span * slow.factor <= 10
        assert slow.shown(100.0 + slow.factor * span / 2) == pytest.approx(span / 2)
        assert not slow.is_over(100.0)
        assert slow.is_over(100.1 + slow.factor * span)
