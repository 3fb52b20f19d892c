"""Samples put into the cells of the lanes' axis, and what counters say of a burst."""

from __future__ import annotations

import msgspec
import pytest
from tests.tui.bursts import wall
from tests.tui.room_samples import one_slot, paged, starved, step
from tests.tui.scripted import OLLAMA, REMOTE, VLLM

from burstview.draw.axis import Axis
from burstview.draw.track import Track
from burstview.engine_figures import counted, failed_looks, phrases, preempted
from burstview.engine_track import TrackMemory
from burstview.engine_usage import capacity, kv_fill, used_tokens
from burstview_engines.core.counters import increase
from burstview_engines.core.engine_gauges import Slot
from burstview_engines.core.events import EngineSampled

AXIS = Axis(1.0, 10)


def track(*samples: EngineSampled, zero: float = 0.0) -> Track:
    """Of a burst that began at `zero`."""
    return TrackMemory(VLLM, zero, AXIS).follow(samples, float("inf"))


def told(at: float, **fields: int | float | str | None) -> EngineSampled:
    """A look at a real engine's metrics."""
    sample = EngineSampled(at=at, backend="remote", source="metrics")
    return msgspec.structs.replace(sample, **fields)


def test_each_pass_fills_the_cells_of_its_time() -> None:
    """Exact where the embedded engine logs its passes."""
    found = track(*starved(5.0), zero=5.0)
    assert found.batch.values[:9] == (4, 4, 4, 4, 3.5, 3, 2, 1, 1)
    assert found.running.values[0] == 4
    assert (found.kv.values[4], found.kv.values[7]) == (1.0, pytest.approx(1 / 3))
    assert found.preempted == (0, 0, 0, 0, 0, 1, 0, 0, 0, 0)


def test_looks_are_levels_and_what_lies_between_is_held() -> None:
    """The value of the look before, marked as not seen; nothing before the first look."""
    found = track(
        told(-0.1, running=0, waiting=0),
        told(0.25, running=3, waiting=5),
        told(0.75, running=8, waiting=0),
    )
    assert found.running.values == (None, None, 3, 3, 3, 3, 3, 8, None, None)
    assert [cell for cell, seen in enumerate(found.running.seen) if seen] == [2, 7]
    assert found.waiting.values[7] == 0


def test_looks_far_apart_are_not_joined() -> None:
    """After some seconds without a look nobody knows."""
    memory = TrackMemory(VLLM, 0.0, Axis(10.0, 10))
    found = memory.follow([told(0.5, running=1), told(6.5, running=2)], 10.0)
    assert found.running.values == (1, *[None] * 5, 2, None, None, None)


def test_rates_are_differences_of_counters() -> None:
    """Spread over the time between two looks; unknown before there are two."""
    found = track(told(0.0, output_tokens=100), told(0.5, output_tokens=150))
    assert found.output_rate.values[:5] == pytest.approx((100,) * 5)
    assert found.output_rate.values[6:] == (None,) * 4
    assert found.prompt_rate.most is None


def test_a_counter_that_begins_anew_is_unknown() -> None:
    """The engine was started again: no negative rate, no huge one."""
    found = track(told(0.0, output_tokens=100), told(0.5, output_tokens=3))
    assert found.output_rate.most is None
    assert increase(100, 3) is None


def test_the_mean_batch_in_tokens_where_passes_are_only_counted() -> None:
    """vLLM's own metrics."""
    found = track(told(0.0, steps=10, step_tokens=100), told(0.5, steps=20, step_tokens=260))
    assert found.batch_is_tokens
    assert found.batch.values[1] == pytest.approx(16)


def test_preemptions_of_a_counter_are_marked_where_they_were_noticed() -> None:
    """At the look that told more of them."""
    found = track(told(0.0, preemptions=2), told(0.5, preemptions=5))
    assert found.preempted[5] == 3


def test_a_failed_look_is_a_mark_and_nothing_else() -> None:
    """The looks beside it are compared with each other."""
    found = track(
        told(0.0, output_tokens=0),
        told(0.25, problem="/metrics did not answer."),
        told(0.5, output_tokens=50),
    )
    assert found.failed_looks[2] == 1
    assert found.output_rate.values[3] == pytest.approx(100)


