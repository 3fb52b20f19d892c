"""Steps in order, as one line that keeps the present one in sight, or as a ladder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len

from burstview.draw.runs import Run, fit

StepState = Literal["done", "now", "left", "failed", "stalled"]
GLYPHS: dict[StepState, str] = {
    "done": "✓",
    "now": "▸",
    "left": "·",
    "failed": "✗",
    "stalled": "‖",
}
_NEXT = " › "


class Step(NamedTuple):
    """One step and how far it is."""

    words: str
    state: StepState


def ladder(steps: Sequence[Step], width: int) -> tuple[tuple[Run, ...], ...]:
    """A row for each step in `width` cells."""
    return tuple(fit((Run(" "), _run(step)), width) for step in steps)


def rail(steps: Sequence[Step], width: int) -> tuple[Run, ...]:
    """All steps in one row; where they do not fit, those around the present one."""
    if not steps:
        return fit((), width)
    first, last = _window(steps, width - 3)
    runs: list[Run] = [Run("…" if first else " ", "left")]
    for number in range(first, last):
        runs += [Run(_NEXT, "left")] if number > first else []
        runs.append(_run(steps[number]))
    runs += [Run(" …", "left")] if last < len(steps) else []
    return fit(runs, width)


def _run(step: Step) -> Run:
    return Run(f"{GLYPHS[step.state]} {step.words}", step.state)


def _window(steps: Sequence[Step], width: int) -> tuple[int, int]:
    """Steps from the present one outward as long as they fit; what comes next goes first."""
    at = next((i for i, step in enumerate(steps) if step.state not in ("done", "left")), 0)
    first, last = at, at + 1
    room = width - _cells(steps[at])
    while True:
        after = _cells(steps[last]) + len(_NEXT) if last < len(steps) else width
        before = _cells(steps[first - 1]) + len(_NEXT) if first else width
        is_after_due = last - at <= at - first + 1
        if after <= room and (is_after_due or before > room):
            last, room = last + 1, room - after
        elif before <= room:
            first, room = first - 1, room - before
        elif after <= room:
            last, room = last + 1, room - after
        else:
            return first, last


def _cells(step: Step) -> int:
    return cell_len(step.words) + 2
