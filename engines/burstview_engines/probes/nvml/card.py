"""One GPU: two threads that ask it, and what is known of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from burstview_engines.core.gpu import Gpu, GpuFacts
from burstview_engines.probes.nvml import codes
from burstview_engines.probes.nvml.asking import GpuLostError, code_of
from burstview_engines.probes.nvml.calls import Nvml
from burstview_engines.probes.nvml.driver_history import Clocks
from burstview_engines.probes.nvml.lane import Lane
from burstview_engines.probes.nvml.quick_look import QuickLook
from burstview_engines.probes.nvml.rows import Rows, unlisted
from burstview_engines.probes.nvml.seldom import Seldom
from burstview_engines.probes.nvml.slow_look import Slow, SlowLook
from burstview_engines.probes.nvml.standing import Answer, standing, with_unshown

TRY_AGAIN = 1.0
"""Seconds between two questions to a GPU that is lost."""
SELDOM_KEPT = 9.0
"""Seconds after which gauges of the slow thread are no longer true enough to be shown."""


@dataclass(frozen=True, slots=True)
class News:
    """Called on a thread of the GPU when something changed that should not wait for a look."""

    of_facts: Callable[[], None]
    of_processes: Callable[[], None]


class Card:
    """A call that hangs holds up its own thread, and no other GPU."""

    def __init__(
        self, nvml: Nvml, index: int, clocks: Clocks, news: News, spread: float = 1.0
    ) -> None:
        """`spread` stretches the times between calls that cost milliseconds."""
        self.index = index
        self.answered = threading.Event()
        """Set while no question is open."""
        self.answered.set()
        self._nvml, self._clocks, self._spread = nvml, clocks, spread
        self._news = news
        self._lock = threading.Lock()
        self._hurries = False
        self._is_refused = False
        self._last: Answer | None = None
        self._unshown: Gpu | None = None
        self._waiting_since: float | None = None
        self._lost_since: float | None = None
        self._tried = 0.0
        self._facts: GpuFacts | None = None
        self._seldom, self._seldom_at = Seldom(), -SELDOM_KEPT
        self._rows: Rows | None = None
        self._utilisation: list[tuple[float, float]] = []
        self._quick: QuickLook | None = None
        self._slow: SlowLook | None = None
        self._is_stale = self._needs_init = False
        self._lanes = (
            Lane(f"gpu-{index}", self._look, self._close),
            Lane(f"gpu-{index}-slow", self._look_slowly),
        )

    def start(self) -> None:
        """Begin; returns at once."""
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """Returns at once."""
        for lane in self._lanes:
            lane.stop()

    def join(self, timeout: float) -> bool:
        """Whether both threads ended in time."""
        quick, slow = self._lanes
        return quick.join(timeout) and slow.join(timeout)

    def hurry(self, *, is_on: bool) -> None:
        """What is asked of the slow thread too comes more often."""
        self._hurries = is_on
        self._lanes[1].wake()

    def ask(self, at: float) -> bool:
        """Have it look; false if it has not answered the question before."""
        if not self.answered.is_set():
            return False
        self.answered.clear()
        self._waiting_since = at
        self._lanes[0].wake()
        return True

    def shown(self, at: float) -> Gpu | None:
        """As it is to be shown now; None while nothing is known, and where it may not be asked."""
        with self._lock:
            if self._is_refused:
                return None
            if self._waiting_since is None:
                self._unshown = None
            return standing(
                self.index,
                self._last,
                at,
                waiting_since=self._waiting_since,
                lost_since=self._lost_since,
            )

    @property
    def is_refused(self) -> bool:
        """The driver does not let us ask this one."""
        return self._is_refused

    @property
    def facts(self) -> GpuFacts | None:
        """None until they were told."""
        return self._facts

    @property
    def rows(self) -> Rows | None:
        """None until they were told."""
        return self._rows

    def _look(self) -> None:
        """On the quick thread, when asked."""
        if self.answered.is_set():
            return
        at = self._clocks.now()
        if self._lost_since is None or at - self._tried >= TRY_AGAIN:
            self._tried = at
            self._answer(at)
        self._waiting_since = None
        self.answered.set()

    def _answer(self, at: float) -> None:
        try:
            gpu = self._opened_quick().look(self._seldom_now(at), hurries=self._hurries)
        except GpuLostError as loss:
            self._lose(at, loss.code)
        except self._nvml.NVMLError as error:
            self._refuse(error, at)
        else:
            self._keep(at, gpu)

    def _opened_quick(self) -> QuickLook:
        if self._is_stale:
            self._close()
            self._is_stale = False
        if self._quick is None:
            if self._needs_init:
                self._nvml.nvmlInit()
            self._quick = QuickLook(self._nvml, self.index, self._clocks, self._spread)
        return self._quick

    def _keep(self, at: float, gpu: Gpu) -> None:
        with self._lock:
            history, self._utilisation = tuple(self._utilisation), []
            gpu = msgspec.structs.replace(gpu, utilisation_history=history)
            self._unshown = with_unshown(gpu, self._unshown)
            self._last = Answer(at, self._unshown)
            self._lost_since, self._is_refused = None, False
            self._needs_init = False

    def _lose(self, at: float, code: int | None) -> None:
        """The handle may be another when it comes back, and so may be what it can answer."""
        self._close()
        self._needs_init = code in (codes.UNINITIALIZED, codes.DRIVER_NOT_LOADED)
        with self._lock:
            self._unshown = None
            self._lost_since = at if self._lost_since is None else self._lost_since

    def _refuse(self, error: Exception, at: float) -> None:
        """It could not even be opened."""
        code = code_of(error)
        self._is_refused = code == codes.NO_PERMISSION
        if not self._is_refused:
            self._lose(at, code)

    def _close(self) -> None:
        quick, self._quick = self._quick, None
        if quick is not None:
            quick.close()

    def _seldom_now(self, at: float) -> Seldom:
        return self._seldom if at - self._seldom_at < SELDOM_KEPT * self._spread else Seldom()

    def _look_slowly(self) -> float:
        """On the slow thread; it learns of a loss by itself, and waits until the quick one has
        found the GPU again."""
        if self._lost_since is not None or self._is_refused:
            self._slow = None
            return TRY_AGAIN
        try:
            if self._slow is None:
                self._slow = SlowLook(self._nvml, self.index, self._clocks, self._spread)
            self._take(self._slow.look(hurries=self._hurries))
        except (GpuLostError, self._nvml.NVMLError):
            self._slow = None
            return TRY_AGAIN
        return self._slow.seconds_left(hurries=self._hurries)

    def _take(self, seen: Slow) -> None:
        now = self._clocks.now()
        if seen.facts is not None:
            self._take_facts(seen.facts)
        if seen.seldom is not None:
            self._seldom, self._seldom_at = seen.seldom, now
        if seen.rows is not None:
            problem = None if seen.lists_processes else unlisted(self.index)
            self._take_rows(Rows(now, seen.rows, problem))
        with self._lock:
            self._utilisation += seen.utilisation

    def _take_facts(self, facts: GpuFacts) -> None:
        """Where MIG was turned on or off, other questions can be answered than before."""
        before, self._facts = self._facts, facts
        self._is_stale = self._is_stale or (before is not None and before.mig != facts.mig)
        if before != facts:
            self._news.of_facts()

    def _take_rows(self, rows: Rows) -> None:
        before, self._rows = self._rows, rows
        if before is None or before.pids != rows.pids:
            self._news.of_processes()
