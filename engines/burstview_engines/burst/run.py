"""One run: warm-up, a few requests alone, the burst; carried out by worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from os import environ as environment
from time import monotonic

from burstview_engines.burst import wire
from burstview_engines.burst.crew import Cancelled, Crew, Item
from burstview_engines.burst.endpoint import route
from burstview_engines.burst.phase_run import Batch, PhaseRun
from burstview_engines.burst.schedule import PhasePlan, schedule
from burstview_engines.burst.start_line import StartLine
from burstview_engines.burst.supervisor import Reserve, usable_cores, workers_for
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import Outcome, RunEnded, RunStarted
from burstview_engines.core.plan import BurstPlan


class Run:
    """Iterate `events` once; `cancel` may be called at any time, from the same event loop."""

    def __init__(
        self,
        *,
        run: int,
        backend: Backend,
        plan: BurstPlan,
        epoch: float,
        warm_up_needed: bool = True,
        duel: int | None = None,
        contended: bool = False,
        api_key_env: str | None = None,
        start_line: StartLine | None = None,
        reserve: Reserve | None = None,
        environ: Mapping[str, str] = environment,
    ) -> None:
        """`epoch` is CLOCK_MONOTONIC at session second 0. Raises EndpointError on a bad URL."""
        transport, proxy = route(backend.url, environ)
        self._job = wire.Job(
            run=run,
            backend=backend,
            plan=plan,
            epoch=epoch,
            transport=transport,
            proxy=proxy,
            api_key_env=api_key_env,
        )
        self._phases = schedule(backend, plan, warm_up_needed=warm_up_needed)
        self._duel = duel
        self._contended = contended
        self._start_line = start_line
        self._reserve = reserve
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._ending: tuple[Outcome, str | None] = ("done", None)
        self.worker_pids: tuple[int, ...] = ()
        """Process ids of the workers, once they run."""

    def cancel(self) -> None:
        """End the run; what was seen stays."""
        self._items.put_nowait(Cancelled())

    async def events(self) -> AsyncGenerator[Batch, None]:
        """All events of the run in batches, from `RunStarted` to `RunEnded`.

        All workers are gone when the iteration is over. Who leaves it early must close it.
        """
        job = self._job
        yield (
            RunStarted(
                at=self._now(),
                run=job.run,
                backend=job.backend.key,
                plan=job.plan,
                duel=self._duel,
                contended=self._contended,
            ),
        )
        try:
            async with aclosing(self._carried_out()) as batches:
                async for batch in batches:
                    if batch:
                        yield batch
        finally:
            self._leave_start_line()
        outcome, reason = self._ending
        yield (RunEnded(at=self._now(), run=job.run, outcome=outcome, reason=reason),)

    async def _carried_out(self) -> AsyncGenerator[Batch, None]:
        wanted = workers_for(self._job.plan.concurrency, usable_cores())
        try:
            crew = await Crew.start(wanted, self._job, self._reserve, self._items)
        except OSError as error:
            self._ending = "client-died", f"No client process could be started: {error.strerror}."
            return
        self.worker_pids = crew.pids
        try:
            for plan in self._phases:
                phase = PhaseRun(self._job, crew, plan, self._arrival(plan))
                async with aclosing(phase.events()) as batches:
                    async for batch in batches:
                        yield batch
                if phase.ending:
                    self._ending = phase.ending
                    break
        finally:
            await crew.close()

    def _arrival(self, plan: PhasePlan) -> Callable[[], Awaitable[float]] | None:
        """Only bursts start together."""
        line = self._start_line if plan.phase == "burst" else None
        if line is None:
            return None

        async def arrive() -> float:
            self._start_line = None
            return await line.arrive()

        return arrive

    def _leave_start_line(self) -> None:
        """A run that never came to its burst keeps nobody waiting."""
        if self._start_line is not None:
            self._start_line.leave()
            self._start_line = None

    def _now(self) -> float:
        return round(monotonic() - self._job.epoch, 6)
