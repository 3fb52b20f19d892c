"""One request and its answer, whichever transport carries them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from burstview_engines.burst.dialect import EndCause, Piece, ResponseReader
from burstview_engines.burst.outbox import Outbox
from burstview_engines.core.events import (
    HeadersReceived,
    RequestEnded,
    RequestSent,
    TokensReceived,
)
from burstview_engines.core.plan import Phase

State = Literal["prepared", "sent", "ended"]


class Exchange:
    """Turns what a transport saw of one request into events. Times are CLOCK_MONOTONIC."""

    __slots__ = (
        "_chunks",
        "_has_text",
        "_is_listed",
        "_is_thinking",
        "_on_end",
        "_outbox",
        "_reader",
        "id",
        "intended",
        "phase",
        "prompt",
        "request",
        "state",
        "was_retried",
    )

    def __init__(
        self,
        *,
        phase: Phase,
        id: int,
        prompt: str,
        request: bytes,
        reader: ResponseReader,
        outbox: Outbox,
        on_end: Callable[[], None],
    ) -> None:
        self.phase = phase
        self.id = id
        self.prompt = prompt
        self.request = request
        """Head and body as they go over the wire; the body alone for the fallback."""
        self.intended = 0.0
        self.state: State = "prepared"
        self.was_retried = False
        self._reader = reader
        self._outbox = outbox
        self._on_end = on_end
        self._chunks: list[tuple[float, str]] = []
        self._is_thinking = False
        self._is_listed = False
        self._has_text = False

    @property
    def is_over(self) -> bool:
        """Nothing more will come of it."""
        return self.state == "ended"

    def sent(self, at: float) -> None:
        """The last byte was given to the socket; a second call means it was sent again."""
        outbox = self._outbox
        self.state = "sent"
        outbox.put(
            RequestSent(
                at=outbox.seconds(at),
                run=outbox.run,
                phase=self.phase,
                id=self.id,
                intended=outbox.seconds(self.intended),
                prompt=self.prompt,
            )
        )

    def head(self, at: float, status: int, content_type: str) -> None:
        """Status line and headers are complete."""
        outbox = self._outbox
        self._reader.head(status, content_type)
        outbox.put(
            HeadersReceived(
                at=outbox.seconds(at),
                run=outbox.run,
                phase=self.phase,
                id=self.id,
                status=status,
            )
        )

    def body(self, at: float, data: bytes) -> None:
        """Body bytes of one socket read; its chunks share the stamp."""
        self._take(at, self._reader.feed(data))
        if self._reader.is_complete:
            self.end(at, "eof")

    def end(self, at: float, cause: EndCause, detail: str = "") -> None:
        """The request is over; later calls do nothing. `detail` is the system's own word."""
        if self.state == "ended":
            return
        if self.state == "prepared":
            self.sent(max(at, self.intended))
        self.state = "ended"
        self._take(at, self._reader.finish())
        self._put_chunks()
        ending = self._reader.end(cause, detail)
        outbox = self._outbox
        outbox.put(
            RequestEnded(
                at=outbox.seconds(at),
                run=outbox.run,
                phase=self.phase,
                id=self.id,
                status=ending.status,
                finish_reason=ending.finish_reason,
                prompt_tokens=ending.prompt_tokens,
                output_tokens=ending.output_tokens,
                error=ending.error,
                note=ending.note,
                cancelled=cause == "cancelled",
                text=ending.text,
                server_times=ending.server_times,
            )
        )
        self._on_end()

    def list_texts(self) -> None:
        """Give the outbox all texts since the last flush as one event."""
        self._is_listed = False
        self._put_chunks()

    def _take(self, at: float, pieces: Sequence[Piece]) -> None:
        if not pieces:
            return
        seconds = self._outbox.seconds(at)
        for text, is_thinking in pieces:
            if is_thinking is not self._is_thinking:
                self._put_chunks()
                self._is_thinking = is_thinking
            self._chunks.append((seconds, text))
        if not self._is_listed:
            self._is_listed = True
            self._outbox.list_texts(self.list_texts, is_first=not self._has_text)
            self._has_text = True

    def _put_chunks(self) -> None:
        if not self._chunks:
            return
        chunks, self._chunks = tuple(self._chunks), []
        outbox = self._outbox
        outbox.chunks += len(chunks)
        outbox.put(
            TokensReceived(
                at=chunks[-1][0],
                run=outbox.run,
                phase=self.phase,
                id=self.id,
                chunks=chunks,
                thinking=self._is_thinking,
            )
        )
