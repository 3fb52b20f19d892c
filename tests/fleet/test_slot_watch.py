"""Slots of an Ollama that the session watches, read from its log while it is fired at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from burstview_engines.core.events import (
    AnyEvent,
    EngineSampled,
    RequestEnded,
    RequestSent,
    TokensReceived,
    decode,
)
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.recording import Recorder
from burstview_engines.fleet.log_clock import LogClock
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.fleet.slot_watch import SlotReader
from burstview_engines.fleet.source import FleetSource
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.live import LiveSession
from burstview_engines.stream import EventStream
from tests.fleet.fleets import NOWHERE, free_port, until
from tests.standins import environment

MADE = "srv    load_model: initializing, n_slots = 2, n_ctx_slot = 4096, kv_unified = 'false'"
STARTED = "slot launch_slot_: id  1 | task 7 | processing task, is_child = 0"
RELEASED = "slot release: id  1 | task 7 | stop processing: n_tokens = 40, truncated = 0"
WALL = 1_795_705_000.0
"""2026-11-26T14:56:40Z"""


class Clocks:
    """The session's and the machine's, moved by hand."""

    def __init__(self) -> None:
        self.now, self.wall = 100.0, WALL

    def go(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


def stamped(second: float, text: str) -> str:
    """A line written so many seconds after WALL."""
    whole, nanoseconds = divmod(round(second * 1e9), 10**9)
    return f"2026-11-26T14:56:{40 + whole:02d}.{nanoseconds:09d}Z {text}"


def told(stream: EventStream, file: Path) -> list[EngineSampled]:
    """What came into the recording."""
    events: list[AnyEvent] = [decode(line) for line in file.read_bytes().splitlines()]
    return [event for event in events if isinstance(event, EngineSampled)]


def read(clocks: Clocks, file: Path, *batches: tuple[float, Sequence[str]]) -> list[EngineSampled]:
    """Batches of lines, each after so many more seconds."""
    stream = EventStream(Recorder(file), lambda: clocks.now)
    reader = SlotReader("o", stream, lambda: clocks.wall)
    for seconds, lines in batches:
        clocks.go(seconds)
        reader.take(lines)
    stream.close()
    return told(stream, file)


def test_each_line_has_the_time_at_which_it_was_written(tmp_path: Path) -> None:
    """A batch that comes late says when things happened."""
    looks = read(
        Clocks(),
        tmp_path / "o.jsonl",
        (1.0, [stamped(0.95, MADE)]),
        (1.0, [stamped(1.5, STARTED), stamped(1.75, RELEASED)]),
    )
    assert [(round(look.at, 3), look.running) for look in looks] == [
        (0.95, 0),
        (1.5, 1),
        (1.75, 0),
    ]
    assert looks[1].source == "log"
    assert (looks[1].seats, looks[1].context_tokens, looks[1].waiting) == (2, 4096, None)
    assert looks[2].slots is not None
    assert looks[2].slots[1].used_tokens == 40


def test_of_the_past_only_the_outcome_is_told(tmp_path: Path) -> None:
    """In however many batches it comes."""
    looks = read(
        Clocks(),
        tmp_path / "o.jsonl",
        (0.5, [stamped(-9.0, MADE), stamped(-8.0, STARTED)]),
        (0.1, [stamped(-7.0, RELEASED)]),
        (0.1, [stamped(0.65, STARTED)]),
    )
    assert [(round(look.at, 2), look.running) for look in looks] == [
        (0.5, 1),
        (0.6, 0),
        (0.65, 1),
    ]


def test_a_log_without_stamps_has_the_times_of_its_arrival(tmp_path: Path) -> None:
    """Its first batch is the past."""
    looks = read(
        Clocks(), tmp_path / "o.jsonl", (0.5, [MADE, STARTED]), (0.25, [RELEASED, STARTED])
    )
    assert [(look.at, look.running) for look in looks] == [(0.5, 1), (0.75, 0), (0.75, 1)]


def test_a_clock_that_runs_ahead_moves_nothing_into_the_future() -> None:
    """The quickest line so far counts as having come at once."""
    clocks = Clocks()
    clock = LogClock(lambda: clocks.now, lambda: clocks.wall)
    clocks.go(1.0)
    clock.arrived(stamped(11.0, "a"))
    assert clock.at(stamped(11.0, "a")) == 101.0
    clocks.go(1.0)
    clock.arrived(stamped(11.9, "b"))
    assert round(clock.at(stamped(11.5, "b")), 6) == 101.5
    assert round(clock.at(stamped(11.2, "out of order")), 6) == 101.5


async def test_slots_in_the_log_are_what_the_client_saw(tmp_path: Path) -> None:
    """A stand-in of Ollama as a local process: never more than its slots at work, each request in
    one, none after the burst."""
    environ = environment(tmp_path / "bin", tmp_path / "home")
    state, file = tmp_path / "state", tmp_path / "session.jsonl"
    fleet = open_fleet(docker_host=NOWHERE, environ=environ, home=state, state=state)
    session = LiveSession([FleetSource(fleet)], program="test", record=file, watch=True)
    await session.open()
    await session.settled()
    spec = LaunchSpec(
        engine="ollama",
        place="process",
        name="slots",
        model="qwen3:0.6b",
        options={"num-parallel": "2"},
        gpus=(),
        port=free_port(),
    )
    key = await fleet.up(spec)
    try:
        assert (await fleet.wait(key)).status == "ready"
        await _backend(session, key)
        await session.fire([key], BurstPlan(concurrency=6, max_tokens=24))
        await _idle(session, key)
    finally:
        await fleet.remove(key)
        await session.close()
    events = recorded(file)
    looks = [e for e in events if isinstance(e, EngineSampled) and e.source == "log"]
    burst = [look for look in looks if look.at >= _begin(events)]
    assert max(look.running or 0 for look in burst) == 2
    assert looks[-1].running == 0
    tasks = {slot.task for look in burst for slot in look.slots or () if slot.is_busy}
    assert len(tasks) >= 6
    assert _worst_lag(events, burst) < 0.5
    whole = [look for look in looks if look.model_bytes is not None]
    assert whole  # with the memory that /api/ps told
    assert whole[-1].context_tokens is not None


def recorded(file: Path) -> list[AnyEvent]:
    """All that happened."""
    return [decode(line) for line in file.read_bytes().splitlines()]


def _begin(events: Sequence[AnyEvent]) -> float:
    return min(e.at for e in events if isinstance(e, RequestSent) and e.phase == "burst")


def _worst_lag(events: Sequence[AnyEvent], looks: Sequence[EngineSampled]) -> float:
    """Between an answer's last token and the slot that came free, over all answers of the burst."""
    ends = sorted(e.at for e in events if isinstance(e, RequestEnded) and e.phase == "burst")
    released = [
        after.at
        for before, after in pairwise(looks)
        if (after.running or 0) < (before.running or 0)
    ]
    assert any(isinstance(event, TokensReceived) for event in events)
    return max(abs(one - other) for one, other in zip(ends, released, strict=True))


async def _backend(session: LiveSession, key: str) -> None:
    """Once it can be fired at."""
    await until(
        lambda: any(
            view.backend.key == key and view.state == "ready"
            for view in session.snapshot().backends
        )
    )


async def _idle(session: LiveSession, key: str) -> None:
    """Once its log told that all slots are free."""

    def is_idle() -> bool:
        looks = session.fold.history.engine(key).between(0, 1e9)
        told = [look for look in looks if look.source == "log"]
        return bool(told) and told[-1].running == 0

    await until(is_idle)
