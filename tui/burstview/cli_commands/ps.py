"""`burstview ps`: the engines of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from burstview import format as say
from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    finish,
)
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burstview_engines.core.views import EngineView
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

SETTLE = 3.0
"""Seconds that running engines get to answer at their HTTP."""


@click.command()
@where_options
@JSON
def ps(*, where: Where, as_json: bool) -> int:
    """List the engines in containers and local processes, ours and others'."""
    seen: list[EngineView] = []
    place: list[str] = []

    async def look(fleet: Fleet, stream: EventStream) -> Outcome:
        await fleet.settle(SETTLE)
        seen.extend(stream.fold.snapshot().engines)
        place.append(fleet.where)
        return Outcome()

    outcome = carry_out(look, where, cancelled="cancelled")
    if as_json:
        print_json(_report(seen, place, outcome))
    elif outcome.error is None:
        print_text("\n".join(_lines(seen, place)))
    return finish(outcome)


def _report(seen: Sequence[EngineView], place: Sequence[str], outcome: Outcome) -> Json:
    from burstview_engines.core.engine_report import engine_report

    return {
        "where": place[0] if place else None,
        "engines": [engine_report(view) for view in seen],
        "error": outcome.error,
    }


def _lines(seen: Sequence[EngineView], place: Sequence[str]) -> list[str]:
    """A table, the place first."""
    head = ("NAME", "ENGINE", "STATUS", "OWNER", "URL", "MODEL", "CPU", "MEMORY")
    rows = [head, *(_row(view) for view in seen)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    table = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [*place, *(table if seen else ["No engine is here; `burstview up ENGINE` starts one."])]


def _row(view: EngineView) -> tuple[str, ...]:
    engine, usage = view.engine, view.usage
    status = engine.status + (" (SIMULATED)" if engine.simulated else "")
    url = (engine.url or say.UNKNOWN) + (" LAN" if engine.lan else "")
    cpu = say.percent(usage.cpu_percent if usage else None)
    memory = say.size(usage.memory_bytes if usage else None)
    owner = engine.who if engine.owner == "theirs" and engine.who else engine.owner
    model = engine.model or say.UNKNOWN
    return engine.name, engine.engine, status, owner, url, model, cpu, memory
