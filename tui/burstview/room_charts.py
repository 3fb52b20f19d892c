"""The charts of the engine room: what is drawn over time, on which scale. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from burstview import format as say
from burstview.draw.room_rows import Over
from burstview.draw.time_rows import Chart, nice_top
from burstview.draw.track import Line
from burstview.engine_figures import counted, preempted
from burstview.room_scene import Scene

Say = Callable[[float], str]


class Tops(NamedTuple):
    """The ends of the scales, the same for both sides."""

    requests: float
    tokens_a_pass: float
    prompt_rate: float
    output_rate: float


def tops(scenes: Sequence[Scene]) -> Tops:
    """Requests up to the plan's, or to the most that was seen; rates to a round number."""
    tracks = [scene.track for scene in scenes]
    plans = [scene.run.plan.concurrency for scene in scenes]
    lines = [line for track in tracks for line in (track.running, track.waiting)]
    requests = max([*plans, *(line.most or 0 for line in lines)], default=1)
    tokens = [track.batch.most or 0 for track in tracks if track.batch_is_tokens]
    return Tops(
        float(requests),
        nice_top(max(tokens, default=0)),
        nice_top(max((track.prompt_rate.most or 0 for track in tracks), default=0)),
        nice_top(max((track.output_rate.most or 0 for track in tracks), default=0)),
    )


def over(scene: Scene, ends: Tops, cursor: float | None) -> Over:
    """The side's charts; with a cursor at second `cursor`, the values there."""
    axis = scene.memory.axis
    cell = None if cursor is None else min(axis.cells - 1, axis.cell(cursor))
    pushed = preempted(scene.memory.totals, counted(scene.samples, scene.zero))
    words = say.UNKNOWN if pushed is None else f"{pushed:,}×"
    return Over(axis, scene.track, _charts(scene, ends, cell), cell, words)


def _charts(scene: Scene, ends: Tops, cell: int | None) -> tuple[Chart, ...]:
    track = scene.track
    batch = "tokens/pass" if track.batch_is_tokens else "batch"
    batch_top = ends.tokens_a_pass if track.batch_is_tokens else ends.requests
    totals = scene.memory.totals
    drawn = _chart(batch, track.batch, batch_top, "batch", cell)
    if cell is None and totals.passes:  # a cell is a mean of passes: its highest is not the most
        drawn = drawn._replace(value=f"mean {_number(totals.rows / totals.passes)}")
    return (
        _chart("running", track.running, ends.requests, "running", cell),
        _chart("waiting", track.waiting, ends.requests, "waiting", cell),
        drawn,
        _chart("KV cache", track.kv, 1.0, "kv", cell, _percent),
        _chart("in tok/s", track.prompt_rate, ends.prompt_rate, "tokens", cell),
        _chart("out tok/s", track.output_rate, ends.output_rate, "tokens", cell),
    )


def _chart(
    name: str, line: Line, top: float, kind: str, cell: int | None, words: Say | None = None
) -> Chart:
    say_it = words or _number
    if cell is not None:
        value = line.values[cell]
        shown = say.UNKNOWN if value is None else f"▲ {say_it(value)}"
    else:
        shown = say.UNKNOWN if line.most is None else f"max {say_it(line.most)}"
    return Chart(name, line, top, _top(top) if words is None else words(top), kind, shown)


def _top(value: float) -> str:
    """`16`, `500`, `20k`: the ends of scales are whole numbers."""
    return f"{value / 1000:.0f}k" if value >= 1000 and value % 1000 == 0 else f"{value:,.0f}"


def _number(value: float) -> str:
    if value >= 99_950:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"


def _percent(value: float) -> str:
    percent = 100 * value
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"
