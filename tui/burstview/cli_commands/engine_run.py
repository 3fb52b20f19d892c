"""Runs one command about engines: opens the fleet, obeys signals, closes it again."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burstview.cli_commands.where_options import Where
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CANCELLED = 130
CLOSE_LIMIT = 1.0
"""Seconds that streams get to end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    status: int = 0
    """0 as wished, 1 not, 2 wrong usage, 130 cancelled."""
    error: str | None = None
    """One sentence unless all went its way."""


Job = Callable[["Fleet", "EventStream"], Awaitable[Outcome]]


def carry_out(job: Job, where: Where, *, cancelled: str) -> Outcome:
    """Run it; `cancelled` is what is said after Ctrl-C."""
    return asyncio.run(_Run(job, where, cancelled).outcome())


class _Run:
    def __init__(self, job: Job, where: Where, cancelled: str) -> None:
        self._job, self._where, self._cancelled = job, where, cancelled

    async def outcome(self) -> Outcome:
        """Of the job, or of what kept it from its end."""
        from burstview_engines.fleet.opening import open_fleet
        from burstview_engines.stream import EventStream

        stream = EventStream()
        fleet = open_fleet(context=self._where.context, docker_host=self._where.docker_host)
        task = asyncio.ensure_future(self._work(fleet, stream))
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return Outcome(CANCELLED, self._cancelled)
        except SessionError as refusal:
            return Outcome(1, str(refusal))
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
            await asyncio.wait([asyncio.ensure_future(fleet.close())], timeout=CLOSE_LIMIT)

    async def _work(self, fleet: Fleet, stream: EventStream) -> Outcome:
        await fleet.open(stream)
        return await self._job(fleet, stream)


def say(sentence: str) -> None:
    """A line on stderr; a reader that is gone is nobody to complain to."""
    try:
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
    except OSError:
        return


def find(fleet: Fleet, name: str) -> str:
    """The key of the engine of that name. Raises SessionError that names those there are."""
    engines = list(fleet.hub.board)
    found = [e.key for e in engines if name in (e.name, e.key) or (e.id or "").startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise SessionError(f"{name} means several engines: {', '.join(found)}; name one of them.")
    names = ", ".join(e.name for e in engines) or "none"
    raise SessionError(f"There is no engine {name}; there are: {names}. {fleet.where}")


def finish(outcome: Outcome) -> int:
    """Say the error, if there is one; the exit status."""
    if outcome.error is not None:
        say(f"burstview: {outcome.error}")
    return outcome.status
