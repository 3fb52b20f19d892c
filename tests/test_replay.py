"""A recording played as a session."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from burstview.cli import cli
from burstview.cli_commands.replay import recorded_plan
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    Noticed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    SessionStarted,
    TokensReceived,
    encode,
)
from burstview_engines.core.plan import BurstPlan
from burstview_engines.replay import LONGEST_PAUSE, Pace, ReplaySession
from burstview_engines.source import SessionError

BACKEND = Backend(key="a", name="vLLM", engine="vllm", place="url", url="http://127.0.0.1:8000")
EVENTS: tuple[AnyEvent, ...] = (
    SessionStarted(at=0.0, version=1, program="burstview 0.1.0", wall=1e9, host="box"),
    BackendSeen(at=0.1, backend=BACKEND),
    RunStarted(at=50.0, run=1, backend="a", plan=BurstPlan(concurrency=1)),
    PhaseStarted(at=50.1, run=1, phase="burst", requests=1),
    RequestSent(at=50.1, run=1, phase="burst", id=1, intended=50.1, prompt="b1-1: Why?"),
    TokensReceived(at=50.2, run=1, phase="burst", id=1, chunks=((50.2, "So"),)),
    RequestEnded(
        at=50.3, run=1, phase="burst", id=1, status=200, finish_reason="stop", output_tokens=1
    ),
    RunEnded(at=50.3, run=1, outcome="done"),
)


def write(path: Path, *lines: bytes) -> Path:
    """A recording of the given lines."""
    path.write_bytes(b"".join(lines))
    return path


async def play(path: Path) -> ReplaySession:
    """The recording, played at once to its end."""
    session = ReplaySession(path, speed=0)
    await session.open()
    await session.played()
    return session


async def test_whole_recording(tmp_path: Path) -> None:
    """Everything that was recorded is in the snapshot, with its own stamps."""
    session = await play(write(tmp_path / "r.jsonl", *map(encode, EVENTS)))
    run = session.snapshot().runs[0]
    assert (run.burst_started, run.requests[0].state, run.outcome) == (50.1, "done", "done")
    assert session.fold.text(1, "burst", 1) == "So"
    assert session.is_recording
    assert session.damage is None


def test_the_plan_is_known_before_it_is_played(tmp_path: Path) -> None:
    """The monitor opens with the first burst's plan; a file without one has the default."""
    lines = [encode(event) for event in EVENTS]
    whole = write(tmp_path / "whole.jsonl", *lines, b"damage\n")
    assert recorded_plan(whole) == BurstPlan(concurrency=1)
    assert recorded_plan(write(tmp_path / "empty.jsonl", *lines[:2])) == BurstPlan()
    assert recorded_plan(write(tmp_path / "bad.jsonl", lines[0], b"damage\n")) == BurstPlan()


async def test_cut_last_line(tmp_path: Path) -> None:
    """The line a crash cut is left out in silence."""
    lines = [*map(encode, EVENTS[:6]), encode(EVENTS[6])[:20]]
    session = await play(write(tmp_path / "r.jsonl", *lines))
    assert session.snapshot().runs[0].requests[0].state == "streaming"
    assert session.snapshot().notices == ()


def test_a_recording_without_its_end_says_so(tmp_path: Path) -> None:
    """Headless, a crash in mid-burst is one sentence beside what was seen."""
    cut = write(tmp_path / "r.jsonl", *map(encode, EVENTS[:6]))
    ended = CliRunner().invoke(cli, ["replay", str(cut), "--json"], standalone_mode=False)
    report = json.loads(ended.stdout)
    assert ended.return_value == 1
    assert "ends before its burst did" in report["error"]
    assert report["requests"][0]["state"] == "streaming"


async def test_damaged_line(tmp_path: Path) -> None:
    """A damaged line is named by its number, and what came before it is shown."""
    lines = [*map(encode, EVENTS[:4]), b'{"type": "sent", "at"\n', *map(encode, EVENTS[4:])]
    session = await play(write(tmp_path / "r.jsonl", *lines))
    snapshot = session.snapshot()
    assert snapshot.runs[0].burst_started == 50.1
    assert "line 5 is damaged" in snapshot.notices[0]
    assert "up to second 50.1" in snapshot.notices[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"hello\n", "line 1"), (encode(Noticed(at=0.0, text="x")), "line 1")],
)
def test_nothing_readable(tmp_path: Path, content: bytes, words: str) -> None:
    """A file that is no recording is refused in one sentence."""
    with pytest.raises(SessionError, match=words):
        ReplaySession(write(tmp_path / "r.jsonl", content))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is refused in one sentence."""
    with pytest.raises(SessionError, match="cannot read"):
        ReplaySession(tmp_path / "none.jsonl")


async def test_nothing_can_be_fired(tmp_path: Path) -> None:
    """A recording refuses to fire and to change models."""
    session = await play(write(tmp_path / "r.jsonl", *map(encode, EVENTS)))
    with pytest.raises(SessionError, match="recording"):
        await session.fire(["a"], BurstPlan())
    with pytest.raises(SessionError, match="recording"):
        await session.choose_model("a", "m")


async def test_played_at_pace(tmp_path: Path) -> None:
    """At speed 10 the events come ten times as fast, and the time between them goes on."""
    session = ReplaySession(write(tmp_path / "r.jsonl", *map(encode, EVENTS)), speed=10)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await session.open()
    await session.played()
    assert 0.22 <= loop.time() - began < 2
    assert session.snapshot().now == 50.3


async def test_closed_while_playing(tmp_path: Path) -> None:
    """Closing stops the player at once."""
    session = ReplaySession(write(tmp_path / "r.jsonl", *map(encode, EVENTS)), speed=0.001)
    await session.open()
    await asyncio.wait_for(session.close(), 0.5)
    assert session.snapshot().runs == ()


def test_pauses_between_runs_are_shortened() -> None:
    """Only silence while nothing runs is shortened."""
    pace = Pace()
    waits = [round(pace.until(event), 3) for event in EVENTS]
    assert waits == [0.0, 0.1, LONGEST_PAUSE, 0.1, 0.0, 0.1, 0.1, 0.0]
    late = RunStarted(at=60.0, run=2, backend="a", plan=BurstPlan())
    assert pace.until(late) == LONGEST_PAUSE
    assert pace.until(Noticed(at=90.0, text="quiet")) == 30.0
