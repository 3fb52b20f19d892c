"""A bar for a share that is done, readable without colour."""

from __future__ import annotations

from burstview.draw.runs import Run, clip, fit

_FULL, _EMPTY = "█", "░"


def bar(fraction: float, cells: int) -> tuple[Run, ...]:
    """`cells` cells; full only when all is done."""
    share = min(1.0, max(0.0, fraction))
    full = cells if share >= 1 else min(cells - 1, int(share * cells))
    runs = (Run(_FULL * full, "full"), Run(_EMPTY * (cells - full), "empty"))
    return tuple(run for run in runs if run.text)


def progress_row(fraction: float | None, words: str, width: int) -> tuple[Run, ...]:
    """` ████░░░░  42%  3 of 7 layers`; without a share the words alone."""
    if fraction is None:
        return fit((Run(" "), Run(clip(words, width - 1), "words")), width)
    cells = max(8, min(40, width // 3))
    percent = Run(f" {min(100, int(fraction * 100)):3d}%  ", "percent")
    rest = width - 1 - cells - len(percent.text)
    return fit((Run(" "), *bar(fraction, cells), percent, Run(clip(words, rest), "words")), width)
