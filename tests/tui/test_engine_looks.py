"""Looks at an Ollama by /api/ps and by its log, joined."""

from __future__ import annotations

from burstview.engine_looks import JoinedLooks, newest
from burstview.engine_usage import kv_fill
from burstview.room_scene import fullest
from burstview_engines.core.backend import Backend
from burstview_engines.core.engine_gauges import Slot
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.series import Series

BUSY = (Slot(id=0, is_busy=True, context_tokens=4096, prompt_tokens=21),)


def ps(at: float) -> EngineSampled:
    """Memory only."""
    return EngineSampled(
        at=at, backend="o", source="ps", model_bytes=900, model_gpu_bytes=800, context_tokens=4096
    )


def log(at: float, running: int = 1) -> EngineSampled:
    """Slots only."""
    return EngineSampled(at=at, backend="o", source="log", running=running, seats=1, slots=BUSY)


def test_what_the_log_told_last_holds_at_later_looks() -> None:
    """And memory at what the log tells after."""
    first, second, third = JoinedLooks().follow([ps(0.0), log(1.0), ps(2.0)])
    assert (first.running, first.model_bytes) == (None, 900)
    assert (second.running, second.model_bytes, second.at) == (1, 900, 1.0)
    assert (third.running, third.slots, third.model_gpu_bytes, third.at) == (1, BUSY, 800, 2.0)
    assert third.source == "log"


def test_looks_of_one_source_stay_the_same_objects() -> None:
    """Nothing is copied that needs nothing."""
    looks = [EngineSampled(at=n, backend="v", source="metrics", running=n) for n in range(3)]
    assert all(a is b for a, b in zip(JoinedLooks().follow(looks), looks, strict=True))


def test_each_look_is_joined_once() -> None:
    """The joined ones stay the same objects while more come."""
    joined = JoinedLooks()
    before = list(joined.follow([log(1.0), ps(2.0)]))
    after = joined.follow([log(1.0), ps(2.0)])
    assert after[0] is not before[0]  # other objects came: all anew
    looks = [log(1.0), ps(2.0)]
    before = list(joined.follow(looks))
    after = joined.follow([*looks, ps(3.0)])
    assert all(a is b for a, b in zip(before, after, strict=False))
    assert len(after) == 3


def test_a_line_that_came_late_is_put_in_its_place() -> None:
    """Then all are joined anew."""
    joined, early, late = JoinedLooks(), log(1.0), ps(2.0)
    assert joined.follow([late])[0].running is None
    assert [one.running for one in joined.follow([early, late])] == [1, 1]


def test_a_look_that_failed_changes_nothing() -> None:
    """It stays a mark."""
    bad = EngineSampled(at=1.5, backend="o", problem="No answer.")
    looks = JoinedLooks().follow([log(1.0), bad, ps(2.0)])
    assert looks[1] is bad
    assert looks[2].running == 1


def test_the_newest_look_is_joined_too() -> None:
    """Whichever source spoke last, and through a look that failed."""
    series: Series[EngineSampled] = Series()
    assert newest(series) is None
    for look in (log(1.0), ps(2.0)):
        series.add(look)
    assert (found := newest(series)) is not None
    assert (found.running, found.model_bytes, found.at) == (1, 900, 2.0)
    series.add(EngineSampled(at=3.0, backend="o", problem="No answer."))
    assert newest(series) == found


def test_what_the_log_told_before_the_burst_counts() -> None:
    """It tells changes only."""
    assert JoinedLooks(log(0.0, running=0)).follow([ps(1.0)])[0].running == 0


def test_a_log_that_tells_nothing_of_busy_slots_tells_no_fullness() -> None:
    """Real Ollama with four slots: what each held is told when all are left. The zeros in between
    are no maximum, and the fullest look is one in which somebody runs."""
    slots = tuple(Slot(id=number, context_tokens=4096, used_tokens=94) for number in range(4))
    busy = tuple(
        Slot(id=number, is_busy=True, task=number, context_tokens=4096) for number in range(4)
    )
    looks = [
        EngineSampled(at=at, backend="o", source="log", running=running, seats=4, slots=held)
        for at, running, held in ((1.0, 4, busy), (2.2, 0, slots), (3.0, 3, busy))
    ]
    ollama = Backend(key="o", name="Ollama", engine="ollama", place="process", url="http://a")
    assert [kv_fill(look, ollama) for look in looks] == [None, None, None]
    assert fullest(looks, ollama, 0.0, None) is looks[0]
