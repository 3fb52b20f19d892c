"""How the main screen looks, in both kinds of light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.tui.monitor import Hands, settle
from tests.tui.scripted import ScriptedSession
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview_engines.core.plan import BurstPlan


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_finished_duel(
    snap_compare: Callable[..., bool], size: tuple[int, int], theme: str
) -> None:
    """Wall and staircase on one axis, with the sentence."""
    app = BurstviewApp(ScriptedSession(), BurstPlan(), theme=theme, clock=Hands())

    async def fire(pilot: Pilot[None]) -> None:
        await settle(pilot, app)
        await pilot.press("d")
        await settle(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=fire)
