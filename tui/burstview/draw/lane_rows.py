"""Lanes as rows of text: one lane a row, two a row in half cells, or a crowd as shares.

Every stage has a glyph of its own, so that the picture reads without colour:
waiting ░, thinking ▒, streaming ▓, done █, stalled ╌; failed ✗ and cancelled ⊘ at the tip.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from burstview import format as say
from burstview.draw.lane import Lane, Piece, Shape, Stage
from burstview.draw.runs import Run, clip

GLYPHS: dict[Stage, str] = {
    "": " ",
    "waiting": "░",
    "thinking": "▒",
    "streaming": "▓",
    "stalled": "╌",
    "done": "█",
    "failed": "▓",
    "cancelled": "▓",
}
FIRST_TOKEN = "┃"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
ACTIVE: tuple[Stage, ...] = ("done", "streaming", "thinking", "failed", "cancelled", "stalled")


def bar(lane: Lane | None) -> tuple[Run, ...]:
    """One lane from the axis' zero to its tip; the first token is marked where there is room."""
    if lane is None:
        return ()
    shape = lane.shape
    runs = [Run(" " * shape.start)] if shape.start else []
    runs += [Run(GLYPHS[stage] * (end - start), stage) for stage, start, end in shape.pieces()]
    return tuple(_with_first_token(runs, shape))


def _with_first_token(runs: list[Run], shape: Shape) -> list[Run]:
    if shape.first <= shape.start or shape.end - shape.first < 2:
        return runs
    marked: list[Run] = []
    for run in runs:
        if run.kind != "waiting" and marked and marked[-1].kind == "waiting":
            marked.append(Run(FIRST_TOKEN, "first-token"))
            run = run._replace(text=run.text[1:])
        if run.text:
            marked.append(run)
    return marked


def bar_label(lane: Lane | None, room: int) -> tuple[Run, ...]:
    """What stands behind the tip: the time, the failure's first words, or the silence."""
    if lane is None or not lane.label or room < 3:
        return ()
    kind = lane.shape.state if lane.shape.state != "done" else "time"
    return (Run(" "), Run(clip(lane.label, room - 1), kind))


def halves(upper: Lane | None, lower: Lane | None) -> tuple[Run, ...]:
    """Two lanes in one row: the upper and the lower half of each cell."""
    above, below = _pieces(upper), _pieces(lower)
    edges = sorted({0, *(edge for _, start, end in (*above, *below) for edge in (start, end))})
    return tuple(
        _half_run(_stage_in(above, start), _stage_in(below, start), end - start)
        for start, end in pairwise(edges)
    )


def _pieces(lane: Lane | None) -> tuple[Piece, ...]:
    return lane.shape.pieces() if lane is not None else ()


def _stage_in(pieces: tuple[Piece, ...], cell: int) -> Stage:
    return next((stage for stage, start, end in pieces if start <= cell < end), "")


def _half_run(above: Stage, below: Stage, cells: int) -> Run:
    if above == below:
        return Run(GLYPHS[above] * cells, above)
    if not below:
        return Run(("⠛" if above == "waiting" else "▀") * cells, above)
    if not above:
        return Run(("⣤" if below == "waiting" else "▄") * cells, below)
    if above == "waiting":
        return Run("▄" * cells, below, above)
    return Run("▀" * cells, above, below)


def crowd(shapes: Iterable[tuple[Shape, int]], of: int) -> tuple[Run, ...]:
    """Many lanes in one row: the height of a cell is the share of the `of` requests not waiting.

    `shapes` come with how many lanes have them. A cell's colour is the commonest stage among those
    not waiting; where all that are there wait, the cell is ░.
    """
    changes: dict[int, list[tuple[Stage, int]]] = {0: []}
    for shape, count in shapes:
        for stage, start, end in shape.pieces():
            changes.setdefault(start, []).append((stage, count))
            changes.setdefault(end, []).append((stage, -count))
    counts: dict[Stage, int] = dict.fromkeys(("waiting", *ACTIVE), 0)
    runs = []
    for cell, until in pairwise(sorted(changes)):
        for stage, change in changes[cell]:
            counts[stage] += change
        runs.append(_crowd_run(counts, of, until - cell))
    return tuple(runs)


def _crowd_run(counts: dict[Stage, int], of: int, cells: int) -> Run:
    waiting = counts["waiting"]
    active = sum(counts.values()) - waiting
    if not active:
        return Run("░" * cells, "waiting") if waiting else Run(" " * cells)
    commonest = max(ACTIVE, key=lambda stage: counts[stage])
    if active >= of:
        return Run(GLYPHS[commonest] * cells, commonest)
    eighth = min(7, max(1, round(8 * active / of)))
    return Run(_EIGHTHS[eighth] * cells, commonest, "waiting" if waiting else "")


def group_label(done: int, failed: int, of: int, latest: float | None) -> str:
    """What became of a row of several: `2/35`, `34/35 ✗1`, `to 1.2 s` once all `of` are done."""
    if done == of:
        return f"to {say.seconds(latest)}"
    if not done and not failed:
        return ""
    return f"{say.count(done)}/{of}" + (f" ✗{failed}" if failed else "")
