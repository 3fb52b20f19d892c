"""`burstview gpu`: the GPUs, who is on them, and the machine, without a screen."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import msgspec

from burstview import __version__
from burstview.cli_commands.engine_run import Outcome, carry_out
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.core.events import AnyEvent
    from burstview_engines.core.views import Snapshot
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.probes.probe import MakeProbe

FIRST_LOOK = 3.0
"""Seconds that the driver gets to answer for the first time."""
SETTLE = 1.2
"""Seconds in which rates and processes get known: both need two looks."""
NO_ANSWER = "The GPU driver does not answer; see whether `nvidia-smi` does."
OFTEN = 1.0
"""Seconds between two looks below which the probes look as often as in a burst."""
LEAST_EVERY = 0.1
WIDTH = 120
"""Of text that does not go to a terminal."""
EXAMPLES = """\b
Examples:
  burstview gpu
  burstview gpu --every 1
  burstview gpu --every 0.5 --count 20 --json
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--every",
    type=click.FloatRange(min=LEAST_EVERY),
    metavar="S",
    help="Again and again, with so many seconds between two looks, until Ctrl-C.",
)
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="With --every: so many looks."
)
@where_options
@JSON
def gpu(*, every: float | None, count: int | None, where: Where, as_json: bool) -> int:
    """Tell all about GPUs, the processes on them with their engines, and the machine.

    With --json one object; with --every too, one object a line.

    Exit status: 0; 1 there is no GPU to look at (the machine is told all the same), 2 wrong usage,
    130 cancelled.
    """
    if count is not None and every is None:
        raise click.UsageError("--count needs --every.")
    return carry_out(Looking(every, count, as_json=as_json), where)


def real_probes() -> tuple[MakeProbe, ...]:
    """What is looked at; imports what the looks need."""
    from burstview_engines.probes.gpu import gpu_probe
    from burstview_engines.probes.host import host_probe

    return (gpu_probe, host_probe)


class Looking:
    """One look, or looks until nobody wants more."""

    needs_daemon = False

    def __init__(
        self,
        every: float | None,
        count: int | None,
        *,
        as_json: bool,
        probes: Callable[[], Sequence[MakeProbe]] = real_probes,
        patience: float = FIRST_LOOK,
    ) -> None:
        """`patience`: seconds for the driver's first answer."""
        self._every, self._left = every, count if every is not None else 1
        self._as_json, self._probes, self._patience = as_json, probes, patience
        self._report: Json | None = None
        self._is_read = True
        """Somebody reads what is printed."""

    @property
    def cancelled(self) -> str | None:
        """Looks that go on until Ctrl-C end with it as they should."""
        return None if self._every is not None else "cancelled"

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Returns after the last look."""
        loop = asyncio.get_running_loop()
        stream.begin(f"burstview {__version__}", time.time())

        def deliver(events: Sequence[AnyEvent]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                loop.call_soon_threadsafe(stream.put, *events)

        probes = [make(stream.now, deliver) for make in self._probes()]
        for probe in probes:
            probe.start()
            if self._every is not None and self._every < OFTEN:
                probe.hurry(is_on=True)
        try:
            return await self._look(fleet, stream)
        finally:
            for probe in probes:
                probe.stop()

    async def _look(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        await asyncio.gather(
            _first(stream, self._patience), fleet.settle(SETTLE), asyncio.sleep(SETTLE)
        )
        while True:
            snapshot = stream.fold.snapshot(stream.now())
            problem = NO_ANSWER if snapshot.gpu is None else snapshot.gpu.problem
            self._tell_look(snapshot, stream, problem)
            if self._left is not None:
                self._left -= 1
            if self._left == 0 or not self._is_read or self._every is None:
                return Outcome(1, problem) if problem else Outcome()
            await asyncio.sleep(self._every)

    def tell(self, outcome: Outcome) -> None:
        """All was told look by look; of a single one in JSON the object holds the error."""
        if not self._as_json:
            return
        if self._every is None:
            from burstview.cli_commands.reports import EMPTY

            print_json((self._report or EMPTY["gpu"]) | {"error": outcome.error})
        elif outcome.error is not None and self._report is None:
            print_text(msgspec.json.encode({"error": outcome.error}).decode())

    def _tell_look(self, snapshot: Snapshot, stream: HeardStream, problem: str | None) -> None:
        if self._as_json:
            self._tell_json(snapshot, stream, problem)
            return
        from burstview.cli_commands.gpu_text import gpu_lines

        width = shutil.get_terminal_size((WIDTH, 24)).columns
        lines = gpu_lines(snapshot, stream.fold.started, width)
        if self._every is not None:
            lines += [f" {problem}", ""] if problem else [""]
        self._is_read = print_text("\n".join(lines))

    def _tell_json(self, snapshot: Snapshot, stream: HeardStream, problem: str | None) -> None:
        from burstview.cli_commands.gpu_text import wall_stamp
        from burstview_engines.core.gpu_report import machine_report

        started = stream.fold.started
        wall = started.wall + snapshot.now - started.at if started is not None else time.time()
        self._report = {"stamp": wall_stamp(wall)} | machine_report(snapshot)
        if self._every is not None:
            line = self._report | {"error": problem}
            self._is_read = print_text(msgspec.json.encode(line).decode())


async def _first(stream: HeardStream, patience: float) -> None:
    """Until GPUs and machine were looked at, or the driver had its time."""
    heard = asyncio.Event()
    stream.on_event = lambda event: heard.set()
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while not _is_seen(stream.fold.snapshot()):
                heard.clear()
                await heard.wait()


def _is_seen(snapshot: Snapshot) -> bool:
    if snapshot.gpu is None or snapshot.host is None:
        return False
    return not snapshot.gpu.gpus or (
        snapshot.gpu_facts is not None and snapshot.gpu_processes is not None
    )
