"""A container's log, followed across stops, restarts and breaks, no line lost and none twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from burstview_engines.places.docker import log_state
from burstview_engines.places.docker.daemon_socket import outages
from burstview_engines.places.docker.lifeline import Lifeline
from burstview_engines.places.docker.log_lines import GarbledLog
from burstview_engines.places.docker.log_pace import Backoff
from burstview_engines.places.docker.log_state import Look
from burstview_engines.places.docker.log_tape import LogSink, LogTape, Reading, Split
from burstview_engines.places.docker.stream_close import StreamCut, StreamRefused

if TYPE_CHECKING:
    from docker import APIClient

TAIL = 500
"""Lines of the past that are read first."""
REFUSED_PAUSE = 10.0
"""Seconds until a log that could not be read is asked for again."""
_BRIEF = 0.2
"""Seconds; a stream that ends earlier is not asked for again at once."""
_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0
"""Seconds between two looks at a container that does not run; Docker's own pauses before it
restarts one grow in the same way, from 0.1 s on."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The last run that was told of, and whether its end was not."""

    run: str
    is_running: bool


class LogFollower:
    """A daemon thread that puts one container's log into a sink.

    `make_api` gives a client of its own; it is called on the thread, anew after each break, and
    may raise docker's errors, OSError or SessionError, which count as the daemon's absence.
    """

    def __init__(
        self,
        make_api: Callable[[], APIClient],
        container: str,
        sink: LogSink,
        *,
        tail: int = TAIL,
    ) -> None:
        self._make_api = make_api
        self._target = container
        self._sink = sink
        self._tail = max(tail, 1)
        self._lifeline = Lifeline()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._api: APIClient | None = None
        self._tape = LogTape(container, sink, self._tail)
        self._told: _Told | None = None
        self._exit_code: int | None = None
        self._is_gone = False
        self._refusals: list[str] = []
        self._outage = Backoff(0.5, 5.0)
        self._poll = Backoff(_FIRST_POLL, _LONGEST_POLL)

    def start(self) -> None:
        """Begin; everything that blocks is done on the thread."""
        self._thread.start()

    def retarget(self, container: str) -> None:
        """Go on with another container, the old one's successor, after a remark; all that the new
        one has said is read."""
        self._target = container
        self._lifeline.cut()

    def look_now(self, exit_code: int | None = None) -> None:
        """The container may have changed: look at it without waiting for the next poll. The code
        is that of a `die` event; where another run began since, the daemon has forgotten it."""
        if exit_code is not None:
            self._exit_code = exit_code
        self._lifeline.wake()

    def close(self) -> None:
        """End, from any thread, whatever goes on."""
        self._lifeline.close()

    def join(self, timeout: float) -> bool:
        """Wait for the thread after `close`; whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._lifeline.renew():
            if self._target != self._tape.container:
                self._change_tape()
            try:
                while True:
                    self._round()
            except StreamCut:
                continue
        self._drop_api()

    def _change_tape(self) -> None:
        self._sink.remark(log_state.RECREATED)
        self._tape = LogTape(self._target, self._sink, self._tail)
        self._tape.expect_all()
        self._told = None
        self._refusals.clear()

    def _round(self) -> None:
        """Look and read; trouble becomes a remark and a pause."""
        try:
            self._api = self._api or self._make_api()
            self._look_and_read(self._api)
        except StreamRefused as refusal:
            if refusal.status == 404:
                self._say_removed()
            elif refusal.status == 409 and log_state.is_removal(str(refusal)):
                self._lifeline.pause(_BRIEF)
            else:
                self._say_refused(str(refusal))
        except outages(GarbledLog):
            self._say_gone()
        if self._lifeline.is_cut:
            raise StreamCut

    def _look(self, api: APIClient) -> Look:
        path = f"/containers/{self._tape.container}/json"
        return log_state.look(self._lifeline.fetch(api, path, {}))

    def _look_and_read(self, api: APIClient) -> None:
        now = self._look(api)
        self._say_back()
        told = self._told
        self._catch_up(api, now)
        if now.is_running:
            began = time.monotonic()
            self._read(api, now, follow=True)
            if time.monotonic() - began < _BRIEF:
                self._lifeline.pause(_BRIEF)
        elif told != self._told:
            self._poll.reset()
        else:
            self._lifeline.pause(self._poll.next())

    def _catch_up(self, api: APIClient, now: Look) -> None:
        """Read and remark until what was told is what is."""
        if self._told is None:
            self._told = _Told(now.run, is_running=now.run != log_state.NEVER)
            if not self._told.is_running:
                self._sink.remark(log_state.NOT_STARTED)
                self._tape.expect_all()
        if self._told.run != now.run:
            self._tell_start(api, now, self._told)
        if self._told.run == now.run and self._told.is_running and not now.is_running:
            try:
                self._read(api, now)
            except StreamRefused:  # one that is being removed has no log any more, but an end
                self._tell_end(now)
                raise
            self._tell_end(now)

    def _tell_end(self, now: Look) -> None:
        self._sink.remark(now.ending)
        self._told = _Told(now.run, is_running=False)

    def _tell_start(self, api: APIClient, now: Look, told: _Told) -> None:
        """Of a run whose end was told all lines are here; of another the rest comes first."""
        if told.is_running:
            self._tell_restart(now)
            self._read(api, now)
            return
        is_first = told.run == log_state.NEVER
        self._sink.remark(log_state.STARTED if is_first else log_state.STARTED_AGAIN)
        self._told = _Told(now.run, is_running=True)

    def _tell_restart(self, now: Look) -> None:
        code, self._exit_code = self._exit_code, None
        remarks = (log_state.stopped(code), log_state.STARTED_AGAIN)
        self._tape.split(Split(now.boundary, remarks))
        self._told = _Told(now.run, is_running=True)

    def _read(self, api: APIClient, now: Look, *, follow: bool = False) -> None:
        on_wake = partial(self._look_while_reading, api)
        reading = Reading(
            now.has_terminal, follow=follow, file_bytes=now.file_bytes, on_wake=on_wake
        )
        self._tape.read(self._lifeline, api, reading)
        self._refusals.clear()

    def _look_while_reading(self, api: APIClient) -> None:
        """What the stream does not tell by ending; that it cannot be told is no reason to end."""
        try:
            now = self._look(api)
        except outages(StreamRefused):
            return
        told = self._told
        if told is not None and told.is_running and told.run != now.run:
            self._tell_restart(now)

    def _say_removed(self) -> None:
        self._sink.remark(log_state.REMOVED)
        self._lifeline.wait_for_cut()

    def _say_refused(self, words: str) -> None:
        """The first refusal may be one of a container that is about to be removed."""
        self._refusals.append(words)
        if len(self._refusals) == 1:
            self._lifeline.pause(_BRIEF)
            return
        if words not in self._refusals[1:-1]:
            self._sink.remark(log_state.unreadable(words))
        self._lifeline.pause(REFUSED_PAUSE)

    def _drop_api(self) -> None:
        if self._api is not None:
            self._api.close()
            self._api = None

    def _say_gone(self) -> None:
        self._drop_api()
        if not self._is_gone and not self._lifeline.is_cut:
            self._is_gone = True
            self._sink.remark(log_state.GONE)
        self._lifeline.rest(self._outage.next())

    def _say_back(self) -> None:
        if self._is_gone:
            self._is_gone = False
            self._outage.reset()
            self._sink.remark(log_state.BACK)
