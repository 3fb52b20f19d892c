"""Follows the logs of Ollamas for their slots: no other way tells who is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from burstview_engines.core.engine_overlay import Overlay
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fleet.log_clock import LogClock
from burstview_engines.fleet.log_source import LogSource, OpenLog
from burstview_engines.launch.slot_state import NOISE, SlotState
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

ENGINES = ("ollama",)
"""llama.cpp tells more of its slots at /slots."""
TAIL = 2000
"""Lines of the past that are read first: some twenty requests of an Ollama."""
KEPT = 1
"""Lines that are kept: nobody looks at them."""


class SlotWatch:
    """One event loop owns it."""

    def __init__(
        self, stream: EventStream, side_of: Callable[[str], LogSource], wall: Callable[[], float]
    ) -> None:
        self._stream, self._side_of, self._wall = stream, side_of, wall
        self._logs: dict[str, _Followed] = {}

    def show(self, engine: ManagedEngine) -> None:
        """Follow one that is ready, and no other."""
        if engine.engine not in ENGINES or engine.status != "ready":
            self.drop(engine.key)
            return
        followed = self._logs.get(engine.key)
        if followed is not None and followed.id == engine.id:
            return
        self.drop(engine.key)
        with suppress(SessionError):  # its log cannot be read: its slots stay unknown
            reader = SlotReader(engine.key, self._stream, self._wall)
            log = self._side_of(engine.key).open_log(
                engine.key, reader.take, tail=TAIL, kept=KEPT, noise=NOISE, stamped=True
            )
            self._logs[engine.key] = _Followed(engine.id, log, reader)

    def complete(self, sample: EngineSampled) -> EngineSampled:
        """What another source told of an engine, with its slots."""
        followed = self._logs.get(sample.backend)
        return sample if followed is None else followed.reader.overlay.take(sample)

    def drop(self, key: str) -> None:
        """It is not followed any more."""
        if followed := self._logs.pop(key, None):
            followed.log.close()

    def close(self) -> None:
        """None is."""
        for key in tuple(self._logs):
            self.drop(key)


class SlotReader:
    """Turns one engine's lines into samples, each stamped with its line's time."""

    def __init__(self, key: str, stream: EventStream, wall: Callable[[], float]) -> None:
        self.overlay = Overlay()
        self._key, self._stream = key, stream
        self._state = SlotState()
        self._clock = LogClock(stream.now, wall)
        self._has_begun = False

    def take(self, lines: Sequence[str]) -> None:
        """Of lines that were there before only the outcome is told."""
        self._clock.arrived(lines[-1])
        is_untold = False
        for line in lines:
            if not self._state.feed(self._clock.text(line)):
                continue
            is_untold = self._clock.is_old(line, otherwise=not self._has_begun)
            if not is_untold:
                self._put(self._clock.at(line))
        self._has_begun = True
        if is_untold:
            self._put(self._stream.now())

    def _put(self, at: float) -> None:
        state = self._state
        sample = EngineSampled(
            at=at,
            backend=self._key,
            source="log",
            running=state.running,
            seats=state.seats,
            context_tokens=state.context_tokens,
            slots=state.slots,
        )
        self._stream.put(self.overlay.take(sample))


@dataclass(frozen=True, slots=True)
class _Followed:
    id: str | None
    """Of the container or process."""
    log: OpenLog
    reader: SlotReader
