"""`burstview logs`: an engine's log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from burstview.cli_commands.engine_names import find
from burstview.cli_commands.engine_run import Outcome, carry_out, docker_trouble
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.control import LogLine

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.control import LogView
    from burstview_engines.fleet.fleet import Fleet

PERIOD = 0.1
KEPT = 200_000
"""Lines that wait for a slow reader; older ones are told as lost."""
GONE = 2.0
"""Seconds after which an engine that was removed is taken not to be replaced."""
EXAMPLES = """\b
Examples:
  burstview logs vllm                  your vLLM; or by its name, or how that begins
  burstview logs -f my-ollama
  burstview logs --tail 100 -t my-ollama
"""


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C, across restarts.")
@click.option(
    "--tail",
    type=click.IntRange(min=0, max=KEPT),
    default=500,
    show_default=True,
    help="Begin with so many lines of the past.",
)
@click.option("--timestamps", "-t", is_flag=True, help="The time (UTC) before each line.")
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
    """Print an engine's log. With --json one object; with --follow too, one object a line.

    Exit status: 0, with --follow when the engine was removed; 1 it cannot be read, 2 wrong usage,
    130 cancelled.
    """
    if follow:
        return carry_out(Following(name, tail=tail, stamps=timestamps, as_json=as_json), where)
    return carry_out(Reading(name, tail=tail, stamps=timestamps, as_json=as_json), where)


class Reading:
    """The last lines, once."""

    cancelled = "cancelled"
    needs_daemon = True

    def __init__(self, name: str, *, tail: int, stamps: bool, as_json: bool) -> None:
        self._name, self._tail = name, tail
        self._stamps, self._as_json = stamps, as_json
        self._where: str | None = None
        self._engine: str | None = None
        self._lines: Sequence[LogLine] = ()

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Returns when it is read."""
        self._where = fleet.where
        key = find(fleet.hub.board, self._name, docker_trouble(fleet, stream))
        self._engine = fleet.hub.board.get(key).name
        self._lines = await fleet.last_lines(key, self._tail)
        return Outcome()

    def tell(self, outcome: Outcome) -> None:
        """The lines, or the report."""
        if self._as_json:
            lines = [_report(line) for line in self._lines]
            print_json(
                {
                    "where": self._where,
                    "engine": self._engine,
                    "lines": lines,
                    "error": outcome.error,
                }
            )
        elif self._lines:
            print_text("\n".join(_text(line, stamps=self._stamps) for line in self._lines))


class Following:
    """The last lines and all that come, until it is removed."""

    cancelled = None
    needs_daemon = True

    def __init__(self, name: str, *, tail: int, stamps: bool, as_json: bool) -> None:
        self._name, self._tail = name, tail
        self._stamps, self._as_json = stamps, as_json
        self._is_read = True
        """Somebody reads what is printed."""

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Returns when it is gone for good, or nobody reads any more."""
        key = find(fleet.hub.board, self._name, docker_trouble(fleet, stream))
        container, after = fleet.hub.board.get(key).id, await self._newest(fleet, key)
        view, seen = await fleet.log(key, tail=max(1, self._tail), kept=KEPT), 0
        while self._is_read and await _is_there(fleet, key):
            seen = self._take(view, seen, after)
            now = fleet.hub.board.get(key).id
            if now != container and fleet.hub.board.get(key).place == "container":
                self._print([LogLine(seen + 1, "", "— another container took its place —", True)])
                container, seen, after = now, 0, ""
                view = await fleet.log(key, tail=KEPT, kept=KEPT)
            await asyncio.sleep(PERIOD)
        self._take(view, seen, after)
        return Outcome()

    def tell(self, outcome: Outcome) -> None:
        """All was printed as it came; an error is the last object."""
        if self._as_json and outcome.error is not None:
            print_text(msgspec.json.encode({"error": outcome.error}).decode())

    async def _newest(self, fleet: Fleet, key: str) -> str:
        """The stamp up to which lines are left out: of all that are there, where none is wanted."""
        lines = await fleet.last_lines(key, 1) if self._tail == 0 else ()
        return lines[-1].stamp if lines else ""

    def _take(self, view: LogView, seen: int, after: str) -> int:
        """Print what is new; the number of the newest line."""
        fresh = view.since(seen)
        if not fresh:
            return seen
        lost = fresh[0].number - seen - 1
        if lost:
            self._print([LogLine(seen + 1, "", f"— {lost:,} lines came too fast —", True)])
        self._print([line for line in fresh if line.stamp > after or line.is_remark])
        return fresh[-1].number

    def _print(self, lines: Sequence[LogLine]) -> None:
        write = _json if self._as_json else self._plain
        if lines and self._is_read:
            self._is_read = print_text("\n".join(write(line) for line in lines))

    def _plain(self, line: LogLine) -> str:
        return _text(line, stamps=self._stamps)


async def _is_there(fleet: Fleet, key: str) -> bool:
    """One that is replaced is away for a moment."""
    until = time.monotonic() + GONE
    while not fleet.hub.board.has(key):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(PERIOD)
    return True


def _text(line: LogLine, *, stamps: bool) -> str:
    return f"{line.stamp} {line.text}" if stamps and line.stamp else line.text


def _json(line: LogLine) -> str:
    return msgspec.json.encode(_report(line)).decode()


def _report(line: LogLine) -> Json:
    return {
        "number": line.number,
        "stamp": line.stamp or None,
        "text": line.text,
        "remark": line.is_remark,
    }
