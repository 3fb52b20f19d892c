"""How many requests were served at once, seen from outside: who started late?

A request is *late* if its first token came at or after another answer had ended, or just before it
after a pause (the network shifts stamps by milliseconds). Thresholds and evidence: docs/verdict.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

SUSTAINED = 0.10
"""A depth counts if it was held for this share of the time any answer was in mid-generation."""
REAL_ANSWER = 0.10
"""An end counts as the first if its answer decoded for this share of the median time."""
NEAR_THE_END = 0.25
"""A start so close before the first end may be late, in durations of the answer that ended."""
AFTER_A_PAUSE = 0.5
"""... and is late if no other began for so many such durations before it."""


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
    largest_gap: float
    """Longest time between two neighbouring first tokens of early ones, seconds."""
    pause: float | None
    """Seconds from the last early first token to the first late one; None without a late one."""
    median_decode: float
    """Seconds from first to last token."""
    share: float
    """1 - waiting / outstanding, both summed over time from the burst's first token on."""


def figures(answers: Sequence[Answer]) -> Figures:
    """The figures of at least one answer; raises ValueError of none."""
    decode = median(answer.last - answer.first for answer in answers)
    starts = sorted(answer.first for answer in answers)
    early = _early(starts, _first_to_end(answers, decode))
    depths = _time_at_depth(answers)
    return Figures(
        answered=len(answers),
        early=early,
        late=len(answers) - early,
        peak=max(depths, default=1),
        sustained=_sustained(depths),
        spread=starts[early - 1] - starts[0],
        largest_gap=max((b - a for a, b in pairwise(starts[:early])), default=0.0),
        pause=starts[early] - starts[early - 1] if early < len(starts) else None,
        median_decode=decode,
        share=_share(answers),
    )


def _first_to_end(answers: Sequence[Answer], decode: float) -> Answer | None:
    real = [a for a in answers if not a.is_open and a.last - a.first >= REAL_ANSWER * decode]
    return min(real, key=lambda answer: answer.last, default=None)


def _early(starts: Sequence[float], ended: Answer | None) -> int:
    """How many of the sorted starts were before the first end; at least one, the ended one's."""
    if ended is None:
        return len(starts)
    early = max(1, bisect_left(starts, ended.last))
    duration = ended.last - ended.first
    near = bisect_left(starts, ended.last - NEAR_THE_END * duration, hi=early)
    for number in range(max(1, near), early):
        if starts[number] - starts[number - 1] > AFTER_A_PAUSE * duration:
            return number
    return early


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
