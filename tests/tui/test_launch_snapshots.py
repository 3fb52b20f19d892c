"""How the form, the pair and the models look, in both kinds of light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.tui.monitor import Hands, settle
from tests.tui.scripted_control import OLLAMA_READY, EnginesSession
from tests.tui.scripted_launch import CHOICES, PlanningControl, at_once, marked
from tests.tui.test_store_screen import COLD, LOADED, NOW, PARTLY
from textual.pilot import Pilot
from textual.screen import Screen

from burstview.app import BurstviewApp
from burstview.screens.launch import LaunchScreen
from burstview.screens.store import StoreScreen
from burstview_engines.core.plan import BurstPlan
from burstview_engines.launch.spec import LaunchSpec

LOOKS = pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), "dark"), ((120, 40), "light"), ((120, 40), "dark")],
    ids=["80x24-dark", "120x40-light", "120x40-dark"],
)


class Stage:
    """The monitor with one screen on top of it."""

    def __init__(self, theme: str) -> None:
        self.control = PlanningControl()
        self.control.stored = (LOADED, PARTLY, COLD)
        self.session = EnginesSession(OLLAMA_READY, control=self.control)
        self.app = BurstviewApp(self.session, BurstPlan(), theme=theme, clock=Hands())

    async def show(self, pilot: Pilot[None], screen: Screen[object], *keys: str) -> None:
        """Pushed, at rest, after these keys."""
        await settle(pilot, self.app)
        self.app.push_screen(screen)
        await settle(pilot, self.app)
        await pilot.press(*keys)
        await settle(pilot, self.app)

    def form(self, initial: LaunchSpec) -> Screen[object]:
        """The form, with models that are here."""
        return LaunchScreen(
            self.control,
            initial,
            None,
            CHOICES,
            self.session.snapshot,
            find_models=marked,
            pause=at_once,
            home="/home/anna",
        )


@LOOKS
def test_the_form(snap_compare: Callable[..., bool], size: tuple[int, int], theme: str) -> None:
    """An Ollama that fits."""
    stage = Stage(theme)

    async def show(pilot: Pilot[None]) -> None:
        await stage.show(pilot, stage.form(LaunchSpec(engine="ollama", model="qwen3:0.6b")))

    assert snap_compare(stage.app, terminal_size=size, run_before=show)


def test_the_form_with_a_wrong_field_and_a_problem(snap_compare: Callable[..., bool]) -> None:
    """Beside each other, where there is most room."""
    stage = Stage("dark")
    spec = LaunchSpec(engine="vllm", model="Qwen/Qwen3-0.6B", lan=True)

    async def show(pilot: Pilot[None]) -> None:
        screen = stage.form(spec)
        await stage.show(pilot, screen)
        assert isinstance(screen, LaunchScreen)
        screen.form.options.fields[1].text = "many"
        await settle(pilot, stage.app)

    assert snap_compare(stage.app, terminal_size=(200, 60), run_before=show)


def test_the_pair(snap_compare: Callable[..., bool]) -> None:
    """One bar for both."""
    stage = Stage("dark")

    async def show(pilot: Pilot[None]) -> None:
        spec = LaunchSpec(engine="ollama", model="qwen3:0.6b")
        await stage.show(pilot, stage.form(spec), "d", "tab")

    assert snap_compare(stage.app, terminal_size=(120, 40), run_before=show)


@LOOKS
def test_the_models(snap_compare: Callable[..., bool], size: tuple[int, int], theme: str) -> None:
    """One wholly on the GPU, one in part, one on disk."""
    stage = Stage(theme)

    async def show(pilot: Pilot[None]) -> None:
        screen = StoreScreen(
            stage.session,
            stage.control,
            OLLAMA_READY.key,
            lambda: 0.0,
            tags=("qwen3:0.6b", "qwen3:8b"),
            wall=lambda: NOW,
            every=3600.0,
        )
        await stage.show(pilot, screen)

    assert snap_compare(stage.app, terminal_size=size, run_before=show)
