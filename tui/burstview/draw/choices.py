"""One of a few in one line: all of them where there is room, else the chosen one alone."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from burstview.draw.runs import Run, clip, fit

CHOSEN, OTHER = "●", "○"
_GAP = 3


def choices_row(labels: Sequence[str], at: int, width: int) -> tuple[Run, ...]:
    """`● Ollama   ○ vLLM`; in little room `‹ f16 › 2 of 8`."""
    if not labels:
        return fit((), width)
    if _length(labels) > width:
        place = f" {at + 1} of {len(labels)}"
        place = place if cell_len(labels[at]) + 4 + len(place) <= width else ""
        label = clip(labels[at], max(1, width - 4))
        row = (Run("‹ ", "arrow"), Run(label, "chosen"), Run(" ›", "arrow"), Run(place, "other"))
        return fit(row, width)
    runs: list[Run] = []
    for number, label in enumerate(labels):
        is_chosen = number == at
        runs += [Run(" " * _GAP)] if number else []
        runs.append(
            Run(f"{CHOSEN if is_chosen else OTHER} {label}", "chosen" if is_chosen else "other")
        )
    return fit(runs, width)


def choice_at(labels: Sequence[str], at: int, width: int, x: int) -> int | None:
    """The choice that a click on column `x` means; in little room the next, or at `‹` the one
    before."""
    if _length(labels) > width:
        return (at + (-1 if x < 2 else 1)) % len(labels) if labels else None
    left = 0
    for number, label in enumerate(labels):
        right = left + 2 + cell_len(label)
        if left <= x < right:
            return number
        left = right + _GAP
    return None


def _length(labels: Sequence[str]) -> int:
    return sum(2 + cell_len(label) for label in labels) + _GAP * (len(labels) - 1)
