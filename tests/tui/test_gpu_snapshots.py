"""How the GPU screen looks, in both kinds of light."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests.tui.gpu_samples import look, lost, whole
from tests.tui.monitor import Hands, settle
from tests.tui.scripted import REMOTE, ScriptedSession, burst
from textual.pilot import Pilot

from burstview.app import BurstviewApp
from burstview_engines.core.events import AnyEvent, BackendSeen
from burstview_engines.core.plan import BurstPlan

SMALL, LARGE, HUGE = (80, 24), (120, 40), (200, 60)


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are the machine's."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Recorded(ScriptedSession):
    """GPUs, two bursts and what ran on them; GPU 0 may have been lost since second 28."""

    def __init__(self, gpus: int, *, is_lost: bool = False) -> None:
        super().__init__(REMOTE)
        self.gpus, self.is_lost = gpus, is_lost

    async def open(self) -> None:
        """All of it has happened."""
        events: list[AnyEvent] = [BackendSeen(at=0.0, backend=REMOTE), *whole(self.gpus, at=30.0)]
        events += burst(1, "remote", BurstPlan(concurrency=16), 4, 8.0, slowness=1.5)
        events += burst(2, "remote", BurstPlan(concurrency=4), 4, 20.0, slowness=0.09)
        if self.is_lost:
            events.append(lost(look(31.0, self.gpus), 0, 28.0))
        for event in sorted(events, key=lambda event: event.at):
            self.fold.apply(event)
        self.now = 31.0


@pytest.mark.parametrize(
    ("gpus", "is_lost", "keys", "size", "theme"),
    [
        pytest.param(1, False, (), SMALL, "dark", id="one-dark-80x24"),
        pytest.param(2, True, (), LARGE, "light", id="lost-light-120x40"),
        pytest.param(8, False, ("tab", "down"), LARGE, "dark", id="eight-dark-120x40"),
        pytest.param(16, False, (), HUGE, "dark", id="sixteen-dark-200x60"),
        pytest.param(2, False, ("right", "m", "space"), SMALL, "light", id="large-light-80x24"),
    ],
)
def test_gpus(
    snap_compare: Callable[..., bool],
    gpus: int,
    is_lost: bool,
    keys: tuple[str, ...],
    size: tuple[int, int],
    theme: str,
) -> None:
    """One to sixteen, a lost one, processes, and one history alone."""
    app = BurstviewApp(Recorded(gpus, is_lost=is_lost), BurstPlan(), theme=theme, clock=Hands())

    async def open_screen(pilot: Pilot[None]) -> None:
        await settle(pilot, app)
        for key in ("n", *keys):
            await pilot.press(key)
            await settle(pilot, app)
        await settle(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=open_screen)
