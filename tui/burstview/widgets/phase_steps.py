"""How far a start is: its steps, and the progress of the present one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.reactive import reactive

from burstview.draw.progress import progress_row
from burstview.draw.steps import Step, ladder, rail
from burstview.widgets.rows import Row, Rows


class PhaseSteps(Rows):
    """A ladder, or one line where there is no room for it; nothing without steps."""

    PREFIX = "phase-steps"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "phase-steps--done",
        "phase-steps--now",
        "phase-steps--left",
        "phase-steps--failed",
        "phase-steps--stalled",
    }
    DEFAULT_CSS = """
    PhaseSteps {
        height: auto;
        width: 1fr;
        &.-empty { display: none; }
        & > .phase-steps--done { color: $success; }
        & > .phase-steps--now { color: $accent; text-style: bold; }
        & > .phase-steps--left { color: $text-muted; }
        & > .phase-steps--failed { color: $error; text-style: bold; }
        & > .phase-steps--stalled { color: $warning; text-style: bold; }
    }
    """

    steps: reactive[tuple[Step, ...]] = reactive[tuple[Step, ...]]((), repaint=False)
    """All steps of the start in their order."""
    is_rail: reactive[bool] = reactive(False, repaint=False)
    """One line instead of a ladder."""

    def picture(self, width: int) -> Sequence[Row]:
        """The ladder or the line."""
        if not self.steps:
            return ()
        return (rail(self.steps, width),) if self.is_rail else ladder(self.steps, width)

    def watch_steps(self, steps: tuple[Step, ...]) -> None:
        """Draw what changed."""
        self.set_class(not steps, "-empty")
        self.redraw()

    def watch_is_rail(self) -> None:
        """Draw anew."""
        self.redraw()


class Progress(Rows):
    """The share of the present phase and its words; nothing where neither is known."""

    PREFIX = "progress"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "progress--full",
        "progress--empty",
        "progress--percent",
        "progress--words",
    }
    DEFAULT_CSS = """
    Progress {
        height: auto;
        width: 1fr;
        & > .progress--full { color: $accent; }
        & > .progress--empty { color: $text-muted; }
        & > .progress--percent { text-style: bold; }
    }
    """

    fraction: reactive[float | None] = reactive[float | None](None, repaint=False)
    """0 to 1; None where nothing tells."""
    words: reactive[str] = reactive("", repaint=False)
    """`3 of 7 layers, 1.2 of 4.0 GB`."""

    def picture(self, width: int) -> Sequence[Row]:
        """One row, or none."""
        if self.fraction is None and not self.words:
            return ()
        return (progress_row(self.fraction, self.words, width),)

    def watch_fraction(self) -> None:
        """Draw what changed."""
        self.redraw()

    def watch_words(self) -> None:
        """Draw what changed."""
        self.redraw()
