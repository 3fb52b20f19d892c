"""Runs one command about engines: opens the fleet, obeys signals, closes it again."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from burstview.cli_commands.where_options import Where
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.core.managed import Failure
    from burstview_engines.fleet.fleet import Fleet

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CANCELLED = 130
FIRST_LOOK = 10.0
"""Seconds that a daemon gets to list its containers: one behind ssh needs some."""
CLOSE_LIMIT = 1.0
"""Seconds that streams get to end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    status: int = 0
    """0 as wished, 1 not, 2 wrong usage, 130 cancelled."""
    error: str | None = None
    """One sentence unless all went its way."""
    failure: Failure | None = None
    """The same in parts, where the world is to blame."""


class Errand(Protocol):
    """What a command does with engines."""

    @property
    def cancelled(self) -> str | None:
        """What is said after a signal."""

    @property
    def needs_daemon(self) -> bool:
        """A daemon that was named and does not answer ends it."""

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Do it. Cancelled, it leaves nothing half-made. May raise SessionError."""

    def tell(self, outcome: Outcome) -> None:
        """Print what became of it; called once, whatever happened."""


def carry_out(errand: Errand, where: Where) -> int:
    """Run it and tell it; the exit status."""
    run = _Run(errand, where)
    try:
        return asyncio.run(run.status())
    except KeyboardInterrupt:
        if run.told is None:
            raise
        return run.told


class _Run:
    def __init__(self, errand: Errand, where: Where) -> None:
        self._errand, self._where = errand, where
        self._task: asyncio.Task[Outcome] | None = None
        self.told: int | None = None
        """The exit status, once all was told: a signal after that changes nothing."""

    async def status(self) -> int:
        """Signals are heard until all is told: only the first one counts."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._cancel)
        outcome = await self._outcome()
        self._errand.tell(outcome)
        if outcome.error is not None:
            say(f"burstview: {outcome.error}")
        self.told = outcome.status
        return outcome.status

    async def _outcome(self) -> Outcome:
        """Of the errand, or of what kept it from its end."""
        from burstview_engines.fleet.side import LaunchFailed, WrongWish

        try:
            self._task = asyncio.ensure_future(self._work())
            return await self._task
        except asyncio.CancelledError:
            return Outcome(CANCELLED, self._errand.cancelled)
        except WrongWish as refusal:
            return Outcome(2, str(refusal))
        except LaunchFailed as refusal:
            return Outcome(1, str(refusal), refusal.failure)
        except SessionError as refusal:
            return Outcome(1, str(refusal))

    def _cancel(self) -> None:
        """Once: what is being undone must not be cut short."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _work(self) -> Outcome:
        from burstview.cli_commands.heard import HeardStream
        from burstview_engines.fleet.opening import open_fleet
        from burstview_engines.models.pair_table import PAIRS
        from burstview_engines.models.pairs import extended

        fleet = open_fleet(
            context=self._where.context,
            docker_host=self._where.docker_host,
            read_only=self._where.read_only,
            pairs=extended(self._where.config.models, PAIRS),
            is_quiet=True,
            first_look=FIRST_LOOK,
        )
        stream = HeardStream()
        try:
            await fleet.open(stream)
            if self._errand.needs_daemon:
                self._check(fleet, stream)
            return await self._errand.run(fleet, stream)
        finally:
            await asyncio.wait([asyncio.ensure_future(fleet.close())], timeout=CLOSE_LIMIT)

    def _check(self, fleet: Fleet, stream: HeardStream) -> None:
        """A daemon that was named is there and answers."""
        from burstview_engines.fleet.side import WrongWish

        if not self._where.is_named:
            return
        if "container" not in fleet.sides:
            raise WrongWish(fleet.where)
        if trouble := docker_trouble(fleet, stream):
            raise SessionError(trouble)


def docker_trouble(fleet: Fleet, stream: HeardStream) -> str | None:
    """Why containers are not known, one sentence; None where they are, or Docker was left out."""
    from burstview_engines.fleet.opening import LEFT_OUT

    if "container" not in fleet.sides:
        return None if fleet.where == LEFT_OUT else fleet.where
    seen = stream.fold.snapshot().docker
    if seen is None:
        return f"Docker does not answer at {fleet.where}; see `docker info`."
    return seen.problem


def say(sentence: str) -> None:
    """A line on stderr; a reader that is gone is nobody to complain to."""
    try:
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
    except OSError:
        return
