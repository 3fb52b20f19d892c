"""A recording as a session: the same events at the pace they came, faster, slower or at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from burstview_engines.core.events import AnyEvent, Noticed, RunEnded, RunStarted, SessionStarted
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.recording import RecordingError, read
from burstview_engines.core.session import SessionFold, Snapshot
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl

LONGEST_PAUSE = 2.0
"""While no run is in progress, longer silences are shortened to this; no stamp changes."""
BATCH = 500
"""Events folded between two chances for others to run, when all is due at once."""

REFUSAL = "This is a recording: nothing can be fired. Start burstview without a file to fire."


class ReplaySession:
    """Plays a recording; of a damaged one what is readable, and a notice says what is not."""

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`speed` 2 plays twice as fast, 0 at once. Raises SessionError if nothing is readable."""
        self._fold = SessionFold()
        self._speed = speed
        self._clock = clock
        self._events = read(path)
        self._player: asyncio.Task[None] | None = None
        self._pace = Pace()
        self._at = 0.0
        self._due = clock()
        self.damage: str | None = None
        """What could not be read, in one sentence with the line's number."""
        try:
            self._fold.apply(next(self._events))
        except (RecordingError, StopIteration) as refusal:
            raise SessionError(str(refusal) or f"{path} is empty: nothing was recorded") from None

    @property
    def fold(self) -> SessionFold:
        """For what is too large for a snapshot."""
        return self._fold

    @property
    def is_recording(self) -> bool:
        """Always true."""
        return True

    @property
    def engines(self) -> EngineControl | None:
        """Always None: what was recorded is over."""
        return None

    def snapshot(self) -> Snapshot:
        """The session now: between two events the time goes on, as it did."""
        if self._player is None or self._player.done() or not self._speed:
            return self._fold.snapshot()
        return self._fold.snapshot(self._at + min(0.0, self._clock() - self._due) * self._speed)

    async def open(self) -> None:
        """Start playing."""
        self._due = self._clock()
        self._player = asyncio.create_task(self._play())

    async def played(self) -> None:
        """Wait for the recording's end."""
        if self._player is not None:
            await asyncio.wait([self._player])

    async def fire(
        self, backends: Sequence[str], plan: BurstPlan, *, order: Order = "auto"
    ) -> tuple[int, ...]:
        """Always refuses."""
        raise SessionError(REFUSAL)

    def cancel(self) -> None:
        """Stop playing where it is."""
        if self._player is not None:
            self._player.cancel()

    async def choose_model(self, backend: str, model: str) -> None:
        """Always refuses."""
        raise SessionError("This is a recording: its models are those that were used.")

    async def close(self) -> None:
        """Stop playing."""
        self.cancel()
        await self.played()

    async def _play(self) -> None:
        for number, event in enumerate(self._readable()):
            await self._wait_for(event)
            self._fold.apply(event)
            if not number % BATCH:
                await asyncio.sleep(0)
        self._fold.settle()

    async def _wait_for(self, event: AnyEvent) -> None:
        if not self._speed:
            return
        self._due += self._pace.until(event) / self._speed
        self._at = max(self._at, event.at)
        ahead = self._due - self._clock()
        if ahead > 0:
            await asyncio.sleep(ahead)

    def _readable(self) -> Iterator[AnyEvent]:
        newest = 0.0
        try:
            for event in self._events:
                newest = max(newest, event.at)
                yield event
        except RecordingError as damage:
            self.damage = f"{damage}. What came before it, up to second {newest:.1f}, is shown."
            yield Noticed(at=newest, text=self.damage)


class Pace:
    """How long to wait before each event of a recording, in recorded seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self._running: set[int] = set()

    def until(self, event: AnyEvent) -> float:
        """Seconds since the event before; long silences between runs are shortened."""
        gap = max(0.0, event.at - self._now)
        pause = gap if self._running else min(gap, LONGEST_PAUSE)
        self._now = event.at if isinstance(event, SessionStarted) else max(self._now, event.at)
        match event:
            case RunStarted(run=run):
                self._running.add(run)
            case RunEnded(run=run):
                self._running.discard(run)
        return pause
