"""The paced driver against a scripted step model: deadlines, seats, catching up."""

from __future__ import annotations

import asyncio
import time
from collections import deque

import pytest

from burstview_engines.simulator.engine import Job, Step
from burstview_engines.simulator.server.driver import Driver, Ticket
from burstview_engines.simulator.server.load import BusyMeter


class Line:
    """A step model with `seats` seats: a token each per step, in order of arrival."""

    def __init__(self, duration: float, seats: int = 1) -> None:
        self.duration = duration
        self.seats = seats
        self.queue: deque[Job] = deque()
        self.done: dict[int, int] = {}
        self.starts: list[float] = []

    def submit(self, job: Job) -> None:
        self.queue.append(job)
        self.done[job.id] = 0

    def cancel(self, job_id: int) -> None:
        self.queue = deque(job for job in self.queue if job.id != job_id)

    def step(self, now: float) -> Step | None:
        rows = list(self.queue)[: self.seats]
        if not rows:
            return None
        self.starts.append(now)
        for job in rows:
            self.done[job.id] += 1
        over = [job for job in rows if self.done[job.id] >= job.output_tokens]
        for job in over:
            self.queue.remove(job)
        return Step(
            duration=self.duration,
            tokens=tuple(job.id for job in rows),
            finished=tuple(job.id for job in over),
            running=len(rows),
            waiting=len(self.queue),
            batch_tokens=len(rows),
            gpu_busy=0.5,
        )


class Ear:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.tokens = 0
        self.over = asyncio.Event()
        self.heard = asyncio.Event()

    def start(self) -> None:
        assert not self.tokens

    def take(self, tokens: int, ticket: Ticket) -> None:
        self.tokens += tokens
        self.heard.set()
        if ticket.ended is not None:
            self.over.set()

    def fail(self, reason: str) -> None:
        raise AssertionError(reason)


async def test_steps_follow_each_other_without_drift() -> None:
    """In the model's time 40 steps of 2 ms take 80 ms, however late the timers are."""
    driver, ear = Driver(Line(0.002)), Ear()
    ticket = driver.submit(5, 40, ear)
    await ear.over.wait()
    assert ticket.ended is not None
    assert ticket.ended - ticket.job.arrived == pytest.approx(0.080)
    assert ear.tokens == 40
    assert time.monotonic() >= ticket.ended - 0.001


async def test_a_late_wake_up_catches_up() -> None:
    """After the loop was blocked the missed steps come at once, and the end stays where it was."""
    driver, ear = Driver(Line(0.002)), Ear()
    ticket = driver.submit(5, 40, ear)
    await ear.heard.wait()
    blocked_until = time.monotonic() + 0.05
    while time.monotonic() < blocked_until:
        continue
    await ear.over.wait()
    assert ticket.ended is not None
    assert ticket.ended - ticket.job.arrived == pytest.approx(0.080)


async def test_requests_of_one_read_begin_together() -> None:
    """A seat each and a common first step."""
    driver, ears = Driver(Line(0.001, seats=8)), [Ear() for _ in range(8)]
    tickets = [driver.submit(5, 3, ear) for ear in ears]
    await asyncio.gather(*(ear.over.wait() for ear in ears))
    assert len({ticket.first for ticket in tickets}) == 1


async def test_one_seat_makes_a_staircase() -> None:
    """Each request is started when the one before it has ended."""
    driver, ears = Driver(Line(0.02)), [Ear() for _ in range(3)]
    tickets = [driver.submit(5, 4, ear) for ear in ears]
    assert (len(driver.running), len(driver.waiting)) == (0, 3)
    await ears[0].heard.wait()
    assert (len(driver.running), len(driver.waiting)) == (1, 2)
    await ears[2].over.wait()
    assert [ticket.started for ticket in tickets[1:]] == [ticket.ended for ticket in tickets[:2]]


async def test_one_that_leaves_frees_its_seat_at_once() -> None:
    """Also in the middle of a step, and its later tokens go nowhere."""
    driver, ears = Driver(Line(0.005)), [Ear(), Ear()]
    first = driver.submit(5, 1000, ears[0])
    driver.submit(5, 2, ears[1])
    await ears[0].heard.wait()
    heard = ears[0].tokens
    driver.cancel(first)
    assert not driver.running
    await ears[1].over.wait()
    assert ears[0].tokens == heard


async def test_an_idle_engine_rests_and_wakes_again() -> None:
    """A later request starts at its own arrival."""
    model = Line(0.001)
    driver, ears = Driver(model), [Ear(), Ear()]
    driver.submit(5, 2, ears[0])
    await ears[0].over.wait()
    ticket = driver.submit(5, 2, ears[1])
    await ears[1].over.wait()
    assert model.starts[2] == ticket.job.arrived
    assert driver.statistics.generated_tokens == 4
    assert driver.statistics.e2e.count == 2


def test_the_meter_averages_over_one_second() -> None:
    """Half a second at 80 % within the last second reads 40 %."""
    meter = BusyMeter()
    meter.add(0.0, 0.5, 1.0)
    meter.add(1.5, 2.0, 0.8)
    assert meter.percent(2.0) == pytest.approx(40.0)
    assert meter.percent(3.5) == 0.0
