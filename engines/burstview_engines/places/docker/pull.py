"""Pull an image with progress; it can be cancelled at any moment, even before its first byte."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec

from burstview_engines.core.managed import Failure
from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line
from burstview_engines.places.docker.daemon_socket import connect
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed, explain_words, explained
from burstview_engines.places.docker.look import image_of
from burstview_engines.places.docker.pull_state import PullEvent, PullState

if TYPE_CHECKING:
    from docker import APIClient

TICK = 0.1
"""Seconds between two looks at whether it was cancelled, and at most between two reports."""


class _Message(msgspec.Struct, frozen=True):
    message: str = ""


prepare(_Message)


def pull(
    engine: DockerEngine,
    reference: str,
    on_progress: Callable[[PullState], None],
    cancelled: threading.Event,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Returns when the daemon has the image. Raises DockerFailed, of kind `pull-cancelled` when
    `cancelled` was set: the daemon then stops too, unless another client pulls the same image.

    `on_progress` is called on the calling thread, about ten times a second while something comes
    and while nothing comes. Without a tag `latest` is pulled. Logins are those of `docker login`.
    """
    api = engine.new_api()
    reading = _Reading(api, reference, engine.endpoint.words)
    try:
        _follow(reading, on_progress, cancelled, clock)
    finally:
        reading.end()
        api.close()
    if image_of(engine, reference) is None:
        raise DockerFailed(
            Failure(
                kind="pull-incomplete",
                sentence=f"The pull of {reference} ended, but the image is not here.",
                step="Pull again, and see the daemon's log.",
            )
        )


def _follow(
    reading: _Reading,
    on_progress: Callable[[PullState], None],
    cancelled: threading.Event,
    clock: Callable[[], float],
) -> None:
    state = PullState(moved_at=clock(), now=clock())
    while not cancelled.is_set():
        for event in reading.arrived(TICK):
            if event is None:
                on_progress(state)
                reading.check()
                return
            if event.failure:
                raise _refused(event.failure)
            state = state.fold(event, clock())
        state = state.at(clock())
        on_progress(state)
    raise DockerFailed(
        Failure(
            kind="pull-cancelled", sentence="The pull was cancelled.", step="Pull again any time."
        )
    )


class _Reading:
    """One request and the thread that reads its answer."""

    def __init__(self, api: APIClient, reference: str, where: str) -> None:
        self._api, self._reference, self._where = api, reference, where
        self._events: SimpleQueue[PullEvent | None] = SimpleQueue()
        self._failed: DockerFailed | None = None
        with explained(where):
            self._socket = connect(api)
        threading.Thread(target=self._run, name="pull", daemon=True).start()

    def arrived(self, limit: float) -> Iterator[PullEvent | None]:
        """What has come, after at most `limit` seconds without anything; None is the end."""
        try:
            yield self._events.get(timeout=limit)
            while True:
                yield self._events.get_nowait()
        except Empty:
            return

    def check(self) -> None:
        """Raises DockerFailed when it ended badly."""
        if self._failed is not None:
            raise self._failed

    def end(self) -> None:
        """From any thread; a daemon that is left alone stops pulling."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _run(self) -> None:
        try:
            with explained(self._where):
                self._read()
        except DockerFailed as failed:
            self._failed = failed
        self._socket.close()
        self._events.put(None)

    def _read(self) -> None:
        connection = http.client.HTTPConnection("docker")
        connection.sock = self._socket
        try:
            connection.request("POST", _target(self._api, self._reference), headers=self._headers())
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refused(_words(answer.read(), answer.status))
            decoder = msgspec.json.Decoder(PullEvent)
            while line := answer.readline().strip():
                self._events.put(decoder.decode(line))
        except http.client.HTTPException as broken:
            raise ConnectionResetError("The daemon's answer broke off.") from broken

    def _headers(self) -> dict[str, str]:
        """The registry's login, if the person has one."""
        from docker import auth

        registry, _ = auth.resolve_repository_name(self._reference.partition("@")[0])
        header = auth.get_config_header(self._api, registry)
        return {"Content-Length": "0"} | ({"X-Registry-Auth": header.decode()} if header else {})


def _target(api: APIClient, reference: str) -> str:
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    query = urlencode({"fromImage": repository, "tag": tag or "latest"})
    prefix = "" if "+docker" in api.base_url else urlsplit(api.base_url).path.rstrip("/")
    return f"{prefix}/v{api.api_version}/images/create?{query}"


def _words(body: bytes, status: int) -> str:
    try:
        return msgspec.json.decode(body, type=_Message).message or f"HTTP {status}"
    except msgspec.DecodeError:
        return body[:300].decode("utf-8", "replace") or f"HTTP {status}"


def _refused(words: str) -> DockerFailed:
    known = explain_words(words)
    sentence = f"The image cannot be pulled: {one_line(words, 200)}"
    return DockerFailed(
        known or Failure(kind="pull-refused", sentence=sentence, step="", detail=words[:2000])
    )
