"""The workers of one run behind one queue, beside the other things that a run waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass

from burstview_engines.burst import wire
from burstview_engines.burst.supervisor import Reserve, WorkerDiedError, WorkerProcess


@dataclass(frozen=True, slots=True)
class News:
    """A batch of one worker's messages."""

    worker: int
    messages: Sequence[wire.Message]


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker is gone; the reason is one sentence."""

    worker: int
    reason: str


@dataclass(frozen=True, slots=True)
class Started:
    """The common start of several bursts is settled: a CLOCK_MONOTONIC instant."""

    at: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody wants the run to end."""


Item = News | Lost | Started | Cancelled


class Crew:
    """Started workers. Whatever happens to them is an item of `next`."""

    def __init__(self, workers: Sequence[WorkerProcess], items: asyncio.Queue[Item]) -> None:
        self.alive: set[int] = set(range(len(workers)))
        self._workers = tuple(workers)
        self._items = items
        self._readers = [
            asyncio.create_task(self._read(number, worker))
            for number, worker in enumerate(self._workers)
        ]

    @classmethod
    async def start(
        cls, wanted: int, job: wire.Job, reserve: Reserve | None, items: asyncio.Queue[Item]
    ) -> Crew:
        """So many workers, each with the job. Raises OSError when none can be started."""
        crew = cls(await (reserve or Reserve()).take(wanted), items)
        for worker in crew._workers:
            worker.send(job)
        return crew

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of all workers."""
        return tuple(worker.pid for worker in self._workers)

    def deal(self, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """The ids by worker, in turn, so that all workers launch from the first number on."""
        alive = sorted(self.alive)
        shares = {worker: tuple(ids[place :: len(alive)]) for place, worker in enumerate(alive)}
        return {worker: share for worker, share in shares.items() if share}

    def send(self, worker: int, command: wire.Command) -> None:
        """Command one worker."""
        self._workers[worker].send(command)

    def send_all(self, workers: Iterable[int], command: wire.Command) -> None:
        """The same command to several."""
        for worker in workers:
            self.send(worker, command)

    def kill(self, workers: Iterable[int]) -> None:
        """End these workers now."""
        for worker in workers:
            self._workers[worker].kill()

    async def next(self, timeout: float | None) -> Item | None:  # noqa: ASYNC109  # an item may not come
        """What happened next; None when nothing did for `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await self._items.get()
        except TimeoutError:
            return None

    async def post(self, start: Awaitable[float]) -> None:
        """Make the common start, once it is settled, an item."""
        self._items.put_nowait(Started(await start))

    async def close(self) -> None:
        """End and reap all workers."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await asyncio.gather(*(worker.reap() for worker in self._workers))

    async def _read(self, number: int, worker: WorkerProcess) -> None:
        try:
            while True:
                self._items.put_nowait(News(number, await worker.messages()))
        except WorkerDiedError as death:
            self.alive.discard(number)
            self._items.put_nowait(Lost(number, str(death)))
