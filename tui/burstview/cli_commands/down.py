"""`burstview down`: stop engines and remove their containers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_names import find
from burstview.cli_commands.engine_run import Outcome, carry_out, docker_trouble, say
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import print_json
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.fleet.fleet import Fleet

EXAMPLES = """\b
Examples:
  burstview down vllm                  your vLLM; or by its name, or how that begins
  burstview down --all
  burstview down --keep my-ollama      stop it; the monitor can start it again
  burstview down --volumes my-ollama   with its models
"""
QUESTION = "Remove the volumes, with all models and caches in them, too?"


@click.command(epilog=EXAMPLES)
@click.argument("names", nargs=-1)
@click.option("--all", "takes_all", is_flag=True, help="All engines that you started.")
@click.option("--keep", is_flag=True, help="Stop only: the container stays.")
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
    """Stop engines and remove their containers; volumes with models stay unless asked for.

    Exit status: 0 all are down, 1 some are not, 2 wrong usage, 130 cancelled.
    """
    if bool(names) == takes_all:
        raise click.UsageError("Name the engines, or give --all for all that you started.")
    if keep and volumes:
        raise click.UsageError("--keep and --volumes exclude each other.")
    if volumes and not yes:
        _ask()
    return carry_out(Down(names, keep=keep, volumes=volumes, as_json=as_json), where)


def _ask() -> None:
    """Raises click.Abort unless a person says yes."""
    if not sys.stdin.isatty():
        raise click.UsageError("Give --yes with --volumes where nobody can be asked.")
    click.confirm(QUESTION, abort=True, err=True)


class Down:
    """All at once; an engine that refuses does not keep the others up."""

    cancelled = "cancelled in between: `burstview ps` tells what is still up"
    needs_daemon = True

    def __init__(self, names: Sequence[str], *, keep: bool, volumes: bool, as_json: bool) -> None:
        self._names, self._keep, self._volumes = names, keep, volumes
        self._as_json = as_json
        self._where: str | None = None
        self._trouble: str | None = None
        self._stopped: list[str] = []
        self._removed: list[str] = []
        self._deleted: list[str] = []

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Stop, and remove unless kept. Nothing is done when one of the names is unknown."""
        self._where = fleet.where
        trouble = self._trouble = docker_trouble(fleet, stream)
        board = fleet.hub.board
        keys = list(dict.fromkeys(find(board, name, trouble) for name in self._names))
        if not self._names:
            keys = [engine.key for engine in board if engine.owner == "ours"]
            self._say_trouble(trouble, is_any=bool(keys))
        problems = await asyncio.gather(*(self._stop(fleet, key) for key in keys))
        down = [key for key, problem in zip(keys, problems, strict=True) if problem is None]
        for key in () if self._keep else down:
            problems.append(await self._remove(fleet, key, down))
        told = dict.fromkeys(problem for problem in problems if problem)
        return Outcome(1, " ".join(told)) if told else Outcome()

    def tell(self, outcome: Outcome) -> None:
        """Only the report; what was done was said as it was done."""
        if self._as_json:
            print_json(
                {
                    "where": self._where,
                    "problem": self._trouble,
                    "stopped": self._stopped,
                    "removed": self._removed,
                    "volumes": self._deleted,
                    "error": outcome.error,
                }
            )

    def _say_trouble(self, trouble: str | None, *, is_any: bool) -> None:
        if trouble:
            say(f"warning: containers are left out. {trouble}")
        if not is_any:
            say("Nothing of yours is up.")

    async def _stop(self, fleet: Fleet, key: str) -> str | None:
        """What kept it up."""
        engine = fleet.hub.board.get(key)
        if engine.status in ("stopped", "failed"):
            return None
        if engine.may_change:
            say(f"stopping {engine.name}")
        try:
            await fleet.stop(key)
        except SessionError as refusal:
            return str(refusal)
        self._stopped.append(engine.name)
        say(f"stopped {engine.name}")
        return None

    async def _remove(self, fleet: Fleet, key: str, going: Sequence[str]) -> str | None:
        """What kept it here."""
        if not fleet.hub.board.has(key):
            return None
        engine = fleet.hub.board.get(key)
        try:
            deleted = await fleet.take_down(key, volumes=self._volumes, going=going)
        except SessionError as refusal:
            return str(refusal)
        self._removed.append(engine.name)
        self._deleted += deleted
        say(f"removed {' and '.join((engine.name, *deleted))}")
        return None
