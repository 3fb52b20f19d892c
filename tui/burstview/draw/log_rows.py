"""One row of a log: its time, its text, and what was searched for in it."""

from __future__ import annotations

from collections.abc import Iterable

from burstview.draw.runs import Run

STAMP_CELLS = 13
"""`10:00:00.123 `."""


def short_stamp(stamp: str) -> str:
    """`10:00:00.123` of an RFC 3339 stamp, as it is (UTC); empty of anything else."""
    clock = stamp[11:23]
    return clock if stamp[10:11] == "T" and len(clock) == 12 else stamp[11:19]


def log_row(
    text: str, spans: Iterable[tuple[int, int]], kind: str, found: str, stamp: str | None = None
) -> tuple[Run, ...]:
    """`kind` of the text, `found` of its `spans`; a stamp of None takes no room."""
    runs = [] if stamp is None else [Run(f"{stamp:<{STAMP_CELLS}}", "stamp")]
    at = 0
    for start, end in spans:
        runs += [Run(text[at:start], kind), Run(text[start:end], found)]
        at = end
    runs.append(Run(text[at:], kind))
    return tuple(run for run in runs if run.text)
