"""What was found before a start, the worst first, as rows that wrap."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from burstview.draw.runs import Run, clip, fit

Row = tuple[Run, ...]
MARKS = {"problem": "✗", "warning": "⚠", "note": "·", "ok": "✓"}
"""The worst first."""
_WORD = max(len(word) for word in MARKS) + 1
_NAME = 9


class Found(NamedTuple):
    """One finding."""

    name: str
    level: str
    sentence: str
    step: str = ""


def finding_rows(findings: Sequence[Found], width: int) -> list[Row]:
    """`✗ problem  port     Port 8000 is taken.` and below it what to do."""
    rank = {level: at for at, level in enumerate(MARKS)}
    ordered = sorted(findings, key=lambda found: rank.get(found.level, len(rank)))
    return [row for found in ordered for row in _rows(found, width)]


def _rows(found: Found, width: int) -> list[Row]:
    mark = MARKS.get(found.level, "?")
    lead = (
        Run(f" {mark} {found.level:<{_WORD}}", found.level),
        Run(f"{clip(found.name, _NAME - 1):<{_NAME}}", "name"),
    )
    start = sum(cell_len(run.text) for run in lead)
    room = max(16, width - start - 1)
    if found.level == "ok":
        return [fit((*lead, Run(clip(found.sentence, room), "words")), width)]
    lines = [Run(line, "words") for line in wrap(found.sentence, room) or [""]]
    lines += [Run(line, "step") for line in _step(found.step, room)]
    first, *others = lines
    indent = Run(" " * start)
    return [fit((*lead, first), width), *(fit((indent, line), width) for line in others)]


def _step(step: str, room: int) -> list[str]:
    lines = wrap(step, room - 2)
    return [f"→ {line}" if not at else f"  {line}" for at, line in enumerate(lines)]
