"""How the engines' screens look, in both kinds of light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.tui.monitor import Hands, settle
from tests.tui.scripted_control import (
    FAILED,
    FOREIGN,
    OLLAMA_READY,
    STARTING,
    STOPPED,
    THEIRS,
    EnginesSession,
)
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview_engines.core.plan import BurstPlan

SMALL, LARGE = (80, 24), (120, 40)
ENGINES = (STARTING, FAILED, OLLAMA_READY, FOREIGN, THEIRS, STOPPED)
LOG = [f"INFO 11-22 10:00:{n:02d} [loader.py:128] Loading shard {n} of 40" for n in range(40)]


SEARCH = ("l", "slash", *"shard", "space", "1", "enter")


@pytest.mark.parametrize(
    ("keys", "size", "theme"),
    [
        pytest.param((), SMALL, "dark", id="start-dark-80x24"),
        pytest.param((), SMALL, "light", id="start-light-80x24"),
        pytest.param((), LARGE, "dark", id="start-dark-120x40"),
        pytest.param(("j",), LARGE, "light", id="failed-light-120x40"),
        pytest.param(("j", "j", "D"), SMALL, "dark", id="question-dark-80x24"),
        pytest.param(SEARCH, SMALL, "dark", id="log-dark-80x24"),
        pytest.param(SEARCH, LARGE, "light", id="log-light-120x40"),
    ],
)
def test_engines(
    snap_compare: Callable[..., bool], keys: tuple[str, ...], size: tuple[int, int], theme: str
) -> None:
    """A start with its steps, a failure, a question, a log that is searched."""
    session = EnginesSession(*ENGINES)
    session.control.log_of(STARTING.key).write(*LOG)
    app = BurstviewApp(session, BurstPlan(), theme=theme, clock=Hands())

    async def look(pilot: Pilot[None]) -> None:
        await settle(pilot, app)
        for key in ("g", *keys):
            await pilot.press(key)
            await settle(pilot, app)
        await settle(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=look)
