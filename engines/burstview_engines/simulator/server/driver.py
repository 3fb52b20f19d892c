"""Drives a pure step model in real time and hands its tokens to the open answers.

One timer a step, against absolute deadlines: a late step never shifts the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from burstview_engines.simulator.engine import Inside, Job, Step, StepModel
from burstview_engines.simulator.server.load import BusyMeter
from burstview_engines.simulator.server.statistics import Statistics
from burstview_engines.simulator.server.step_log import StepLog

EARLY = 0.0005
"""Event loops round timers to a millisecond: a wake-up this early counts as on time."""
MOST_STEPS = 32
"""Steps caught up on in one wake-up before sockets get their turn."""


class Sink(Protocol):
    """Where one request's tokens go. Called from the event loop; must not block."""

    def start(self) -> None:
        """The request got its seat."""

    def take(self, tokens: int, ticket: Ticket) -> None:
        """So many more tokens; `ticket.ended` is set with the last of them."""

    def fail(self, reason: str) -> None:
        """The engine gave the request up, in its own words."""


@dataclass(slots=True)
class Ticket:
    """One request's place in the engine. Times are points on the driver's clock."""

    job: Job
    sink: Sink
    started: float | None = None
    first: float | None = None
    ended: float | None = None
    done: int = 0
    """Tokens so far."""


