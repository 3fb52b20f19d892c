"""The monitor on a scripted session, headless and under a pilot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.tui.scripted import ScriptedSession
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview_engines.core.plan import BurstPlan

Running = tuple[Pilot[None], BurstviewApp, ScriptedSession]


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@asynccontextmanager
async def monitor(
    session: ScriptedSession | None = None,
    *,
    concurrency: int = 16,
    size: tuple[int, int] = (120, 40),
    theme: str | None = None,
    fired: str = "",
    clock: Hands | None = None,
) -> AsyncIterator[Running]:
    """Opened and at rest; `fired` is a key to press then, `d` or `f`."""
    session = session or ScriptedSession()
    plan = BurstPlan(concurrency=concurrency)
    app = BurstviewApp(session, plan, theme=theme, clock=clock or Hands())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await settle(pilot, app)
        if fired:
            await pilot.press(fired)
            await pilot.pause()
            if not session.held:
                await settle(pilot, app)
        yield pilot, app, session


async def settle(pilot: Pilot[None], app: BurstviewApp) -> None:
    """Until all workers are done and their last words are drawn."""
    await app.workers.wait_for_complete()
    await pilot.pause()
    app.draw_changes()
    await pilot.pause()


def words(app: BurstviewApp) -> str:
    """What is on screen, line by line."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)
