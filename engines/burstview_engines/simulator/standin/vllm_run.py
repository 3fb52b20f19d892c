"""`vllm serve` as a process: its phases, its refusals, its server, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from burstview_engines.simulator.server.driver import Ticket
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.spec import build
from burstview_engines.simulator.standin import vllm_failures as failures
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.hosting import (
    Ending,
    RefusedError,
    allocate,
    bind,
    open_site,
)
from burstview_engines.simulator.standin.log import play, write
from burstview_engines.simulator.standin.vllm_app import Health, application, log_statistics
from burstview_engines.simulator.standin.vllm_arguments import VllmArguments
from burstview_engines.simulator.standin.vllm_log import now, opening, plain, stamped
from burstview_engines.simulator.standin.vllm_start import StartUp
from burstview_engines.simulator.standin.watched_driver import WatchedDriver

DYING = 0.4
"""Seconds between the engine core's death and the API server's end."""
GOODBYE = 0.1
"""Seconds that open answers get when the process is told to end."""


class Vllm:
    """One `vllm serve`."""

    def __init__(
        self, arguments: VllmArguments, environment: Mapping[str, str], demands: Demands
    ) -> None:
        self._arguments = arguments
        self._environment = environment
        self._demands = demands
        self._ending = Ending(ignores_term=demands.ignore_term)
        self._health = Health()
        self._asked = 0
        self._driver: WatchedDriver | None = None
        self._held: list[bytearray] = []

    async def run(self) -> int:
        """The exit status."""
        self._ending.watch_signals()
        host = self._arguments.host or "0.0.0.0"
        start = StartUp(self._arguments, self._environment, self._demands, host)
        await play(opening(self._arguments), 0.0, now)
        try:
            with bind(host, self._arguments.port) as sock:
                if self._demands.fail == "port-taken":
                    raise RefusedError(failures.port_taken())
                if not await self._ending.race(start.run()):
                    return self._ending.status
                served = self._watched(start.served())
                app = application(
                    served,
                    self._arguments.api_keys,
                    self._health,
                    has_access_log=self._arguments.has_access_log,
                )
                runner = await open_site(app, sock, goodbye=GOODBYE)
                write(plain("Application startup complete."), "err")
                await self._serve(served)
                await runner.cleanup()
        except RefusedError as refused:
            return _refuse(refused)
        except OSError:
            return _refuse(RefusedError(failures.port_taken()))
        write(plain("Application shutdown complete."), "err")
        return self._ending.status

    def submitted(self, ticket: Ticket) -> None:
        """Counts requests: one of them may have been chosen to kill the engine."""
        self._asked += 1
        if self._asked == self._demands.crash_on_request:
            self._ending.later(0.0, self._die)

    def seated(self, ticket: Ticket) -> None:
        """vLLM's log says nothing of single requests."""

    def ended(self, ticket: Ticket) -> None:
        """Nor of their ends."""

    def _watched(self, served: Served) -> Served:
        self._driver = WatchedDriver(build(served.spec), self)
        self._driver.loaded = True
        name = self._arguments.names[0] if self._arguments.names else self._arguments.model
        return replace(served, driver=self._driver, model=name)

    async def _serve(self, served: Served) -> None:
        told = asyncio.ensure_future(log_statistics(served)) if self._has_statistics else None
        self._held = await asyncio.to_thread(allocate, self._demands.allocate_mb)
        if self._demands.crash_after is not None:
            self._ending.later(self._demands.crash_after, self._die)
        await self._ending.wait()
        if told is not None:
            told.cancel()
        if self._ending.is_asked:
            for line in failures.stopping():
                write(stamped(line))
            if self._driver is not None:
                self._driver.hang_up()
        write(plain("Shutting down"), "err")
        served.driver.close()

    async def _die(self) -> None:
        """As when the engine core is killed: open streams get an error, later requests a 500."""
        self._health.is_dead = True
        for line in failures.dying():
            write(stamped(line))
        if self._driver is not None:
            self._driver.abandon(failures.DEAD, dies=True)
        await asyncio.sleep(DYING)
        self._ending.end(0)

    @property
    def _has_statistics(self) -> bool:
        return self._arguments.has_stats_log


def _refuse(refused: RefusedError) -> int:
    for line in refused.lines:
        write(stamped(line), "err")
    return 1
