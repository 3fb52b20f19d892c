"""A guess at the shape when no first-token times are known (answers that were not streamed).

Right on 77 % of simulated bursts without a request alone to compare with, 84 to 86 % with one:
always shown as an estimate. Figures and thresholds: docs/verdict.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean, pstdev

TOGETHER_SPREAD = 0.15
"""Ends within this share of the makespan: all together."""
WAVE_GAP = 0.25
"""A gap between ends opens a new wave if it is at least this share of the largest gap."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One answer that came in one piece, in seconds on any one clock."""

    sent: float
    ended: float
    output_tokens: int | None


def at_once(answers: Sequence[Whole], alone: float | None) -> int:
    """About how many of at least two answers were served at once.

    `alone` is the E2E of one request alone, seconds; None if none was sent.
    """
    ends = sorted(answer.ended for answer in answers)
    start = min(answer.sent for answer in answers)
    whole, spread = ends[-1] - start, ends[-1] - ends[0]
    if whole <= 0 or spread < TOGETHER_SPREAD * whole or _ends_follow_lengths(answers, whole):
        return len(answers)
    if alone is not None:
        return _near(alone * (len(answers) - 1) / spread, len(answers))
    return _near(len(answers) / _waves(ends, whole), len(answers))


def _near(seats: float, answers: int) -> int:
    if seats < 1.5:
        return 1
    return answers if seats >= 0.6 * answers else round(seats)


def _waves(ends: Sequence[float], whole: float) -> int:
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    largest = max(gaps)
    if largest <= 0.02 * whole:
        return 1
    return 1 + sum(gap > WAVE_GAP * largest for gap in gaps)


def _ends_follow_lengths(answers: Sequence[Whole], whole: float) -> bool:
    """Longer answers ended later: they ran together and differ in length only."""
    lengths = [answer.output_tokens for answer in answers if answer.output_tokens is not None]
    if len(lengths) < len(answers) or pstdev(lengths) <= 0.1 * fmean(lengths):
        return False
    ends = [answer.ended for answer in answers]
    tolerance = 0.02 * whole
    by_length = _kendall(lengths, ends, tolerance)
    by_order = _kendall(range(len(ends)), ends, tolerance)
    return by_length > 0.7 and by_length > by_order + 0.3


def _kendall(left: Sequence[int], right: Sequence[float], tolerance: float) -> float:
    """Rank correlation, pairs closer than `tolerance` on the right left out."""
    agree = disagree = 0
    for (a, x), (b, y) in combinations(zip(left, right, strict=True), 2):
        if a != b and abs(x - y) > tolerance:
            if (a > b) == (x > y):
                agree += 1
            else:
                disagree += 1
    return (agree - disagree) / (agree + disagree) if agree + disagree else 0.0