def test_samples_are_taken_once_in_whatever_portions_they_come() -> None:
    """The picture is the same as that of all at once."""
    samples = starved()
    memory = TrackMemory(VLLM, 0.0, AXIS)
    for count in range(len(samples) + 1):
        last = memory.follow(samples[:count], float("inf"))
    whole = track(*samples)
    assert (last.running, last.preempted, last.output_rate) == (
        whole.running,
        whole.preempted,
        whole.output_rate,
    )
    assert memory.totals.passes == 9


def test_a_sample_that_came_late_is_put_in_its_place() -> None:
    """Then all are taken anew."""
    early, late = told(0.25, running=3), told(0.75, running=8)
    memory = TrackMemory(VLLM, 0.0, AXIS)
    memory.follow([late], 1.0)
    assert memory.follow([early, late], 1.0).running.values[2] == 3


def test_of_slots_the_use_is_that_of_the_reserved_context() -> None:
    """Idle ones use nothing, whatever the last request left."""
    sample = msgspec.structs.replace(one_slot(0.0, 1024), kv_usage=1.0)
    assert kv_fill(sample, OLLAMA) == 0.25
    assert (used_tokens(sample, OLLAMA), capacity(sample, OLLAMA)) == (1024, 4096)
    assert kv_fill(one_slot(0.0, 1024, busy=False), OLLAMA) == 0
    unknown = msgspec.structs.replace(sample, slots=(Slot(id=0, is_busy=True),))
    assert kv_fill(unknown, OLLAMA) is None


def test_the_figures_of_a_burst() -> None:
    """All of them say between which looks they were counted."""
    samples, run = starved(), wall(4)
    memory = TrackMemory(VLLM, 0.0, AXIS)
    memory.follow(samples, float("inf"))
    said = phrases(run, samples, memory.totals, 0.0)
    assert said == (
        "batch mean 2.8, most 4 requests (9 passes)",
        "prefix cache hit —",
        "in 208 tok/s, out 21 tok/s (engine)",
        "out 80 tok/s (client, the burst)",
        "queue 0.50 s, prefill 0.25 s (mean of 25)",
        "counted from -0.10 s to 1.1 s",
    )
    assert preempted(memory.totals, counted(samples, 0.0)) == 1


def test_an_engine_that_tells_nothing_has_dashes() -> None:
    """Never zeros."""
    samples = (told(-0.1, running=0), told(0.5, running=4))
    memory = TrackMemory(REMOTE, 0.0, AXIS)
    memory.follow(samples, float("inf"))
    said = " ".join(phrases(wall(4), samples, memory.totals, 0.0))
    for words in ("batch —", "prefix cache hit —", "in —, out — (engine)", "queue —, prefill —"):
        assert words in said
    assert preempted(memory.totals, counted(samples, 0.0)) is None


def test_the_prefix_cache_in_percent_of_what_was_looked_for() -> None:
    """Over the burst, not since the engine's start."""
    samples = (
        told(-0.1, prefix_queries=1000, prefix_hits=900),
        told(0.5, prefix_queries=1400, prefix_hits=1000),
    )
    memory = TrackMemory(REMOTE, 0.0, AXIS)
    memory.follow(samples, float("inf"))
    said = phrases(wall(4), samples, memory.totals, 0.0)
    assert "prefix cache hit 25% of 400 tokens" in said


def test_failed_looks_are_one_sentence() -> None:
    """How many, when the last was, and why."""
    bad = [told(0.2, problem="Nope."), told(0.4, problem="/metrics is 50 MB long.")]
    assert failed_looks(bad, 0.0) == "! 2 looks failed, at 0.40 s: /metrics is 50 MB long."
    assert failed_looks([paged(0.1)], 0.0) == ""


def test_passes_after_the_end_are_another_bursts() -> None:
    """The look after a burst may tell of what came next."""
    memory = TrackMemory(VLLM, 0.0, AXIS)
    memory.follow([paged(0.9, steps=[step(0.5, 4, 2), step(0.8, 9, 2)])], 0.6)
    assert (memory.totals.passes, memory.totals.most_rows) == (1, 4)
