"""One worker process: prepares, fires and reports the phases of one run, as its parent commands."""

from __future__ import annotations

import asyncio
import gc
from time import process_time, sleep
from typing import assert_never

from burstview_engines.burst.bodies import path, prompt_text, request_body
from burstview_engines.burst.carrier import Carrier
from burstview_engines.burst.dialect import ResponseReader
from burstview_engines.burst.endpoint import Endpoint
from burstview_engines.burst.exchange import Exchange
from burstview_engines.burst.loop_lag import LoopLag
from burstview_engines.burst.outbox import Outbox, now
from burstview_engines.burst.request import request_bytes
from burstview_engines.burst.wire import Command, Fire, Job, PhaseReport, Prepare, Ready, Stop
from burstview_engines.core.plan import Phase

LEAD = 0.002
"""Seconds before a launch that are waited through off the event loop: its timers are coarse."""


class Worker:
    """Owns the requests of the phase in progress; one phase at a time."""

    def __init__(
        self, job: Job, target: Endpoint, fields: dict[str, str], carrier: Carrier, outbox: Outbox
    ) -> None:
        self._job = job
        self._path = path(job.backend, job.plan)
        self._fields = fields
        self._carrier = carrier
        self._outbox = outbox
        self._lag = LoopLag()
        self._exchanges: list[Exchange] = []
        self._open = 0
        self._launch: asyncio.TimerHandle | None = None
        self._is_reported = True
        self._before = (0, 0, 0.0)

    async def obey(self, command: Command) -> None:
        """Do what the parent wants; what comes of it goes out through the outbox."""
        match command:
            case Prepare(phase, ids):
                await self._prepare(phase, ids)
            case Fire(at):
                self._fire(at)
            case Stop():
                self._stop(command)
            case _:
                assert_never(command)

    async def close(self) -> None:
        """Close all connections."""
        self._lag.stop()
        await self._carrier.close()

    async def _prepare(self, phase: Phase, ids: tuple[int, ...]) -> None:
        self._exchanges = [self._exchange(phase, number) for number in ids]
        self._open = len(ids)
        self._is_reported = False
        connections = await self._carrier.prepare(self._exchanges)
        gc.collect()
        gc.freeze()
        gc.disable()
        self._outbox.put(Ready(connections))
        self._outbox.flush()

    def _exchange(self, phase: Phase, number: int) -> Exchange:
        backend, plan = self._job.backend, self._job.plan
        body = request_body(backend, plan, phase, number)
        is_raw = self._job.transport == "own"
        return Exchange(
            phase=phase,
            id=number,
            prompt=prompt_text(plan, phase, number),
            request=request_bytes(self._path, self._fields, body) if is_raw else body,
            reader=ResponseReader(backend, plan, plan.stream),
            outbox=self._outbox,
            on_end=self._count_down,
        )

    def _fire(self, at: float) -> None:
        for exchange in self._exchanges:
            exchange.intended = at
        self._before = (self._carrier.reads, self._outbox.chunks, process_time())
        loop = asyncio.get_running_loop()
        self._launch = loop.call_later(max(0.0, at - now() - LEAD), self._launch_at, at)

    def _launch_at(self, at: float) -> None:
        self._launch = None
        self._lag.start()
        sleep(max(0.0, at - now()))
        self._carrier.launch()

    def _stop(self, command: Stop) -> None:
        if self._launch is not None:
            self._launch.cancel()
            self._launch = None
        at = now()
        for exchange in self._exchanges:
            exchange.end(at, command.cause)
        self._carrier.drop()

    def _count_down(self) -> None:
        self._open -= 1
        if self._open == 0 and not self._is_reported:
            self._is_reported = True
            asyncio.get_running_loop().call_soon(self._report)

    def _report(self) -> None:
        self._lag.stop()
        reads, chunks, cpu = self._before
        self._outbox.put(
            PhaseReport(
                loop_lag_p95=self._lag.p95,
                loop_lag_max=self._lag.longest,
                reads=self._carrier.reads - reads,
                chunks=self._outbox.chunks - chunks,
                cpu=process_time() - cpu,
            )
        )
        self._outbox.flush()
        gc.enable()
