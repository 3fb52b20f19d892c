"""Each engine as a backend that bursts are fired at."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.backend import Backend, Place
from burstview_engines.core.events import BackendSeen, EngineSampled
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fleet.board import Board
from burstview_engines.keys import read_key
from burstview_engines.places.server import Server
from burstview_engines.places.side_by_side import SideBySide
from burstview_engines.places.url import UrlSource
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

SEATS = {
    "vllm": "max-num-seqs",
    "ollama": "num-parallel",
    "llamacpp": "parallel",
    "sglang": "max-running-requests",
}
"""The option that says how many requests an engine serves at once."""
DEFAULT_SEATS = {"ollama": 1}
"""Where an engine's own default depends on nothing (Ollama since July 2025)."""


@dataclass(slots=True)
class _Link:
    source: UrlSource
    url: str


class Links:
    """An engine that is ready is recognised like any server; one that is not shows its state."""

    def __init__(
        self,
        board: Board,
        stream: EventStream,
        environ: Mapping[str, str],
        *,
        is_quiet: bool = False,
    ) -> None:
        """Quiet: nothing will be fired, so that nobody is asked and no backend shown."""
        self._board, self._stream, self._environ = board, stream, environ
        self._is_quiet = is_quiet
        self._links: dict[str, _Link] = {}
        self._keys: dict[str, str] = {}
        self._looks = SideBySide()
        self._closing: set[asyncio.Task[None]] = set()
        self.complete: Callable[[EngineSampled], EngineSampled] = lambda sample: sample
        """Adds to an engine's gauges what its log tells."""

    def learn_key(self, key: str, api_key_env: str | None) -> None:
        """The variable that holds the key which that engine asks for."""
        if api_key_env is not None:
            self._keys[key] = api_key_env
            with suppress(SessionError):  # unset: whoever asks the engine will say so
                self._stream.blotter.learn(read_key(api_key_env, self._environ))

    def api_key_env(self, key: str) -> str | None:
        """The same, for the burst."""
        return self._keys.get(key)

    def owns(self, key: str) -> bool:
        """Every engine of the board is a backend."""
        return self._board.has(key)

    async def show(self, engine: ManagedEngine) -> None:
        """Bring the backend in line with the engine."""
        if self._is_quiet:
            return
        if engine.status != "ready" or engine.url is None:
            self._leave(engine.key)
            self._put_absent(engine)
            return
        link = self._links.get(engine.key)
        if link is None or link.url != engine.url:
            self._leave(engine.key)
            server = self._server(engine, engine.url)
            link = self._links[engine.key] = _Link(
                UrlSource(server, engine.key, self._environ, complete=self._completed), engine.url
            )
            await link.source.start(self._stream)
            self._name_all()

    async def refresh(self) -> None:
        """Look at all that are ready."""
        links = list(self._links.items())
        await asyncio.gather(*(link.source.refresh() for _, link in links))
        for key, link in links:
            self._board.change(key, on_gpu=link.source.backend.on_gpu)

    async def refresh_one(self, key: str) -> None:
        """Look at one, if it is ready."""
        if link := self._links.get(key):
            await link.source.refresh()

    async def sample(self) -> None:
        """The gauges of all that are ready."""
        await self._looks.sample(link.source for link in self._links.values())

    def silent(self) -> Iterator[tuple[str, str]]:
        """Key and sentence of those that ought to be ready but do not answer."""
        for key, link in self._links.items():
            state, detail = link.source.state
            if state == "unreachable":
                yield key, detail

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Raises SessionError."""
        link = self._links.get(backend.key)
        if link is None:
            raise SessionError(f"{backend.name} is not ready; start it first.")
        await link.source.choose_model(backend, model)

    def urls(self) -> set[str]:
        """Where engines of the board answer."""
        return {engine.url for engine in self._board if engine.url is not None}

    def drop(self, key: str) -> None:
        """It is gone."""
        self._leave(key)
        self._keys.pop(key, None)

    def _leave(self, key: str) -> None:
        """Of one that is no longer what it was, no answer that is on its way is shown."""
        if link := self._links.pop(key, None):
            link.source.leave()
            task = asyncio.get_running_loop().create_task(link.source.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Let all connections go."""
        await self._looks.close()
        links, self._links = list(self._links.values()), {}
        closing = [asyncio.ensure_future(link.source.close()) for link in links]
        if all_of_them := {*closing, *self._closing}:
            await asyncio.wait(all_of_them)

    def _server(self, engine: ManagedEngine, url: str) -> Server:
        place: Place = engine.place
        return Server(
            url=url,
            name=self._called(engine),
            engine=engine.engine,
            model=engine.model if engine.engine == "ollama" else None,
            api_key_env=self._keys.get(engine.key),
            place=place,
            seats=seats_of(engine),
        )

    def _put_absent(self, engine: ManagedEngine) -> None:
        detail = engine.failure.sentence if engine.failure else engine.words or engine.phase or ""
        backend = Backend(
            key=engine.key,
            name=self._called(engine),
            engine=engine.engine,
            place=engine.place,
            url=engine.url or "",
            model=engine.model,
            simulated=engine.simulated,
            seats=seats_of(engine),
        )
        now = self._stream.now()
        self._stream.put(BackendSeen(at=now, backend=backend, state=engine.status, detail=detail))

    def _completed(self, sample: EngineSampled) -> EngineSampled:
        return self.complete(sample)

    def _called(self, engine: ManagedEngine) -> str:
        """Several of one engine are told apart by their names."""
        label = PROFILES[engine.engine].label
        counted = Counter(other.engine for other in self._board)
        return f"{label} ({engine.name})" if counted[engine.engine] > 1 else label

    def _name_all(self) -> None:
        for engine in self._board:
            if link := self._links.get(engine.key):
                link.source.call(self._called(engine), engine.place)


def seats_of(engine: ManagedEngine) -> int | None:
    """How many requests it serves at once: its log's word, its option's, or its fixed default."""
    if engine.facts.seats is not None:
        return engine.facts.seats
    told = engine.options.get(SEATS.get(engine.engine, ""))
    if told is not None and told.isdecimal():
        return int(told)
    return DEFAULT_SEATS.get(engine.engine) if engine.owner != "foreign" else None
