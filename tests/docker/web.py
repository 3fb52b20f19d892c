"""A small threaded HTTP server that tests let go wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STEP = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    """Answers and throttled bodies; subclasses say what to answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""

    def do_HEAD(self) -> None:
        """A GET without its body."""
        self.do_GET()

    def do_GET(self) -> None:
        """A client that leaves is no error."""
        with suppress(ConnectionError, TimeoutError):
            self.serve()

    def serve(self) -> None:
        """Answer the request."""
        raise NotImplementedError

    def reply(
        self,
        status: int,
        body: bytes = b"",
        kind: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Head and body at once."""
        self.head(status, len(body), kind, more)
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(
        self, status: int, length: int, kind: str, more: Mapping[str, str] | None = None
    ) -> None:
        """The head alone."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def pour(self, data: bytes, rate: float | None) -> None:
        """A body, at so many bytes a second."""
        for begin in range(0, len(data), STEP):
            self.wfile.write(data[begin : begin + STEP])
            if rate is not None:
                time.sleep(STEP / rate)


class Server(ThreadingHTTPServer):
    """Connections end with the server."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks is part of the tests."""


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """In a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
