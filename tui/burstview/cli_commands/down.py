"""`burstview down`: stop engines and remove their containers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    find,
    finish,
    say,
)
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import print_json
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "takes_all", is_flag=True, help="All engines that you started.")
@click.option("--keep", is_flag=True, help="Stop only; the container stays and can be started.")
@click.option("--volumes", is_flag=True, help="Remove their volumes too: models and caches go.")
@click.option("--yes", is_flag=True, help="Do not ask before volumes are removed.")
@where_options
@JSON
def down(
    *,
    names: Sequence[str],
    takes_all: bool,
    keep: bool,
    volumes: bool,
    yes: bool,
    where: Where,
    as_json: bool,
) -> int:
    """Stop engines and remove their containers; volumes with models stay unless asked for."""
    if bool(names) == takes_all:
        raise click.UsageError("Name the engines, or give --all for all that you started.")
    if keep and volumes:
        raise click.UsageError("--keep and --volumes exclude each other.")
    if volumes and not yes:
        click.confirm("Remove the volumes with models and caches too?", abort=True, err=True)
    work = _Down(names, keep=keep, volumes=volumes)
    outcome = carry_out(work.run, where, cancelled="cancelled in between")
    if as_json:
        print_json({"stopped": work.stopped, "removed": work.removed, "error": outcome.error})
    return finish(outcome)


class _Down:
    """One after the other; an engine that refuses does not keep the others up."""

    def __init__(self, names: Sequence[str], *, keep: bool, volumes: bool) -> None:
        self._names, self._keep, self._volumes = names, keep, volumes
        self.stopped: list[str] = []
        self.removed: list[str] = []

    async def run(self, fleet: Fleet, stream: EventStream) -> Outcome:
        """Stop, and remove unless kept."""
        problems = []
        keys = [find(fleet, name) for name in self._names]
        for key in keys or [engine.key for engine in fleet.hub.board if engine.owner == "ours"]:
            try:
                await self._one(fleet, key)
            except SessionError as refusal:
                problems.append(str(refusal))
        return Outcome(1, " ".join(problems)) if problems else Outcome()

    async def _one(self, fleet: Fleet, key: str) -> None:
        engine = fleet.hub.board.get(key)
        if engine.status not in ("stopped", "failed"):
            say(f"stopping {engine.name}")
            await fleet.stop(key)
            self.stopped.append(engine.name)
        if not self._keep:
            await fleet.remove(key, volumes=self._volumes)
            say(f"removed {engine.name}")
            self.removed.append(engine.name)
