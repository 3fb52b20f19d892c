"""What a live session looks at again and again: the machine by probes, engines by their sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from burstview_engines.core.events import AnyEvent
from burstview_engines.places.source import Source
from burstview_engines.probes.probe import MakeProbe, Probe
from burstview_engines.stream import EventStream

CALM = 1.0
"""Seconds between two looks at the engines' own gauges."""
LINGER = 0.6
"""Seconds after a burst in which the looks stay frequent: the GPU's windows end after it."""
FIRST_LOOK = 0.3
"""Seconds that the look right before a burst may hold it up."""
REFRESH_EVERY = 3.0
"""Seconds between two looks at the backends themselves; never during a run."""


class Watching:
    """One event loop owns it."""

    def __init__(
        self,
        stream: EventStream,
        sources: Sequence[Source],
        probes: Sequence[MakeProbe],
        *,
        samples: bool,
        on_refreshed: Callable[[], None],
    ) -> None:
        """With `samples` the engines are looked at too; `on_refreshed` is called after each look
        at the backends themselves."""
        self._stream, self._sources, self._samples = stream, tuple(sources), samples
        self._make_probes = tuple(probes)
        self._probes: list[Probe] = []
        self._on_refreshed = on_refreshed
        self._bursts = 0
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._calming: asyncio.Task[None] | None = None

    def open(self, starting: Sequence[asyncio.Task[None]]) -> None:
        """Start all probes; each source is looked at once it has started. Returns at once."""
        loop = asyncio.get_running_loop()

        def deliver(events: Sequence[AnyEvent]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                loop.call_soon_threadsafe(self._put, events)

        self._probes = [make(self._stream.now, deliver) for make in self._make_probes]
        for probe in self._probes:
            probe.start()
        if self._samples:
            pairs = zip(self._sources, starting, strict=True)
            self._tasks = [loop.create_task(self._watch(*pair)) for pair in pairs]

    def close(self) -> Sequence[asyncio.Task[None]]:
        """End all looks; what may take a moment to end is returned."""
        for probe in self._probes:
            probe.stop()
        tasks = [*self._tasks, *([self._calming] if self._calming else [])]
        for task in tasks:
            task.cancel()
        return tasks

    @asynccontextmanager
    async def burst(self, keys: Sequence[str]) -> AsyncIterator[None]:
        """Look more often, at these backends right before and right after."""
        sources = [source for source in self._sources if any(map(source.owns, keys))]
        self._bursts += 1
        self._hurry(is_on=True)
        try:
            await self._look(sources)
            yield
            await self._look(sources)
        finally:
            self._bursts -= 1
            if not self._bursts:
                self._calm_down()

    async def _look(self, sources: Sequence[Source]) -> None:
        if not self._samples:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK):
                await asyncio.gather(*(source.sample() for source in sources))

    def _hurry(self, *, is_on: bool) -> None:
        if self._calming is not None:
            self._calming.cancel()
            self._calming = None
        for probe in self._probes:
            probe.hurry(is_on=is_on)
        self._changed.set()

    def _calm_down(self) -> None:
        async def later() -> None:
            await asyncio.sleep(LINGER)
            self._calming = None
            self._hurry(is_on=False)

        self._calming = asyncio.get_running_loop().create_task(later())

    def _put(self, events: Sequence[AnyEvent]) -> None:
        self._stream.put(*events)

    async def _watch(self, source: Source, started: asyncio.Task[None]) -> None:
        await asyncio.wait([started])
        refreshed = self._stream.now()
        while True:
            await self._pause(source.burst_pace)
            await source.sample()
            if not self._bursts and self._stream.now() - refreshed >= REFRESH_EVERY:
                await source.refresh()
                refreshed = self._stream.now()
                self._on_refreshed()

    async def _pause(self, burst_pace: float) -> None:
        """Shorter as soon as a burst begins."""
        if self._bursts:
            await asyncio.sleep(burst_pace)
            return
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM):
                await self._changed.wait()
