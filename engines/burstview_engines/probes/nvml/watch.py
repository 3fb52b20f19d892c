"""The probe: opens the driver, has every GPU look at the same time, and tells what they say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from burstview_engines.core.events import AnyEvent, GpuProcessesSeen, GpuSampled, GpusFound
from burstview_engines.core.gpu import GpuFacts
from burstview_engines.probes.nvml.calls import Nvml, load_nvml
from burstview_engines.probes.nvml.card import Card, News
from burstview_engines.probes.nvml.driver import (
    NO_PERMISSION,
    Driver,
    NoGpuError,
    open_driver,
    unanswered,
)
from burstview_engines.probes.nvml.driver_history import Clocks
from burstview_engines.probes.nvml.lane import Lane
from burstview_engines.probes.nvml.machine import without_library
from burstview_engines.probes.nvml.opening import Opening
from burstview_engines.probes.nvml.process_table import ProcessTable
from burstview_engines.probes.probe import Deliver

CALM, HURRIED = 0.5, 0.1
"""Seconds between two looks. GPM's counters are refreshed every 0.1 s, power too."""
CALM_MOST = 1.0
"""The same of many GPUs, of each of which recordings get a kilobyte a look."""
PATIENCE = 0.08
"""Seconds that a look waits for GPUs that have not answered; then the others are told."""
TRY_AGAIN = 10.0
"""Seconds after which a driver that could not be opened is tried again."""
UNANSWERED = 2.0
"""Seconds after which it is said that the driver does not answer; then after twice as many."""
PEOPLE_CALM, PEOPLE_HURRIED = 2.0, 0.25
"""Seconds between two looks at the GPUs' processes."""


class GpuWatch:
    """A `Probe` of all NVIDIA GPUs of this machine."""

    def __init__(
        self,
        now: Callable[[], float],
        deliver: Deliver,
        *,
        load: Callable[[], Nvml] = load_nvml,
        wall: Callable[[], float] = time.time,
        absent: Callable[[], str] = without_library,
        proc: Path = Path("/proc"),
        try_again: float = TRY_AGAIN,
    ) -> None:
        """`absent` says what to tell of a machine without NVML's library; `try_again` seconds
        after a refusal the driver is opened once more."""
        self._now, self._deliver, self._load, self._absent = now, deliver, load, absent
        self._clocks, self._try_again = Clocks(now, wall), try_again
        self._lock = threading.Lock()
        self._is_stopped = self._hurries = False
        self._calm = CALM
        self._opening: Opening | None = None
        self._next_word = UNANSWERED
        self._driver: Driver | None = None
        self._cards: tuple[Card, ...] = ()
        self._told: tuple[GpuFacts, ...] = ()
        self._problem: str | None = None
        self._table = ProcessTable(now, proc)
        self._processes: GpuProcessesSeen | None = None
        self._lane = Lane("gpu", self._work, self._end)
        self._people = Lane("gpu-processes", self._look_at_processes)

    def start(self) -> None:
        """Begin; pynvml is imported and the driver opened on a thread."""
        self._lane.start()
        self._people.start()

    def hurry(self, *, is_on: bool) -> None:
        """Look at once, and while it is on every 0.1 s."""
        self._hurries = is_on
        for card in self._cards:
            card.hurry(is_on=is_on)
        self._lane.wake()
        self._people.wake()

    def stop(self) -> None:
        """Nothing is delivered after this returns; calls that hang are left to their threads."""
        with self._lock:
            self._is_stopped = True
        self._lane.stop()
        self._people.stop()
        for card in self._cards:
            card.stop()

    def _work(self) -> float:
        if self._driver is None:
            return self._wait_for_driver()
        at = self._now()
        awaits_first = self._look(at)
        period = HURRIED if self._hurries or awaits_first else self._calm
        return max(at + period - self._now(), 0.0)

    def _wait_for_driver(self) -> float:
        """Seconds until there is something to do; the opening wakes the thread before."""
        opening = self._opening
        if opening is None:
            opening = Opening(self._open, self._lane.wake, self._now())
            self._opening, self._next_word = opening, UNANSWERED
        match opening.result:
            case None:
                return self._complain(self._now() - opening.since)
            case NoGpuError() as why:
                return self._give_reason(str(why), opening.since)
            case Driver() as driver:
                self._begin(driver)
                return 0.0

    def _open(self) -> Driver:
        return open_driver(self._load, self._absent)

    def _complain(self, waited: float) -> float:
        if waited >= self._next_word:
            self._tell_problem(unanswered(waited))
            self._next_word *= 2
        return self._next_word - waited

    def _give_reason(self, why: str, since: float) -> float:
        """Once; then it is looked whether that has changed."""
        if self._problem != why:
            self._tell_problem(why)
        left = since + self._try_again - self._now()
        if left > 0:
            return left
        self._opening = None
        return 0.0

    def _begin(self, driver: Driver) -> None:
        spread = (driver.count + 1) / 2
        self._calm = min(CALM * spread, CALM_MOST)
        news = News(of_facts=self._lane.wake, of_processes=self._people.wake)
        cards = tuple(
            Card(driver.nvml, index, self._clocks, news, spread) for index in range(driver.count)
        )
        self._driver, self._cards = driver, cards
        for card in cards:
            card.hurry(is_on=self._hurries)
            card.start()
        if self._is_stopped:
            for card in cards:
                card.stop()

    def _look(self, at: float) -> bool:
        """Whether a GPU has not answered for the first time yet."""
        asked = [card for card in self._cards if card.ask(at)]
        until = at + PATIENCE
        for card in asked:
            card.answered.wait(max(until - self._now(), 0.0))
        shown = [card.shown(at) for card in self._cards]
        if all(card.is_refused for card in self._cards):
            if self._problem != NO_PERMISSION:
                self._tell_problem(NO_PERMISSION)
            return False
        self._problem = None
        found, gpus = self._news(), tuple(gpu for gpu in shown if gpu is not None)
        self._say([*found, GpuSampled(at=at, gpus=gpus)] if gpus else found)
        return len(gpus) < sum(not card.is_refused for card in self._cards)

    def _news(self) -> list[AnyEvent]:
        """The facts, when any of them changed."""
        facts = tuple(card.facts for card in self._cards if card.facts is not None)
        if facts == self._told or self._driver is None:
            return []
        self._told = facts
        driver = self._driver
        return [GpusFound(at=self._now(), facts=facts, driver=driver.version, cuda=driver.cuda)]

    def _look_at_processes(self) -> float:
        """On a thread of its own: /proc is read for each of them."""
        at = self._now()
        seen = self._table.look(self._cards)
        if seen is not None and (self._processes is None or not _same(seen, self._processes)):
            self._processes = seen
            self._say([seen])
        period = PEOPLE_HURRIED if self._hurries else PEOPLE_CALM
        return max(at + period - self._now(), 0.0)

    def _tell_problem(self, problem: str) -> None:
        self._problem = problem
        self._say([GpuSampled(at=self._now(), problem=problem)])

    def _say(self, events: Sequence[AnyEvent]) -> None:
        with self._lock:
            if events and not self._is_stopped:
                self._deliver(events)

    def _end(self) -> None:
        """Close the driver if all calls came back; a hung one would hold this up too."""
        driver = self._driver
        if driver is not None and all(card.join(1.0) for card in self._cards):
            try:
                driver.nvml.nvmlShutdown()
            except driver.nvml.NVMLError:
                return


def _same(one: GpuProcessesSeen, other: GpuProcessesSeen) -> bool:
    return one.processes == other.processes and one.problem == other.problem
