"""Long answers of a daemon that any thread can end at once: logs, events, stats.

docker-py's own streams cannot all be closed from another thread, and they unpack an answer piece
by piece, which costs more than the log itself. Here one socket is one request, shut down to end it:
asked in HTTP/1.0, so that the daemon sends the bare stream without chunks, where the end does not
matter.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.daemon_socket import connect
from burstview_engines.places.docker.http_body import Body, OpenBody, body_of

if TYPE_CHECKING:
    from docker import APIClient

_BLOCK = 1 << 16
"""More than a local socket holds of log lines, less than malloc would map anew each time."""
_HEAD_LIMIT = 1 << 16


class StreamRefused(Exception):  # noqa: N818  a daemon may say no
    """The daemon answered with an error; the text is its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class StreamCut(Exception):  # noqa: N818  it was asked for
    """The lifeline was cut or closed: nothing more shall be read."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a daemon."""

    path: str
    """After the version; begins with a slash."""
    query: Mapping[str, str | int] = field(default_factory=dict)
    is_whole: bool = False
    """An answer that breaks off is told from one that is over. It costs more: the daemon then sends
    each line of a log as a chunk."""
    silence: float | None = None
    """Seconds after which a silent daemon is taken for gone; None: never."""


class DaemonStream:
    """One GET whose answer goes on until somebody ends it; `end` may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_ended = False
        self._first = b""
        self._body: Body = OpenBody()
        self.answered_at = 0.0
        """Unix time of the answer's beginning by the daemon's clock, in whole seconds."""

    def open(self, api: APIClient, asked: Ask) -> None:
        """Send it and wait for the head of the answer. Raises StreamRefused for a daemon's no,
        StreamCut after `end`, else OSError."""
        connected = connect(api)
        connected.settimeout(asked.silence)
        with self._lock:
            self._socket = connected
            if self._is_ended:
                raise StreamCut
        connected.sendall(_request(api, asked))
        head, self._first = _head(connected)
        status = _status(head)
        self._body = body_of(head)
        self.answered_at = _date(head)
        if status != 200:
            raise StreamRefused(status, _words(b"".join(iter(self.read, b"")), status))

    def wait(self, limit: float) -> bool:
        """Whether `read` would not block, after at most `limit` seconds."""
        import select

        reader = self._socket
        if (
            reader is None
            or self._first
            or (isinstance(reader, ssl.SSLSocket) and reader.pending())
        ):
            return True
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        return bool(poll.poll(limit * 1000))

    def gather(self, seconds: float) -> None:
        """Let more come; returns at once when the stream is over or ended. It costs half of what
        waiting on a lock does."""
        import select

        if self._socket is not None and seconds > 0:
            poll = select.poll()
            poll.register(self._socket, 0)
            poll.poll(seconds * 1000)

    def read(self) -> bytes:
        """All that has come, at least a byte; empty when the answer is over or was ended. Raises
        ConnectionResetError where an answer breaks off whose end is known."""
        while not self._body.is_over:
            got, self._first = self._first or self._received(), b""
            if not got:
                if isinstance(self._body, OpenBody) or self._is_ended:
                    return b""
                raise ConnectionResetError("The daemon's answer broke off.")
            part = self._body.feed(got)
            if part:
                return part
        return b""

    def _received(self) -> bytes:
        if self._socket is None:
            return b""
        try:
            return self._socket.recv(_BLOCK)
        except OSError:
            return b""

    def end(self) -> None:
        """Let the reader see the end now. The socket itself is closed by `close`, by the reader:
        its number must not be given to another file while somebody reads from it."""
        with self._lock:
            self._is_ended = True
            if self._socket is not None:
                _shut(self._socket)

    def close(self) -> None:
        """Give the socket back; for the thread that reads."""
        with self._lock:
            self._is_ended = True
            if self._socket is not None:
                self._socket.close()
                self._socket = None


class _Message(msgspec.Struct, frozen=True):
    message: str = ""


prepare(_Message)


def _shut(held: socket.socket) -> None:
    """Of TLS too the bare socket: the reader then sees an end and nobody waits for a farewell."""
    try:
        socket.socket.shutdown(held, socket.SHUT_RDWR)
    except OSError:
        return


def _request(api: APIClient, asked: Ask) -> bytes:
    """In HTTP/1.1 an answer says where it ends."""
    prefix = urlsplit(api.base_url).path.rstrip("/") if "+docker" not in api.base_url else ""
    target = f"{prefix}/v{api.api_version}{quote(asked.path)}?{urlencode(asked.query)}"
    version = "1.1" if asked.is_whole else "1.0"
    headers = "Host: docker\r\nConnection: close"
    return f"GET {target} HTTP/{version}\r\n{headers}\r\n\r\n".encode()


def _head(connected: socket.socket) -> tuple[bytes, bytes]:
    """The head, and what came of the body with it."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connected.recv(_BLOCK)
        got += more
        if not more or len(got) > _HEAD_LIMIT + _BLOCK:
            raise ConnectionResetError("The daemon closed the connection without an answer.")
    head, _, first = got.partition(b"\r\n\r\n")
    return head, first


def _status(head: bytes) -> int:
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ConnectionResetError("What answered is not a Docker daemon.")
    return int(words[1])


def _date(head: bytes) -> float:
    """0 without one, or with one that is none."""
    found = re.search(rb"(?i)\r\ndate: ([^\r]+)", head)
    parts = parsedate_tz(found[1].decode("ascii", "replace")) if found else None
    return mktime_tz(parts) if parts else 0.0


def _words(body: bytes, status: int) -> str:
    try:
        return msgspec.json.decode(body, type=_Message).message or f"HTTP {status}"
    except msgspec.DecodeError:
        return body[:300].decode("utf-8", "replace").strip() or f"HTTP {status}"
