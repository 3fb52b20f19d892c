"""How many requests were served at once, seen from outside: who started late?

A request is *late* if its first token came at or after another answer had ended. Figures,
thresholds and the evidence for them: docs/verdict.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SUSTAINED = 0.10
"""A depth counts if it was held for this share of the time any answer was in mid-generation."""
REAL_ANSWER = 0.10
"""An end counts as the first if its answer decoded for this share of the median time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request of a burst, in seconds on any one clock."""

    sent: float
    first: float
    """First token."""
    last: float
    """Last token; for one that is still streaming, now."""
    is_open: bool = False
    """Still streaming."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the verdict rests on."""

    answered: int
    early: int
    """First token before any answer had ended."""
    late: int
    peak: int
    """Most in mid-generation at any moment."""
    sustained: int
    """Most in mid-generation for at least a tenth of the decoding time."""
    spread: float
    """Seconds between the early ones' first and last first token."""
    median_decode: float
    """Seconds from first to last token."""
    share: float
    """1 - waiting / outstanding, both summed over time from the burst's first token on."""


def figures(answers: Sequence[Answer]) -> Figures:
    """The figures of at least one answer; raises ValueError of none."""
    decode = median(answer.last - answer.first for answer in answers)
    first_end = _first_end(answers, decode)
    early = sorted(answer.first for answer in answers if answer.first < first_end)
    depths = _time_at_depth(answers)
    return Figures(
        answered=len(answers),
        early=len(early),
        late=len(answers) - len(early),
        peak=max(depths, default=1),
        sustained=_sustained(depths),
        spread=early[-1] - early[0] if early else 0.0,
        median_decode=decode,
        share=_share(answers),
    )


def _first_end(answers: Sequence[Answer], decode: float) -> float:
    ends = [a.last for a in answers if not a.is_open and a.last - a.first >= REAL_ANSWER * decode]
    return min(ends, default=float("inf"))


def _time_at_depth(answers: Sequence[Answer]) -> dict[int, float]:
    """Seconds spent with exactly so many answers in mid-generation, for depths above 0."""
    edges = sorted([(a.first, 1) for a in answers] + [(a.last, -1) for a in answers])
    seconds: dict[int, float] = {}
    depth, since = 0, 0.0
    for moment, change in edges:
        if depth > 0:
            seconds[depth] = seconds.get(depth, 0.0) + moment - since
        depth, since = depth + change, moment
    return seconds


def _sustained(seconds: dict[int, float]) -> int:
    threshold, above = SUSTAINED * sum(seconds.values()), 0.0
    for depth in sorted(seconds, reverse=True):
        above += seconds[depth]
        if above >= threshold > 0:
            return depth
    return 1


def _share(answers: Sequence[Answer]) -> float:
    start = min(answer.first for answer in answers)
    waiting = sum(max(0.0, a.first - max(a.sent, start)) for a in answers)
    outstanding = sum(max(0.0, a.last - max(a.sent, start)) for a in answers)
    return 1 - waiting / outstanding if outstanding > 0 else 1.0
