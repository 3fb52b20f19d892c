"""The one ordered stream of a live session: every event is folded and recorded as it comes in."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable

from burstview_engines.core.events import AnyEvent, Noticed, SessionStarted
from burstview_engines.core.recording import VERSION, Recorder, RecordingError
from burstview_engines.core.session import SessionFold
from burstview_engines.keys import Blotter


class EventStream:
    """Owned by the event loop's thread: nothing else may put events in."""

    def __init__(
        self, recorder: Recorder | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._recorder = recorder
        self.epoch = clock()
        """The session's zero on CLOCK_MONOTONIC, which all processes of a machine share."""
        self.fold = SessionFold()
        self.blotter = Blotter()

    def now(self) -> float:
        """Seconds since the session began."""
        return self._clock() - self.epoch

    def begin(self, program: str, wall: float) -> None:
        """Write the first line: who records, where, and the wall clock's time at second `now`."""
        self.put(
            SessionStarted(
                at=self.now(), version=VERSION, program=program, wall=wall, host=platform.node()
            )
        )

    def put(self, *events: AnyEvent) -> None:
        """Record first, then fold: what was seen is in the file, and no API key is in either."""
        cleaned = [self.blotter.clean(event) for event in events]
        self._record(cleaned)
        for event in cleaned:
            self.fold.apply(event)

    def notice(self, text: str, backend: str | None = None) -> None:
        """Put one sentence for the person at the screen in."""
        self.put(Noticed(at=self.now(), text=text, backend=backend))

    def close(self) -> None:
        """Close the recording; later events are only folded."""
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None

    def _record(self, events: Iterable[AnyEvent]) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.write(*events)
        except RecordingError as stop:
            self._recorder.close()
            self._recorder = None
            self.notice(f"{stop}; the session goes on without it")
