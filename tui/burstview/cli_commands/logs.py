"""`burstview logs`: an engine's log."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    find,
    finish,
)
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json
from burstview.cli_commands.where_options import Where, where_options

if TYPE_CHECKING:
    from burstview_engines.control import LogLine
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

PERIOD = 0.1
QUIET = 0.5
"""Seconds without a new line after which a log that is not followed is taken as read."""


@click.command()
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C, across restarts.")
@click.option("--tail", type=click.IntRange(min=0), default=500, show_default=True)
@click.option("--timestamps", "-t", is_flag=True, help="The daemon's time before each line.")
@where_options
@JSON
def logs(
    *,
    name: str,
    follow: bool,
    tail: int,
    timestamps: bool,
    where: Where,
    as_json: bool,
) -> int:
    """Print an engine's log. With --json one object; with --follow too, one object a line."""
    reading = _Reading(name, follow=follow, tail=tail, stamps=timestamps, as_json=as_json)
    outcome = carry_out(reading.run, where, cancelled="cancelled")
    if follow and outcome.error == "cancelled":
        outcome = Outcome()
    if as_json and not follow:
        print_json({"engine": name, "lines": reading.lines, "error": outcome.error})
    elif as_json and outcome.error is not None:
        _write(msgspec.json.encode({"error": outcome.error}).decode())
    return finish(outcome)


class _Reading:
    """One log, from its last lines on."""

    def __init__(self, name: str, *, follow: bool, tail: int, stamps: bool, as_json: bool) -> None:
        self._name, self._follow, self._tail = name, follow, tail
        self._stamps, self._as_json = stamps, as_json
        self.lines: list[Json] = []
        self._is_gone = False

    async def run(self, fleet: Fleet, stream: EventStream) -> Outcome:
        """Until it is read, or for ever."""
        view = await fleet.log(find(fleet, self._name))
        seen, quiet = 0, 0.0
        while quiet < QUIET or (self._follow and not self._is_gone):
            fresh = view.since(seen)
            quiet = 0.0 if fresh else quiet + PERIOD
            if fresh:
                self._take(fresh[-self._tail :] if seen == 0 and self._tail else fresh)
                seen = fresh[-1].number
            await asyncio.sleep(PERIOD)
        return Outcome()

    def _take(self, fresh: tuple[LogLine, ...]) -> None:
        if self._as_json and not self._follow:
            self.lines.extend(_line(line) for line in fresh)
            return
        for line in fresh:
            self._is_gone = not _write(self._text(line))

    def _text(self, line: LogLine) -> str:
        if self._as_json:
            return msgspec.json.encode(_line(line)).decode()
        return f"{line.stamp} {line.text}" if self._stamps and line.stamp else line.text


def _line(line: LogLine) -> Json:
    return {
        "number": line.number,
        "stamp": line.stamp or None,
        "text": line.text,
        "remark": line.is_remark,
    }


def _write(text: str) -> bool:
    """False when nobody reads any more."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True
