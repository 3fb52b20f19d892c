"""A screen on which a start is checked before it may be begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events, on
from textual.geometry import Size
from textual.screen import ScreenResultType
from textual.widgets import Button, Input
from textual.worker import Worker, WorkerState

from burstview.launch_words import Verdict
from burstview.messages import Complaint
from burstview.widgets.chooser import Chooser
from burstview.widgets.diff_screen import DiffScreen
from burstview.widgets.field import Field
from burstview.widgets.launch_check import LaunchCheck

DEBOUNCE = 0.3
"""Seconds without a key after which a start is checked anew."""
READ_ONLY = "Nothing can be started: this session is read-only."
Pause = Callable[[], Awaitable[None]]
COPIED = (
    "Copied, if this terminal lets programs use the clipboard (OSC 52); else select it with the"
    " mouse. Secrets are masked."
)


async def rest() -> None:
    """Until a person paused typing."""
    await asyncio.sleep(DEBOUNCE)


class CheckingScreen(DiffScreen[ScreenResultType]):
    """What is found stands in a LaunchCheck, beside the form or below it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = Field.STYLES | Chooser.STYLES
    DEFAULT_CSS = """
    CheckingScreen {
        & > .field--label { color: $muted-text; }
        & > .field--note { color: $muted-text; }
        & > .field--label-focused { color: $accent; text-style: bold; }
        & > .field--label-wrong { color: $error; text-style: bold; }
        & > .field--wrong { color: $error; text-style: bold; }
        & > .field--warned { color: $warning; text-style: bold; }
        & > .chooser--chosen { color: $primary; text-style: bold; }
        & > .chooser--focused { color: $accent; text-style: bold underline; }
        & > .chooser--other { color: $muted-text; }
        & > .chooser--arrow { color: $accent; }
    }
    CheckingScreen #launch-body { height: 1fr; width: 1fr; layout: vertical; }
    CheckingScreen #launch-left { height: 1fr; width: 1fr; }
    CheckingScreen LaunchCheck { height: 48%; }
    CheckingScreen.-narrow LaunchCheck { height: 9; }
    CheckingScreen.-narrow #launch-bar { display: none; }
    CheckingScreen.-wide #launch-body { layout: horizontal; }
    CheckingScreen.-wide #launch-left { width: 55%; }
    CheckingScreen.-wide LaunchCheck { height: 1fr; border-left: solid $panel; }
    """

    @on(events.Resize)
    def fit(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.put_shape(event.size)

    def put_shape(self, size: Size, *, update: bool = True) -> None:
        """By a terminal's size; whoever composes puts it first, so that nothing is styled twice."""
        self.set_class(size.width < 100 or size.height < 32, "-narrow", update=update)
        self.set_class(size.width >= 160, "-wide", update=update)

    @property
    def found(self) -> LaunchCheck:
        """Where it is told."""
        return self.query_one(LaunchCheck)

    def say(self, verdict: Verdict) -> None:
        """Whether it can be started."""
        self.found.put_verdict(verdict)

    def action_accept(self) -> None:
        """Start it, if nothing speaks against it."""
        raise NotImplementedError

    def action_pair(self) -> None:
        """Not every screen can."""

    def action_back(self) -> None:
        """Start nothing."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """The commands, into the terminal's clipboard."""
        if self.found.commands:
            self.app.copy_to_clipboard("\n".join(self.found.commands))
            self.notify(COPIED, markup=False)

    def action_page(self, direction: int) -> None:
        """Scroll what was found."""
        self.found.page(direction)

    @on(Input.Submitted)
    def enter(self) -> None:
        """Enter goes to the next field: a start takes minutes and is not begun by mistake."""
        self.focus_next()

    @on(Button.Pressed)
    async def press(self, event: Button.Pressed) -> None:
        """The same as the key that the button names."""
        actions = {"launch-do": "accept", "launch-pair": "pair", "launch-back": "back"}
        await self.run_action(f"screen.{actions[event.button.id or '']}")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that broke says so instead of vanishing."""
        if event.state is WorkerState.ERROR:
            self.post_message(Complaint(f"{event.worker.name} failed: {event.worker.error}"))
