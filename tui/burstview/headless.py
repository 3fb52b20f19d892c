"""Fires without the monitor: shows what happens as it happens, and obeys signals."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.views import BackendView, RunView, Snapshot
from burstview_engines.live import LiveSession
from burstview_engines.places.server import Server
from burstview_engines.source import SessionError

FRAME = 0.1
"""Seconds between two looks at the session."""
PATIENCE = 2.0
"""Seconds that cancelled runs get to say how they ended."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

NOTHING_SENT = "cancelled before the burst was fired"
STOPPED = "cancelled; what was seen until then is shown"


class Display(Protocol):
    """Shows snapshots; knows what it showed before."""

    @property
    def is_gone(self) -> bool:
        """Nobody can read it any more: the pipe or terminal behind it is closed."""

    def show(self, snapshot: Snapshot) -> None:
        """Draw what is new."""

    def end(self, snapshot: Snapshot) -> None:
        """Draw the last state and leave the terminal as it was."""


class MistakeError(Exception):
    """Wrong usage that only asking the server could tell; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a headless burst."""

    runs: tuple[RunView, ...] = ()
    backends: tuple[BackendView, ...] = ()
    """Those that were meant, in the order they were named."""
    error: str | None = None
    """One sentence when something kept the burst from being fired or finished."""
    is_cancelled: bool = False
    is_mistaken: bool = False

    @property
    def status(self) -> int:
        """0 all requests succeeded, 1 some did not, 2 wrong usage, 130 cancelled."""
        if self.is_cancelled or any(run.outcome == "cancelled" for run in self.runs):
            return 130
        if self.is_mistaken:
            return 2
        states = [request.state for run in self.runs for request in run.requests]
        sent = all(len(run.requests) == run.plan.concurrency for run in self.runs)
        succeeded = bool(states) and sent and all(state == "done" for state in states)
        return 0 if succeeded and self.error is None else 1


Check = Callable[[int, Backend], None]
"""Looks at the backend of a side before anything is fired; may raise MistakeError."""


class Headless:
    """One burst or duel on a session, from opening the session to closing it."""

    def __init__(self, session: LiveSession, display: Display, check: Check) -> None:
        self._session = session
        self._display = display
        self._check = check
        self._backends: tuple[BackendView, ...] = ()
        self._is_cancelled = False
        self._main: asyncio.Task[None] | None = None

    async def fire(self, sides: int, plan: BurstPlan, order: Order) -> Result:
        """Fire at the session's first `sides` backends; the session is closed afterwards."""
        drawing = asyncio.create_task(self._draw())
        self._main = asyncio.create_task(self._fire(sides, plan, order))
        with self._signals():
            try:
                return await self._outcome(self._main, sides)
            finally:
                drawing.cancel()
                await asyncio.wait([drawing])
                self._display.end(self._session.snapshot())
                await self._session.close()

    async def _fire(self, sides: int, plan: BurstPlan, order: Order) -> None:
        await self._session.open()
        await self._session.settled()
        self._backends = self._session.snapshot().backends[:sides]
        for side, view in enumerate(self._backends):
            if view.state == "ready":
                self._check(side, view.backend)
        keys = [view.backend.key for view in self._backends]
        try:
            await self._session.fire(keys, plan, order=order)
        except SessionError:
            self._session.fire_nothing(keys, plan)
            raise
        await self._session.conclude()

    async def _outcome(self, main: asyncio.Task[None], sides: int) -> Result:
        error, is_mistaken = None, False
        try:
            await main
        except asyncio.CancelledError:
            self._is_cancelled = True
        except SessionError as refusal:
            error = str(refusal)
        except MistakeError as mistake:
            error, is_mistaken = str(mistake), True
        snapshot = self._session.snapshot()
        runs, meant = snapshot.runs, self._backends or snapshot.backends[:sides]
        if self._is_cancelled:
            error = STOPPED if any(run.requests for run in runs) else NOTHING_SENT
        return Result(runs, meant, error, self._is_cancelled, is_mistaken)

    def cancel(self) -> None:
        """End the runs in progress; the second time, or with nothing in progress, end at once."""
        loop = asyncio.get_running_loop()
        if self._main is None or self._main.done():
            return
        if self._is_cancelled or not self._session.is_firing:
            self._main.cancel()
        else:
            self._session.cancel()
            loop.call_later(PATIENCE, self._main.cancel)
        self._is_cancelled = True

    async def _draw(self) -> None:
        while True:
            self._display.show(self._session.snapshot())
            if self._display.is_gone:
                self.cancel()
            await asyncio.sleep(FRAME)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.cancel)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)


def check_models(servers: Sequence[Server]) -> Check:
    """A check that a model is named for each of the servers that does not list exactly one."""

    def check(side: int, backend: Backend) -> None:
        if side >= len(servers) or servers[side].model is not None:
            return
        if not backend.models:
            raise MistakeError(f"{backend.name} lists no model; name one with --model")
        if len(backend.models) > 1:
            listed = ", ".join(backend.models)
            many = f"{backend.name} lists {len(backend.models)} models"
            raise MistakeError(f"{many}; name one with --model: {listed}")

    return check
