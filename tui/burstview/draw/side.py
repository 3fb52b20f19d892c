"""One side of the picture: a run at a moment, laid out as rows of lanes under a heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.axis import Axis, axis_line, nice_span
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.views import RequestView, RunView

LABEL_CELLS = 10
"""Room behind the axis for the time of a lane that reaches its end."""
Detail = Literal["auto", "lanes"]
"""`auto` shows every request at once, however small; `lanes` gives each a row and scrolls."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one side draws."""

    run: RunView | None = None
    moment: float = 0.0
    """Second of the run's own axis that is drawn; negative before it began."""
    name: str = ""
    verdict: str = ""
    """Said behind the name: verdict, gain, or what the side is waiting for."""
    settled: bool = True
    """False while the run is under way: the axis then grows in fewer, larger jumps."""


class Layout(NamedTuple):
    """How the requests of a side are put into rows."""

    requests: int
    per_row: int
    rows: int
    """Rows that would show all of them; more than fit only in detail `lanes`."""
    number_cells: int


def zero_of(run: RunView) -> tuple[float, tuple[RequestView, ...]]:
    """Session second of the axis' zero, and the requests drawn: the newest phase's."""
    if run.burst_started is not None:
        return run.burst_started, run.requests
    shown = run.alone if run.phase == "alone" else run.warm_up
    return (shown[0].intended if shown else run.started), shown


def expected(side: Side) -> int:
    """How many lanes there will be: the plan's, so that rows stay put while requests are sent."""
    if side.run is None:
        return 0
    count = len(zero_of(side.run)[1])
    return count if side.run.burst_started is None else max(count, side.run.plan.concurrency)


def moment_of(run: RunView | None, now: float) -> float:
    """Where the run stands on its own axis at session second `now`; it stops when the run ends."""
    if run is None:
        return 0.0
    return (min(now, run.ended) if run.ended is not None else now) - zero_of(run)[0]


def reach(side: Side) -> float:
    """The last second the side has anything to draw at, as far as is known."""
    if side.run is None:
        return 0.0
    zero, requests = zero_of(side.run)
    ends = [one.ended or one.last_token or zero for one in requests]
    last = max(ends, default=zero) - zero
    return last if side.settled else max(last, side.moment)


def spans(sides: tuple[Side, ...], own: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(window of each side, how many times it is wider than the side's other choice).

    The common window holds every side; an own one holds just its side. The factor is what is gained
    by an own axis, whichever is drawn; nothing where there is nothing to draw.
    """
    reaches = [reach(side) for side in sides]
    common = nice_span(max(reaches, default=0.0), not all(side.settled for side in sides))
    owns = [nice_span(end, not side.settled) for side, end in zip(sides, reaches, strict=True)]
    chosen = tuple(owns) if own else (common,) * len(sides)
    gained = [common / own if end > 0 else 1.0 for own, end in zip(owns, reaches, strict=True)]
    return chosen, tuple(gained)


def axis_note(gained: float, own: bool) -> str:
    """What the axis line adds: how much wider the side is, or could be, on an axis of its own."""
    if gained < 1.05:
        return ""
    return f"own axis {say.factor(gained)}" if own else f"z own axis {say.factor(gained)}"


def layout(requests: int, rows: int, detail: Detail) -> Layout:
    """One request a row if they fit or `lanes` is asked for, else two, else as many as needed."""
    per_row = 1
    if detail == "auto" and requests > rows:
        per_row = 2 if requests <= 2 * rows else -(-requests // max(1, rows))
    digits = max(2, len(str(requests)))
    number_cells = digits if per_row <= 2 else 2 * digits + 1
    return Layout(requests, per_row, -(-requests // per_row), number_cells)


def axis_cells(width: int, number_cells: int) -> int:
    """Cells of a side `width` wide that are left for the axis."""
    return max(4, width - number_cells - 2 - LABEL_CELLS)


def heading(side: Side, plan: Layout, first_row: int, rows: int, width: int) -> tuple[Run, ...]:
    """Name, verdict, and the truth about how much of the run is on screen."""
    truth = showing(plan, first_row, rows)
    name = clip(side.name, max(0, width - 2))
    room = width - cell_len(name) - 4
    said = clip(" ".join(part for part in (_phase(side), side.verdict) if part), room)
    room -= cell_len(said)
    runs = [Run(" "), Run(name, "name"), Run("  "), Run(said, "verdict"), Run(" ")]
    tail = f" {truth} " if truth and cell_len(truth) + 2 <= room else ""
    return fit((*runs, Run("─" * (room - len(tail)), "rule"), Run(tail, "truth")), width)


def _phase(side: Side) -> str:
    run = side.run
    if run is None or run.burst_started is not None or run.phase is None:
        return ""
    return "warming up" if run.phase == "warm_up" else "one request alone"


def showing(plan: Layout, first_row: int, rows: int) -> str:
    """`2 a row`, or `showing 17–48 of 1,024` when not all are on screen."""
    if plan.rows > rows:
        last = min(plan.requests, (first_row + rows) * plan.per_row)
        first = first_row * plan.per_row + 1
        return f"showing {say.count(first)}–{say.count(last)} of {say.count(plan.requests)}"
    if plan.per_row == 1:
        return ""
    return f"{say.count(plan.requests)}, {plan.per_row} a row"


def footing(axis: Axis, plan: Layout, note: str, width: int) -> tuple[Run, ...]:
    """The axis line under the lanes, with the note about another axis at its right end."""
    lead = plan.number_cells + 2
    text = axis_line(axis, max(0, width - lead))
    tail = f" {note}" if note else ""
    if tail and len(tail) < len(text):
        text = _keep_whole_labels(text, len(text) - len(tail))
    return fit((Run("─" * lead, "rule"), Run(text, "axis"), Run(tail, "note")), width)


def _keep_whole_labels(text: str, cells: int) -> str:
    """`text` cut to `cells`, with a label cut in half replaced by the rule."""
    kept = text[:cells]
    if text[cells : cells + 1] == "─" or kept.endswith("─"):
        return kept
    whole = kept.rfind("─") + 1
    return kept[:whole] + "─" * (cells - whole)
