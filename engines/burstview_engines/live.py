"""A live session: starts the sources, fires bursts, keeps everything in one recorded stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.recording import Recorder, RecordingError
from burstview_engines.core.session import SETTLED, SessionFold
from burstview_engines.core.views import BackendView, Snapshot
from burstview_engines.firing import Firing, Target, first_tag
from burstview_engines.places.source import Source
from burstview_engines.probes.probe import MakeProbe
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream
from burstview_engines.watching import Watching

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl

CLOSE_LIMIT = 0.45
"""Seconds that runs and sources get to end before the session stops waiting for them."""

LOOK_LIMIT = 1.0
"""Seconds that a look at a server right after a burst may take."""


class LiveSession:
    """Backends from `sources`, their bursts, and real gauges. One event loop owns it."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        program: str,
        record: Path | None = None,
        probes: Sequence[MakeProbe] = (),
        watch: bool = False,
        engines: EngineControl | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`record` gets every event as it happens; with `watch` the backends are looked at again
        and again; `engines` is handed on. Raises SessionError if the recording cannot be
        written."""
        self._engines = engines
        self._sources = tuple(sources)
        self._stream = EventStream(open_recorder(record))
        self._stream.begin(program, wall())
        self._firing = Firing(self._stream, first_tag(wall()), keeps_spare=watch)
        self._starting: list[asyncio.Task[None]] = []
        self._watching = Watching(
            self._stream,
            self._sources,
            probes,
            samples=watch,
            on_refreshed=self._forget_absent,
        )
        self._fires: set[asyncio.Task[tuple[int, ...]]] = set()

    @property
    def fold(self) -> SessionFold:
        """For what is too large for a snapshot."""
        return self._stream.fold

    @property
    def is_recording(self) -> bool:
        """Always false: a live session can fire."""
        return False

    @property
    def engines(self) -> EngineControl | None:
        """What was given: None where nothing can be controlled."""
        return self._engines

    @property
    def is_firing(self) -> bool:
        """Whether any burst is in progress."""
        return bool(self._firing.busy)

    def snapshot(self) -> Snapshot:
        """The session now."""
        return self._stream.fold.snapshot(self._stream.now())

    async def open(self) -> None:
        """Start the sources, the probes and a spare worker. Returns at once."""
        loop = asyncio.get_running_loop()
        self._starting = [loop.create_task(s.start(self._stream)) for s in self._sources]
        self._watching.open(self._starting)
        self._firing.prepare()

    async def settled(self) -> None:
        """Wait until every source's backends are ready or known not to be."""
        await asyncio.gather(*self._starting)

    def notice(self, text: str, backend: str | None = None) -> None:
        """One sentence for the person at the screen, in the recording too."""
        self._stream.notice(text, backend)

    async def fire(
        self, backends: Sequence[str], plan: BurstPlan, *, order: Order = "auto"
    ) -> tuple[int, ...]:
        """One run for each backend key; returns the run numbers when all have ended.

        In a duel a side that cannot be reached fails all its requests. Raises SessionError when
        nothing could be fired at all.
        """
        targets = [self._target(key) for key in backends]
        problems = [target.problem for target in targets if target.problem is not None]
        if not targets:
            raise SessionError("No backend was found; name a server's URL or try the demo.")
        if len(problems) == len(targets):
            raise SessionError(" ".join(dict.fromkeys(problems)))
        async with self._watching.burst(backends):
            runs = await self._fire(targets, plan, order)
        await self._look_once_more([target.backend for target in targets])
        return runs

    async def _fire(
        self, targets: Sequence[Target], plan: BurstPlan, order: Order
    ) -> tuple[int, ...]:
        fire = asyncio.ensure_future(self._firing.fire(targets, plan, order))
        self._fires.add(fire)
        try:
            return await fire
        finally:
            self._fires.discard(fire)

    async def _look_once_more(self, backends: Sequence[Backend]) -> None:
        """Ollama tells of a model only while it is loaded: where it lies, and its context."""
        for backend in backends:
            if backend.engine == "ollama" and backend.on_gpu is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_LIMIT):
                        await self._source(backend.key).refresh()

    async def conclude(self) -> None:
        """Wait for the samples that still tell of the last burst, and say what held it back."""
        gpu = self._stream.fold.snapshot().gpu
        if gpu is not None and gpu.gpus:
            await asyncio.sleep(SETTLED)
        self._stream.fold.settle()

    def fire_nothing(self, backends: Sequence[str], plan: BurstPlan) -> tuple[int, ...]:
        """Runs in which every request fails unsent, for backends that cannot be reached."""
        targets = [self._target(key) for key in backends]
        return tuple(self._firing.fire_nothing(target, plan) for target in targets)

    def cancel(self) -> None:
        """End every run in progress; what was seen stays."""
        self._firing.cancel()

    async def choose_model(self, backend: str, model: str) -> None:
        """Use another of the models that the backend lists."""
        await self._source(backend).choose_model(self._view(backend).backend, model)

    async def close(self) -> None:
        """Stop all sources and reap all processes, within half a second."""
        for task in self._starting:
            task.cancel()
        background = [*self._starting, *self._watching.close()]
        endings = [asyncio.ensure_future(source.close()) for source in self._sources]
        endings.append(asyncio.ensure_future(self._firing.close()))
        await asyncio.wait([*endings, *background, *self._fires], timeout=CLOSE_LIMIT)
        for fire in self._fires:
            fire.cancel()
        self._stream.close()

    def _forget_absent(self) -> None:
        for view in self._stream.fold.snapshot().backends:
            if view.state != "ready":
                self._firing.forget(view.backend.key)

    def _target(self, key: str) -> Target:
        view = self._view(key)
        source, problem = self._source(key), None
        if view.state != "ready":
            problem = view.detail or f"{view.backend.name} is {view.state}"
        return Target(view.backend, source.api_key_env(key), problem)

    def _view(self, key: str) -> BackendView:
        for view in self._stream.fold.snapshot().backends:
            if view.backend.key == key:
                return view
        raise SessionError(f"There is no backend {key}.")

    def _source(self, key: str) -> Source:
        for source in self._sources:
            if source.owns(key):
                return source
        raise SessionError(f"There is no backend {key}.")


def open_recorder(path: Path | None) -> Recorder | None:
    """The recorder of a path. Raises SessionError if it cannot be written."""
    if path is None:
        return None
    try:
        return Recorder(path)
    except RecordingError as refusal:
        raise SessionError(str(refusal)) from refusal
