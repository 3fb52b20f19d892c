"""The order of the rows: a queue is a staircase whatever order the server took."""

from __future__ import annotations

from msgspec import structs
from tests.tui.bursts import done, run_of, wall

from burstview.draw.lane_order import LaneOrder, served
from burstview_engines.core.views import RequestView


def waiting(number: int) -> RequestView:
    """A request without a token."""
    return structs.replace(
        done(number, 0.0, 0.0, 0.0),
        state="waiting",
        first_token=None,
        first_answer=None,
        last_token=None,
        ended=None,
    )


def ids(requests: tuple[RequestView, ...]) -> list[int]:
    """Their numbers."""
    return [one.id for one in requests]


def test_a_queue_served_backwards_is_a_staircase() -> None:
    """The first stays, the others follow as they were served."""
    backwards = tuple(done(n, 0.0, 9.0 - n, 9.9 - n) for n in (1, 2, 3, 4))
    assert ids(served(backwards)) == [4, 3, 2, 1]


def test_who_waits_stands_below_by_number() -> None:
    """Nobody knows yet whose turn comes."""
    requests = (waiting(1), done(2, 0.0, 5.0, 6.0), waiting(3), done(4, 0.0, 1.0, 2.0))
    assert ids(served(requests)) == [4, 2, 1, 3]


def test_a_wall_keeps_its_numbers() -> None:
    """All of them started before any had ended: their order says nothing."""
    shuffled = tuple(done(n, 0.0, 0.5 + 0.01 * (n % 3), 2.0) for n in range(1, 8))
    assert ids(served(shuffled)) == list(range(1, 8))


def test_an_unchanged_run_stays_the_same_object() -> None:
    """So that rows that did not change are not drawn again."""
    order = LaneOrder()
    backwards = run_of(tuple(done(n, 0.0, 9.0 - n, 9.9 - n) for n in (1, 2, 3)))
    assert order.of(backwards) is order.of(backwards)
    assert order.of(wall(3)) is not None
    order.is_by_service = False
    assert order.of(backwards) is backwards
