"""API keys: read from the environment when they are used, and blotted out of what servers say."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    EngineChanged,
    EngineSampled,
    GpuProcessesSeen,
    Noticed,
    PhaseFailed,
    RequestEnded,
    RunEnded,
    TokensReceived,
)
from burstview_engines.source import SessionError

BLOT = "[key]"
SHORTEST = 4
"""A shorter value is not searched for: it would blot out ordinary words."""


def read_key(name: str | None, environ: Mapping[str, str]) -> str | None:
    """The key in that environment variable; None without a name. Raises SessionError if unset."""
    if name is None:
        return None
    key = environ.get(name, "").strip()
    if not key:
        raise SessionError(f"The environment variable {name} is not set; put the API key into it.")
    if not key.isascii() or not key.isprintable():
        raise SessionError(f"The environment variable {name} holds characters no API key has.")
    return key


class Blotter:
    """Replaces keys in events before they are recorded or shown: servers may repeat a wrong one."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def learn(self, key: str | None) -> None:
        """Never let this key through again."""
        if key is not None and len(key) >= SHORTEST:
            self._keys.add(key)

    def masked(self, text: str) -> str:
        """The text without keys."""
        return self._text(text) or ""

    def clean(self, event: AnyEvent) -> AnyEvent:
        """The event without keys; the same object when there is none in it."""
        if not self._keys:
            return event
        match event:
            case RequestEnded():
                return self._replaced(event, error=event.error, text=event.text, note=event.note)
            case PhaseFailed() | RunEnded():
                return self._replaced(event, reason=event.reason)
            case BackendSeen():
                return self._replaced(event, detail=event.detail)
            case Noticed():
                return self._replaced(event, text=event.text)
            case TokensReceived():
                return self._clean_chunks(event)
            case EngineChanged():
                return self._clean_engine(event)
            case EngineSampled():
                return self._replaced(event, problem=event.problem)
            case GpuProcessesSeen():
                return self._clean_processes(event)
            case _:
                return event

    def _replaced(self, event: AnyEvent, **texts: str | None) -> AnyEvent:
        cleaned = {name: self._text(text) for name, text in texts.items()}
        return event if cleaned == texts else msgspec.structs.replace(event, **cleaned)

    def _clean_chunks(self, event: TokensReceived) -> AnyEvent:
        chunks = tuple((at, self._text(text) or "") for at, text in event.chunks)
        return event if chunks == event.chunks else msgspec.structs.replace(event, chunks=chunks)

    def _clean_engine(self, event: EngineChanged) -> AnyEvent:
        """vLLM logged its key until August 2026: a failure's detail may be such a line."""
        engine, failure = event.engine, event.engine.failure
        if failure is None:
            return event
        told = {
            name: self.masked(getattr(failure, name)) for name in ("sentence", "step", "detail")
        }
        cleaned = msgspec.structs.replace(failure, **told)
        if cleaned == failure:
            return event
        engine = msgspec.structs.replace(engine, failure=cleaned)
        return msgspec.structs.replace(event, engine=engine)

    def _clean_processes(self, event: GpuProcessesSeen) -> AnyEvent:
        """A server that somebody started may have its key among its arguments."""
        cleaned = tuple(
            msgspec.structs.replace(process, command=self._text(process.command))
            for process in event.processes
        )
        if cleaned == event.processes:
            return event
        return msgspec.structs.replace(event, processes=cleaned)

    def _text(self, text: str | None) -> str | None:
        for key in self._keys:
            text = text.replace(key, BLOT) if text else text
        return text
