"""The HTTP/1.1 framing of one answer: status, content type and body bytes out of raw reads."""

from __future__ import annotations

import httptools

MOST_SHOWN = 60
"""Bytes quoted of an answer that is not HTTP."""


class HttpAnswer:
    """Framing of one answer: chunked, by content length, or until the connection closes.

    Interim answers (1xx) are skipped and trailers ignored.
    """

    def __init__(self) -> None:
        self.status = 0
        self.content_type = ""
        self.has_head = False
        """Status line and headers of the final answer are complete."""
        self.is_complete = False
        self.is_framed = False
        """Its end is told by a length or by chunks; otherwise the closing of the connection is."""
        self.has_bytes = False
        self.can_stay_open = False
        self.problem: str | None = None
        """What came instead of HTTP and what to check."""
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""

    def feed(self, data: bytes) -> bytes:
        """Body bytes in one socket read, as far as it is HTTP; `problem` tells if it is not."""
        self.has_bytes = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.problem = (
                "it asks for another protocol (status 101);"
                " check that the URL is an OpenAI-compatible HTTP server's"
            )
        except httptools.HttpParserError as error:
            if not self.is_complete:
                self.problem = self._garbled(data, error)
            self.can_stay_open = False
        body, self._body = self._body, b""
        return body

    def _garbled(self, data: bytes, error: httptools.HttpParserError) -> str:
        if self.has_head:
            return f"its body breaks off ({error}); look at the server's log, or a proxy's"
        shown = data[:MOST_SHOWN].decode("utf-8", "replace")
        return f"it reads {shown!r} ({error}); check the URL's scheme and port"

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the head, or a trailer."""
        if self.has_head:
            return
        match name.lower():
            case b"content-type":
                self.content_type = value.decode("latin-1")
            case b"content-length" | b"transfer-encoding":
                self.is_framed = True

    def on_headers_complete(self) -> None:
        """The head is there; 1xx is only announced."""
        status = self._parser.get_status_code()
        if status >= 200:
            self.status, self.has_head = status, True

    def on_body(self, body: bytes) -> None:
        """Part of the body, framing removed."""
        self._body = self._body + body if self._body else body

    def on_message_complete(self) -> None:
        """The end of the answer, or of an interim one."""
        if self.has_head:
            self.is_complete = True
            self.can_stay_open = self._parser.should_keep_alive()
