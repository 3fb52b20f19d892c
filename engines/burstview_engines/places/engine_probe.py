"""Asks one engine for its gauges. Whatever it answers costs no more than a mark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import prometheus_client.parser  # noqa: F401 - whoever imports this does so on a thread

from burstview_engines.backends.fetch import control_client
from burstview_engines.backends.gauge_answer import (
    LIMIT,
    GaugeProblem,
    SwitchedOffGauges,
    ask_gauges,
)
from burstview_engines.backends.gauges import GaugePath, Gauges, together
from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled
from burstview_engines.http import httpx

OFF_PAUSE = 30.0
"""Seconds until a path that is switched off is asked again: engines log each question."""

Told = Gauges | GaugeProblem


class EngineProbe:
    """One event loop owns it. Its connections stay open, one for each path."""

    def __init__(self, key: str, now: Callable[[], float]) -> None:
        """`now` gives session seconds."""
        self._key, self._now = key, now
        self._client: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._not_before: dict[str, float] = {}
        self._problem: str | None = None
        self._is_closed = False
        self._asking: asyncio.Future[list[Told]] | None = None

    async def look(self, backend: Backend, api_key: str | None = None) -> EngineSampled | None:
        """What it tells now. None: nothing is due, it has no gauges, or the problem is the one
        that was told last."""
        async with self._lock:
            began = self._now()
            paths = PROFILES[backend.engine].gauges
            due = [path for path in paths if self._not_before.get(path.path, 0.0) <= began]
            if self._is_closed or not due:
                return None
            told = await self._ask_all(backend, due, api_key)
            if told is None or self._is_closed:
                return None
            return self._sampled(list(zip(due, told, strict=True)), self._now() - began)

    async def close(self) -> None:
        """Let the connections go; nothing is asked any more. What is asked just now ends first: a
        connection that is only being made would outlive its client."""
        self._is_closed = True
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _ask_all(
        self, backend: Backend, due: Sequence[GaugePath], api_key: str | None
    ) -> list[Told] | None:
        """None when it was closed meanwhile."""
        self._asking = asyncio.gather(*(self._ask(backend, path, api_key) for path in due))
        try:
            return await self._asking
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._is_closed and task is not None and not task.cancelling():
                return None
            raise
        finally:
            self._asking = None

    async def _ask(self, backend: Backend, path: GaugePath, api_key: str | None) -> Told:
        if self._is_closed:
            return GaugeProblem("The session has ended.")
        if self._client is None:
            self._client = control_client(backend.url, timeout=LIMIT)
        self._not_before[path.path] = self._now() + path.least_pause
        try:
            return await ask_gauges(self._client, backend, path, api_key)
        except SwitchedOffGauges as off:
            self._not_before[path.path] = self._now() + OFF_PAUSE
            return off
        except GaugeProblem as problem:
            return problem

    def _sampled(
        self, answers: Sequence[tuple[GaugePath, Told]], took: float
    ) -> EngineSampled | None:
        readable = [(path, told) for path, told in answers if isinstance(told, Gauges)]
        if not readable:
            return self._marked(answers)
        self._problem = None
        gauges = together([told for _, told in readable])
        return EngineSampled(
            at=self._now(),
            backend=self._key,
            source=readable[0][0].source,
            took=took,
            **msgspec.structs.asdict(gauges),
        )

    def _marked(self, answers: Sequence[tuple[GaugePath, Told]]) -> EngineSampled | None:
        """What is off for good says less than what went wrong just now."""
        path, worst = min(answers, key=lambda answer: isinstance(answer[1], SwitchedOffGauges))
        sentence = str(worst)
        if sentence == self._problem:
            return None
        self._problem = sentence
        return EngineSampled(
            at=self._now(), backend=self._key, source=path.source, problem=sentence
        )
