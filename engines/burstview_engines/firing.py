"""Fires bursts for a session: run numbers, tags, warm-ups, turns, and the end of it all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from burstview_engines.burst.endpoint import EndpointError, endpoint
from burstview_engines.burst.run import Run
from burstview_engines.burst.start_line import StartLine
from burstview_engines.burst.supervisor import Reserve
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    PhaseStarted,
    RequestEnded,
    RunEnded,
    RunStarted,
)
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.views import RunView
from burstview_engines.duel import decide
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream
from burstview_engines.warmth import Warmth


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to fire at."""

    backend: Backend
    api_key_env: str | None = None
    problem: str | None = None
    """Why nothing can be sent to it, in one sentence."""


def first_tag(wall: float) -> int:
    """Number of the first burst's tag: another one every second, so that a server that was fired
    at before has none of the prompts in its prefix cache."""
    return 10_000 + int(wall) % 90_000


class Firing:
    """All runs of a session, in the order they began."""

    def __init__(self, stream: EventStream, first_tag: int, keeps_spare: bool = False) -> None:
        """`keeps_spare`: start another worker ahead after each burst; a next one will come."""
        self._keeps_spare = keeps_spare
        self._stream = stream
        self._first_tag = first_tag
        self._runs = 0
        self._duels = 0
        self._warmth = Warmth()
        self._reserve = Reserve()
        self._under_way: dict[int, Run] = {}
        self._busy: set[str] = set()
        self._is_cancelled = False
        self._is_closed = False

    @property
    def busy(self) -> frozenset[str]:
        """Keys of the backends that are fired at, or will be in their turn."""
        return frozenset(self._busy)

    def prepare(self) -> None:
        """Start a worker ahead, so that the next burst need not wait for an interpreter."""
        if not self._is_closed:
            self._reserve.refill()

    def forget(self, key: str) -> None:
        """The backend was away: it needs a warm-up again."""
        self._warmth.forget(key)

    async def fire(
        self, targets: Sequence[Target], plan: BurstPlan, order: Order
    ) -> tuple[int, ...]:
        """One run for each target; returns their numbers when all have ended."""
        keys = {target.backend.key for target in targets}
        if self._busy & keys:
            raise SessionError("A burst is in progress; wait for its end or cancel it.")
        self._busy |= keys
        self._is_cancelled = False
        try:
            return await self._fire(targets, plan, order)
        finally:
            self._busy -= keys
            if self._keeps_spare:
                self.prepare()

    def cancel(self) -> None:
        """End what is under way; what has not begun is not begun."""
        self._is_cancelled = True
        for run in self._under_way.values():
            run.cancel()

    async def close(self) -> None:
        """Cancel, and end the worker that was started ahead; none is started any more."""
        self._is_closed = True
        self.cancel()
        await self._reserve.close()

    def fire_nothing(self, target: Target, plan: BurstPlan, duel: int | None = None) -> int:
        """A run in which no request could be sent, for the same reason."""
        run, at, backend = self._next_run(), self._stream.now(), target.backend
        plan = self._tagged(plan, run)
        reason = target.problem or f"{backend.name} cannot be reached"
        events: list[AnyEvent] = [
            RunStarted(at=at, run=run, backend=backend.key, plan=plan, duel=duel),
            PhaseStarted(at=at, run=run, phase="burst", requests=plan.concurrency),
        ]
        events += (
            RequestEnded(at=at, run=run, phase="burst", id=number, error=reason)
            for number in range(1, plan.concurrency + 1)
        )
        self._stream.put(*events, RunEnded(at=at, run=run, outcome="done", reason=reason))
        return run

    async def _fire(
        self, targets: Sequence[Target], plan: BurstPlan, order: Order
    ) -> tuple[int, ...]:
        targets = [checked(target) for target in targets]
        if len(targets) == 1:
            return (await self._one(targets[0], plan),)
        self._duels += 1
        decision = decide([target.backend for target in targets], order)
        self._stream.notice(decision.sentence)
        if decision.together:
            return await self._together(targets, plan, decision.contended)
        return await self._in_turns(targets, plan)

    async def _in_turns(self, targets: Sequence[Target], plan: BurstPlan) -> tuple[int, ...]:
        duel, runs = self._duels, list[int]()
        for target in targets:
            if self._is_cancelled:
                break
            runs.append(await self._one(target, plan, duel))
        return tuple(runs)

    async def _together(
        self, targets: Sequence[Target], plan: BurstPlan, contended: bool
    ) -> tuple[int, ...]:
        line = StartLine(sum(target.problem is None for target in targets))
        duel = self._duels
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._one(target, plan, duel, contended, line))
                for target in targets
            ]
        return tuple(task.result() for task in tasks)

    async def _one(
        self,
        target: Target,
        plan: BurstPlan,
        duel: int | None = None,
        contended: bool = False,
        start_line: StartLine | None = None,
    ) -> int:
        if target.problem is not None:
            return self.fire_nothing(target, plan, duel)
        number, backend = self._next_run(), target.backend
        plan = self._tagged(plan, number)
        run = Run(
            run=number,
            backend=backend,
            plan=plan,
            epoch=self._stream.epoch,
            warm_up_needed=self._warmth.needs_warm_up(backend, plan, self._stream.now()),
            duel=duel,
            contended=contended,
            api_key_env=target.api_key_env,
            start_line=start_line,
            reserve=self._reserve,
        )
        await self._carry_out(number, run)
        self._remember(backend, plan, number)
        return number

    async def _carry_out(self, number: int, run: Run) -> None:
        self._under_way[number] = run
        try:
            async with aclosing(run.events()) as batches:
                async for batch in batches:
                    self._stream.put(*batch)
        finally:
            del self._under_way[number]

    def _remember(self, backend: Backend, plan: BurstPlan, number: int) -> None:
        view = self._stream.fold.snapshot().run(number)
        if view is not None and was_answered(view):
            self._warmth.warmed(backend, plan, self._stream.now())
        elif view is not None and view.outcome != "cancelled":
            self._warmth.forget(backend.key)

    def _next_run(self) -> int:
        self._runs += 1
        return self._runs

    def _tagged(self, plan: BurstPlan, run: int) -> BurstPlan:
        return msgspec.structs.replace(plan, tag=f"b{self._first_tag + run - 1}")


def checked(target: Target) -> Target:
    """The target, with a problem when its URL is none that a request could be sent to."""
    try:
        endpoint(target.backend.url)
    except EndpointError as mistake:
        return replace(target, problem=target.problem or str(mistake))
    return target


def was_answered(run: RunView) -> bool:
    """Whether every request of the burst got its answer: only then the engine is surely warm."""
    return bool(run.requests) and all(request.state == "done" for request in run.requests)
