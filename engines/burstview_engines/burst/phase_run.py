"""One phase of a run while workers carry it out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from time import monotonic
from typing import assert_never

from burstview_engines.burst import wire
from burstview_engines.burst.crew import Cancelled, Crew, Lost, News, Started
from burstview_engines.burst.health import client_health
from burstview_engines.burst.phase import PhaseWatch
from burstview_engines.burst.schedule import PhasePlan
from burstview_engines.core.events import AnyEvent, Outcome, PhaseFailed, PhaseStarted

Batch = Sequence[AnyEvent]

FIRE_LEAD = 0.01
"""Seconds from the word to the launch: time for it to reach every worker."""
STOP_WITHIN = 0.3
"""Seconds that workers get to end their requests before they are killed."""


class PhaseRun:
    """Iterate `events` once; `ending` then tells whether the run is over with this phase."""

    def __init__(
        self,
        job: wire.Job,
        crew: Crew,
        plan: PhasePlan,
        arrive: Callable[[], Awaitable[float]] | None,
    ) -> None:
        """`arrive` waits for the other bursts of a common start."""
        self.ending: tuple[Outcome, str] | None = None
        self._job = job
        self._crew = crew
        self._plan = plan
        self._arrive = arrive
        self._watch = PhaseWatch(job.run, plan.phase)
        self._shares: dict[int, tuple[int, ...]] = {}
        self._reports: list[wire.PhaseReport] = []
        self._busy: set[int] = set()
        """Workers that have not reported the wave yet."""
        self._stop_by: float | None = None
        """CLOCK_MONOTONIC when workers that were told to stop are killed."""
        self._connections = 0

    async def events(self) -> AsyncGenerator[Batch, None]:
        """The phase's events; afterwards nothing of it is open."""
        is_announced = False
        for wave in self._plan.waves:
            self._deal(wave)
            at = await self._prepared()
            if at is None:
                yield self._abandoned(self._busy) if is_announced else ()
                break
            if not is_announced:
                is_announced = True
                yield (self._announcement(at),)
            self._watch.begin(wave, self._seconds(at))
            self._crew.send_all(self._busy, wire.Fire(at))
            while self._busy:
                yield await self._next_batch()
            if self.ending:
                break
        yield self._closing()

    def _deal(self, wave: tuple[int, ...]) -> None:
        self._shares = self._crew.deal(wave)
        self._busy = set(self._shares)
        self._reports = []
        for worker, ids in self._shares.items():
            self._crew.send(worker, wire.Prepare(self._plan.phase, ids))
        if not self._shares:
            self._end("client-died", "No client process is left; fire again.")

    async def _prepared(self) -> float | None:
        """The launch instant once all workers are ready, None when the run is over instead."""
        unready = set(self._busy)
        self._connections = 0
        while unready and not self.ending:
            match await self._crew.next(None):
                case News(worker, messages):
                    ready = [each for each in messages if isinstance(each, wire.Ready)]
                    self._connections += sum(each.connections for each in ready)
                    unready -= {worker} if ready else set()
                case Lost(worker, reason) if worker in self._busy:
                    self._end("client-died", reason)
                case Cancelled():
                    self._end("cancelled", "Cancelled before it was sent.")
        return None if self.ending else await self._start()

    async def _start(self) -> float | None:
        if self._arrive is None:
            return monotonic() + FIRE_LEAD
        waiting = asyncio.create_task(self._crew.post(self._arrive()))
        try:
            while True:
                match await self._crew.next(None):
                    case Started(at):
                        return at
                    case Lost(worker, reason) if worker in self._busy:
                        self._end("client-died", reason)
                        return None
                    case Cancelled():
                        self._end("cancelled", "Cancelled before it was sent.")
                        return None
        finally:
            waiting.cancel()

    async def _next_batch(self) -> Batch:
        item = await self._crew.next(self._patience())
        match item:
            case News(worker, messages):
                return self._take(worker, messages)
            case Lost(worker, reason):
                if worker not in self._busy:
                    return ()
                self._busy.discard(worker)
                self._end("client-died", reason)
                return self._abandoned({worker})
            case Cancelled():
                self._stop("cancelled", "Cancelled; what was seen until then is kept.")
            case None if self._stop_by is None:
                self._give_up()
            case None if monotonic() >= (self._stop_by or 0.0):
                self._crew.kill(self._busy)
                workers, self._busy = self._busy, set()
                return self._abandoned(workers)
            case Started() | None:
                return ()
            case _:
                assert_never(item)
        return ()

    def _take(self, worker: int, messages: Sequence[wire.Message]) -> Batch:
        events: list[AnyEvent] = []
        for message in messages:
            match message:
                case wire.PhaseReport():
                    self._reports.append(message)
                    self._busy.discard(worker)
                case wire.Ready():
                    continue
                case _:
                    self._watch.see(message)
                    events.append(message)
        return events

    def _patience(self) -> float:
        """Seconds until something has to be done although nothing came."""
        if self._stop_by is not None:
            return max(0.0, self._stop_by - monotonic())
        return max(0.0, self._watch.last_news + self._job.plan.give_up_after - self._now())

    def _give_up(self) -> None:
        silent = self._now() - self._watch.last_news
        if silent < self._job.plan.give_up_after:
            return
        self._stop(
            "gave-up",
            f"Given up: no request got a token for {silent:.3g} s; look at the server's log.",
        )

    def _stop(self, cause: wire.StopCause, reason: str) -> None:
        if self._stop_by is None:
            self._stop_by = monotonic() + STOP_WITHIN
            self._end(cause, reason)
            self._crew.send_all(self._busy, wire.Stop(cause))

    def _end(self, outcome: Outcome, reason: str) -> None:
        """The run is over with this phase; the first reason counts."""
        self.ending = self.ending or (outcome, reason)

    def _abandoned(self, workers: set[int]) -> Batch:
        """Ends of all requests of these workers, since they will tell none."""
        outcome, reason = self.ending or ("client-died", "The client process is gone; fire again.")
        ids = [number for worker in workers for number in self._shares[worker]]
        return self._watch.abandon(ids, self._now(), reason, cancelled=outcome == "cancelled")

    def _closing(self) -> Batch:
        """What there is to say of the whole phase."""
        if self._plan.phase != "burst":
            failures = self._watch.failures
            if not failures or self.ending:
                return ()
            count = f"{len(failures)} of {self._plan.requests} requests failed: {failures[0]}"
            return (
                PhaseFailed(
                    at=self._now(), run=self._job.run, phase=self._plan.phase, reason=count
                ),
            )
        health = client_health(
            at=self._now(),
            run=self._job.run,
            transport=self._job.transport,
            connections=self._connections,
            launches=self._watch.launches(),
            reports=self._reports,
        )
        return (health,) if health else ()

    def _announcement(self, at: float) -> PhaseStarted:
        return PhaseStarted(
            at=self._seconds(at),
            run=self._job.run,
            phase=self._plan.phase,
            requests=self._plan.requests,
        )

    def _seconds(self, at: float) -> float:
        return round(at - self._job.epoch, 6)

    def _now(self) -> float:
        return self._seconds(monotonic())
