"""What happens to a daemon's containers, told as it happens, and the daemon gone and back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.daemon_socket import outages
from burstview_engines.places.docker.lifeline import Lifeline
from burstview_engines.places.docker.log_pace import Backoff
from burstview_engines.places.docker.stream_close import Ask, DaemonStream, StreamCut, StreamRefused

if TYPE_CHECKING:
    from docker import APIClient

POLL = 10.0
"""Seconds between two lists of all containers, in case an event was missed."""
ACTIONS = frozenset(
    {
        "create",
        "start",
        "restart",
        "die",
        "oom",
        "stop",
        "kill",
        "pause",
        "unpause",
        "rename",
        "update",
        "destroy",
        "health_status",
    }
)
_OTHER_NAMES = {"died": "die", "remove": "destroy"}
"""Podman's."""
_NOISE = (b'"exec_', b'"Action":"top"')
"""Health checks make nine of ten events."""

Listed = Mapping[str, object]
"""A container as `/containers/json` has it."""


class _Actor(msgspec.Struct, frozen=True, rename="pascal"):
    id: str = msgspec.field(default="", name="ID")
    attributes: dict[str, str] | None = None


class _Event(msgspec.Struct, frozen=True, rename="pascal"):
    type: str = ""
    action: str = ""
    actor: _Actor = _Actor()


prepare(_Event)


class DaemonGoneError(ConnectionError):
    """The stream of events ended without an error, as it does when a daemon stops."""


class EventWatch:
    """A daemon thread; all callbacks are called on it.

    `on_list` gets all containers, running or not: at the beginning, after each break and every
    `poll` seconds. It may be newer than events that are delivered after it, so an event is a reason
    to look, not a state. `on_event` gets `(action, id, attributes)` of the actions in ACTIONS, a
    health check's as `health_status: healthy`. `on_gone` is told once in an outage, with what was
    raised; `on_back` when the daemon answers again, before its list. `make_api`: as LogFollower's.
    """

    def __init__(
        self,
        make_api: Callable[[], APIClient],
        *,
        on_list: Callable[[Sequence[Listed]], None],
        on_event: Callable[[str, str, Mapping[str, str]], None],
        on_gone: Callable[[Exception], None],
        on_back: Callable[[], None],
        poll: float = POLL,
    ) -> None:
        self._make_api = make_api
        self._on_list = on_list
        self._on_event = on_event
        self._on_gone = on_gone
        self._on_back = on_back
        self._poll = poll
        self._lifeline = Lifeline()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._is_gone = False
        self._backoff = Backoff(0.5, 5.0)

    def start(self) -> None:
        """Begin; everything that blocks is done on the thread."""
        self._thread.start()

    def close(self) -> None:
        """End, from any thread, whatever goes on."""
        self._lifeline.close()

    def join(self, timeout: float) -> bool:
        """Wait for the thread after `close`; whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        filters = msgspec.json.encode({"type": ["container"]}).decode()
        while not self._lifeline.is_closed:
            try:
                with (
                    closing(self._make_api()) as api,
                    self._lifeline.streaming(api, Ask("/events", {"filters": filters})) as stream,
                ):
                    self._follow(api, stream)
            except StreamCut:
                return
            except outages(StreamRefused) as error:
                self._say_gone(error)
            self._lifeline.rest(self._backoff.next())

    def _follow(self, api: APIClient, stream: DaemonStream) -> None:
        """List first: what happened before the stream began is in the list."""
        self._list(api)
        due = time.monotonic() + self._poll
        rest = b""
        while True:
            if not stream.wait(max(due - time.monotonic(), 0.0)):
                self._list(api)
                due = time.monotonic() + self._poll
                continue
            chunk = stream.read()
            if not chunk:
                raise DaemonGoneError("The daemon ended its stream of events.")
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._tell(line)

    def _list(self, api: APIClient) -> None:
        body = self._lifeline.fetch(api, "/containers/json", {"all": 1})
        listed = msgspec.json.decode(body, type=list[dict[str, object]])
        if self._is_gone:
            self._is_gone = False
            self._on_back()
        self._backoff.reset()
        self._on_list(listed)

    def _tell(self, line: bytes) -> None:
        if not line.strip() or any(noise in line for noise in _NOISE):
            return
        event = msgspec.json.decode(line, type=_Event)
        name, colon, more = event.action.partition(":")
        name = _OTHER_NAMES.get(name, name)
        if event.type == "container" and name in ACTIONS and not self._lifeline.is_closed:
            self._on_event(name + colon + more, event.actor.id, event.actor.attributes or {})

    def _say_gone(self, error: Exception) -> None:
        if not self._is_gone and not self._lifeline.is_closed:
            self._is_gone = True
            self._on_gone(error)