class Driver:
    """Owns one step model. `waiting` and `running` are right at any moment, within a step too."""

    def __init__(self, model: StepModel, clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting: OrderedDict[int, Ticket] = OrderedDict()
        self.running: OrderedDict[int, Ticket] = OrderedDict()
        self.statistics = Statistics()
        self.step_log = StepLog()
        self.loaded = False
        """Whether the model is in memory; set with the first step, if not before."""
        self._model = model
        self._clock = clock
        self._meter = BusyMeter()
        self._step: Step | None = None
        self._begun = 0.0
        self._newest = 0.0
        self._next_id = 0
        self._wake_up: asyncio.Handle | None = None
        self._due: dict[int, tuple[Ticket, int]] = {}
        self._failed: list[tuple[Ticket, str]] = []

    def submit(self, prompt_tokens: int, output_tokens: int, sink: Sink) -> Ticket:
        """Queue a request that arrives now.

        Those that one read of the sockets brought arrive together: parsing them one after the
        other is this process's time, not the simulated engine's.
        """
        is_leaving_idle = self._step is None and self._wake_up is not None
        if not is_leaving_idle:
            self._newest = max(self._newest, self._clock())
        self._next_id += 1
        job = Job(self._next_id, self._newest, prompt_tokens, output_tokens)
        ticket = Ticket(job, sink)
        self._model.submit(job)
        self.waiting[job.id] = ticket
        if self._step is None and self._wake_up is None:
            self._wake_up = asyncio.get_running_loop().call_soon(self._leave_idle)
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """The client left; ended tickets are ignored."""
        job_id = ticket.job.id
        self.waiting.pop(job_id, None)
        self.running.pop(job_id, None)
        self._due.pop(job_id, None)
        if ticket.ended is None:
            self._model.cancel(job_id)

    def close(self) -> None:
        """Stop stepping; open answers get no more tokens."""
        if self._wake_up is not None:
            self._wake_up.cancel()
            self._wake_up = None

    def utilisation(self) -> float:
        """Percent of the last second that the simulated GPU computed."""
        now = self._clock()
        if self._step is None:
            return self._meter.percent(now)
        before = self._meter.percent(now)
        share = max(0.0, min(now, self._ends) - max(self._begun, now - 1.0))
        return min(100.0, before + 100.0 * share * self._step.gpu_busy)

    @property
    def kv_used_tokens(self) -> int:
        """KV cells held in the step under way; 0 when idle."""
        return self._model.kv_held_tokens

    def inside(self) -> Inside:
        """Who holds them."""
        return self._model.inside()

    @property
    def _ends(self) -> float:
        return self._begun + (self._step.duration if self._step else 0.0)

    def _leave_idle(self) -> None:
        """Requests that one read of the sockets brought begin together."""
        self._wake_up = None
        if self.waiting:
            self._begin(self._newest)
            self._arm()

    def _begin(self, now: float) -> None:
        self._begun = now
        self._step = step = self._model.step(now)
        if step is None:
            return
        for job_id in step.preempted:
            if ticket := self.running.pop(job_id, None):
                self.waiting[job_id] = ticket
                self.waiting.move_to_end(job_id, last=False)
        while len(self.running) < step.running and self.waiting:
            job_id, ticket = self.waiting.popitem(last=False)
            self.running[job_id] = ticket
            if ticket.started is None:
                ticket.started = now
                ticket.sink.start()

    def _wake(self) -> None:
        self._wake_up = None
        now = self._clock() + EARLY
        for _ in range(MOST_STEPS):
            if self._step is None or self._ends > now:
                break
            self._end(self._step, self._ends)
            self._begin(self._ends)
        self._hand_out()
        self._arm()

    def _arm(self) -> None:
        if self._step is None or self._wake_up is not None:
            return
        loop = asyncio.get_running_loop()
        delay = self._ends - self._clock()
        if delay <= 0:
            self._wake_up = loop.call_soon(self._wake)
        else:
            self._wake_up = loop.call_later(delay, self._wake)

    def _end(self, step: Step, now: float) -> None:
        self.loaded = True
        self._meter.add(self._begun, now, step.gpu_busy)
        prompts = self.statistics.prompt_tokens
        for job_id in step.tokens:
            if ticket := self._seated(job_id, now):
                if ticket.first is None:
                    self._give_first(ticket, now)
                ticket.done += 1
                self._due[job_id] = (ticket, self._due.get(job_id, (ticket, 0))[1] + 1)
        self._count(step, now, self.statistics.prompt_tokens - prompts)
        for job_id in step.finished:
            if ticket := self.running.pop(job_id, None):
                self._finish(ticket, now)
        for job_id, reason in step.failed:
            ticket = self.running.pop(job_id, None) or self.waiting.pop(job_id, None)
            if ticket is not None:
                ticket.ended = now
                self._failed.append((ticket, reason))

    def _seated(self, job_id: int, now: float) -> Ticket | None:
        """The ticket of a job that got a token: whatever the count said, it has a seat."""
        ticket = self.running.get(job_id)
        if ticket is None and (ticket := self.waiting.pop(job_id, None)) is not None:
            self.running[job_id] = ticket
            if ticket.started is None:
                ticket.started = self._begun
                ticket.sink.start()
        return ticket

    def _give_first(self, ticket: Ticket, now: float) -> None:
        ticket.first = now
        self.statistics.prompt_tokens += ticket.job.prompt_tokens
        self.statistics.ttft.observe(now - ticket.job.arrived)

    def _finish(self, ticket: Ticket, now: float) -> None:
        ticket.ended = now
        started = ticket.job.arrived if ticket.started is None else ticket.started
        self.statistics.count_end(
            arrived=ticket.job.arrived,
            started=started,
            first=now if ticket.first is None else ticket.first,
            ended=now,
            prompt=ticket.job.prompt_tokens,
            output=ticket.done,
        )

    def _count(self, step: Step, now: float, prompt_tokens: int) -> None:
        """`prompt_tokens`: of the requests whose first token came with it."""
        counts = self.statistics
        counts.generated_tokens += len(step.tokens)
        counts.preemptions += len(step.preempted)
        if step.tokens:
            counts.iteration.observe(prompt_tokens + len(step.tokens))
        if step.batch_tokens:
            counts.steps += 1
            counts.step_tokens += step.batch_tokens
            counts.rows += step.rows
            counts.memory_seconds += step.use.memory
            counts.tensor_seconds += step.use.arithmetic
            self.step_log.add(step, now)

    def _hand_out(self) -> None:
        """All tokens of this wake-up, one call an answer."""
        due, self._due = self._due, {}
        failed, self._failed = self._failed, []
        for ticket, tokens in due.values():
            ticket.sink.take(tokens, ticket)
        for ticket, reason in failed:
            ticket.sink.fail(reason)
