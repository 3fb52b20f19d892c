"""The text that headless bursts print: bars and lines, from events to characters."""

from __future__ import annotations

import io
import os

from burstview.headless_bars import picture
from burstview.headless_display import SHOW_CURSOR, BarsDisplay, LinesDisplay, Paper
from burstview.headless_lines import news
from burstview.reading import problems
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    Noticed,
    PhaseFailed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.session import EMPTY, SessionFold
from burstview_engines.core.views import Snapshot

BACKEND = Backend(
    key="a", name="v\x1b[31mLLM", engine="vllm", place="embedded", url="http://a", simulated=True
)


def sent(number: int) -> RequestSent:
    """A request of the burst, written at second 10."""
    return RequestSent(at=10.0, run=1, phase="burst", id=number, intended=10.0)


EVENTS: tuple[AnyEvent, ...] = (
    BackendSeen(at=0.0, backend=BACKEND),
    RunStarted(at=1.0, run=1, backend="a", plan=BurstPlan(concurrency=3)),
    PhaseStarted(at=1.0, run=1, phase="warm_up", requests=3),
    PhaseFailed(at=2.0, run=1, phase="warm_up", reason="busy\x07"),
    PhaseStarted(at=10.0, run=1, phase="burst", requests=3),
    *(sent(number) for number in (1, 2, 3)),
    TokensReceived(at=12.0, run=1, phase="burst", id=1, chunks=((12.0, "x"),)),
    RequestEnded(
        at=14.0, run=1, phase="burst", id=1, status=200, finish_reason="stop", output_tokens=9
    ),
    RequestEnded(at=13.0, run=1, phase="burst", id=2, status=500, error="no\x1b]0;evil\x07 room"),
)


def after(*events: AnyEvent) -> Snapshot:
    """The snapshot of the events above and these."""
    fold = SessionFold()
    for event in (*EVENTS, *events):
        fold.apply(event)
    return fold.snapshot()


def test_bars() -> None:
    """Waiting, streaming and failed bars on one axis, SIMULATED in the title, nothing too wide."""
    lines = picture(after().runs, 14.0, 40, 10)
    assert lines[0] == "vLLM SIMULATED · 2/3, 4.0 s"
    assert "█" in lines[1]
    assert "✗" in lines[2]
    assert max(map(len, lines)) <= 40


def test_bars_that_do_not_fit() -> None:
    """More requests than rows: the rest is counted."""
    lines = picture(after().runs, 14.0, 40, 3)
    assert len(lines) == 3
    assert lines[-1].strip() == "… and 2 more"


def test_lines() -> None:
    """One line for each phase, failure and finished request, in order of their ends; harmless."""
    assert list(news(EMPTY, after(Noticed(at=14.0, text="look")))) == [
        "look",
        "vLLM SIMULATED: 3 burst",
        "vLLM SIMULATED: warming up failed: busy",
        "vLLM SIMULATED: request 2 failed: no room",
        "vLLM SIMULATED: request 1 first token 2.00 s, done 2.00 s, 9 tokens",
    ]


def test_nothing_is_said_twice() -> None:
    """A second look at the same snapshot has no news."""
    assert list(news(after(), after())) == []


def test_cancelled_requests_did_not_fail() -> None:
    """What was cancelled is counted as cancelled."""
    ended = after(
        RequestEnded(at=14.0, run=1, phase="burst", id=3, error="Cancelled.", cancelled=True),
        RunEnded(at=15.0, run=1, outcome="cancelled", reason="The burst was cancelled."),
    )
    said = list(problems(ended.runs[0]))
    assert "1 cancelled: Cancelled." in said
    assert not any("failed: Cancelled." in line for line in said)


def test_displays() -> None:
    """Lines hold no escape codes; bars give the cursor back."""
    ended = after(RunEnded(at=15.0, run=1, outcome="cancelled", reason="Cancelled."))
    plain, drawn = io.StringIO(), io.StringIO()
    LinesDisplay(Paper(plain)).end(ended)
    BarsDisplay(Paper(drawn), lambda: os.terminal_size((60, 20))).end(ended)
    assert "\x1b" not in plain.getvalue()
    assert "\x07" not in plain.getvalue()
    assert drawn.getvalue().endswith(SHOW_CURSOR)


def test_reader_that_is_gone() -> None:
    """Writing to a closed stream is no error, but is known."""
    stream = io.StringIO()
    display = LinesDisplay(Paper(stream))
    stream.close()
    display.show(after())
    assert display.is_gone
