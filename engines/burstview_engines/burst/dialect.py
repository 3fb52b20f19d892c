"""One response read: status, headers and body bytes in, text pieces and an ending out.

Pure: no clock, no socket. A success is a seen finish_reason other than "abort" and "error";
neither `[DONE]` nor the end of the bytes is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from burstview_engines.burst import chunk as wire
from burstview_engines.burst import endings, lenient
from burstview_engines.burst.endings import EndCause
from burstview_engines.burst.errors import http_error, stream_error, words_of
from burstview_engines.burst.inline import InlineThinking
from burstview_engines.burst.notes import Success, notes
from burstview_engines.burst.sse import EventSplitter
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan

__all__ = ["EndCause", "Ending", "Piece", "ResponseReader"]

MAX_BODY_BYTES = 8 << 20
"""Of a body that is no event stream; what comes beyond it is dropped."""

FAILED = ("abort", "error")
"""Reasons for finishing that are no success."""


class Piece(NamedTuple):
    """Text that arrived in one chunk; never empty. A piece is not a token."""

    text: str
    thinking: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of the request: the fields of `RequestEnded` of the same names."""

    status: int | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    note: str | None = None
    text: str | None = None
    server_times: dict[str, float] | None = None


class ResponseReader:
    """Reads one response. `head` comes before the first `feed`, `end` last."""

    def __init__(self, backend: Backend, plan: BurstPlan, stream: bool) -> None:
        self._backend, self._plan, self._stream = backend, plan, stream
        self._status: int | None = None
        self._events: EventSplitter | None = None
        self._body = bytearray()
        self._body_overflowed = False
        self._inline = InlineThinking()
        self._has_settled = False
        self._facts = endings.Facts()
        self._usage = wire.Usage()
        self._server_times: dict[str, float] = {}

    @property
    def is_complete(self) -> bool:
        """`[DONE]` came: a client need not wait for the end of the bytes."""
        return self._facts.done

    def head(self, status: int, content_type: str) -> None:
        """The status line and the Content-Type header came ("" if there was none)."""
        self._status = status
        kind = content_type.partition(";")[0].strip().lower()
        streams = kind == "text/event-stream" or (self._stream and kind in ("", "text/plain"))
        if status == 200 and streams:
            self._events = EventSplitter()

    def feed(self, data: bytes) -> Sequence[Piece]:
        """Body bytes, cut anywhere; the text pieces that they complete."""
        if self._events is None or not self._facts.events:
            self._keep(data)
        if self._events is None:
            return ()
        pieces: list[Piece] = []
        for payload, name in self._events.feed(data):
            self._take(payload, name, pieces)
        return pieces

    def finish(self) -> Sequence[Piece]:
        """The pieces of a last event that lacks its blank line. Optional, before `end`."""
        pieces: list[Piece] = []
        for payload, name in self._events.end() if self._events else ():
            self._take(payload, name, pieces)
        return pieces

    def end(self, cause: EndCause, detail: str = "") -> Ending:
        """The ending; `detail` is the operating system's or the TLS library's own word."""
        self.finish()
        if self._events is not None and self._events.overflowed:
            self._facts.foreign = self._facts.foreign or b"an event without an end"
        text = None
        if self._events is None or not self._facts.events:
            text = self._end_of_body(cause)
        facts = self._facts
        error = facts.error or endings.error(self._backend, self._plan, facts, cause, detail)
        return Ending(
            status=self._status,
            finish_reason=facts.finish_reason,
            prompt_tokens=self._usage.prompt_tokens,
            output_tokens=self._usage.completion_tokens,
            error=endings.sentence(error) if error else None,
            note=None if error else self._notes(text),
            text=text,
            server_times=self._server_times or None,
        )

    def _take(self, payload: bytes, name: str, pieces: list[Piece]) -> None:
        """One event. The order of the tests is that of how often they hold."""
        facts = self._facts
        if payload.startswith(b"[DONE]"):
            facts.events, facts.done = facts.events + 1, True
            return
        chunk = wire.read(payload)
        if chunk is None:
            self._take_foreign(payload, name)
            return
        facts.events += 1
        facts.last = payload
        if chunk.choices:
            for choice in chunk.choices:
                if choice.index == 0:
                    self._take_choice(choice, pieces)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if chunk.timings is not None or chunk.metrics is not None:
            self._take_times(chunk)
        if not chunk.choices and chunk.usage is None:
            self._take_odd(payload, name)

    def _take_choice(self, choice: wire.Choice, pieces: list[Piece]) -> None:
        if choice.finish_reason:
            self._facts.finish_reason = choice.finish_reason
        delta = choice.delta or choice.message
        if delta is None:
            self._say(choice.text, pieces)
            return
        thought = delta.reasoning or delta.reasoning_content
        if thought:
            self._facts.reasoned = True
            self._facts.say(thought)
            pieces.append(Piece(thought, True))
        self._say(delta.content or _tool_text(delta), pieces)

    def _say(self, text: str | None, pieces: list[Piece]) -> None:
        if not text:
            return
        thinking = False
        if not self._has_settled:
            thinking = self._inline.is_thinking(text)
            self._has_settled = self._inline.is_settled
        self._facts.say(text)
        pieces.append(Piece(text, thinking))

    def _take_times(self, chunk: wire.Chunk) -> None:
        """llama.cpp sends its counts in every answer, usage only when asked."""
        self._server_times = wire.server_times(chunk) or self._server_times
        timings = chunk.timings
        if timings is None or self._usage.completion_tokens is not None:
            return
        if timings.predicted_n is not None and self._facts.finish_reason:
            prompt = None if timings.prompt_n is None else timings.prompt_n + timings.cache_n
            self._usage = wire.Usage(prompt, timings.predicted_n)

    def _take_odd(self, payload: bytes, name: str) -> None:
        """An object without choices and usage: an error, or not of this dialect."""
        value = lenient.mapping(_parsed(payload))
        is_error = any(key in value for key in ("error", "detail")) or (
            value.get("object") == "error" or name == "error"
        )
        if is_error:
            words = words_of(payload)
            self._facts.error = self._facts.error or stream_error(self._backend, words)
        elif value:
            self._facts.foreign = self._facts.foreign or payload

    def _take_foreign(self, payload: bytes, name: str) -> None:
        """An event that is no JSON object."""
        if not payload.strip():
            return
        self._facts.events += 1
        if name == "error":
            words = words_of(payload)
            self._facts.error = self._facts.error or stream_error(self._backend, words)
        else:
            self._facts.foreign = self._facts.foreign or payload

    def _keep(self, data: bytes) -> None:
        room = MAX_BODY_BYTES - len(self._body)
        self._body_overflowed = self._body_overflowed or len(data) > room
        self._body += data[:room]

    def _end_of_body(self, cause: EndCause) -> str | None:
        """A body that was no event stream: a whole answer, or an error; its text if it has one."""
        facts, body = self._facts, bytes(self._body)
        if self._status is None:
            return None
        if not 200 <= self._status < 300:
            facts.error = http_error(self._backend, self._status, body)
            return None
        chunk = wire.read(body) if body.strip() else None
        pieces: list[Piece] = []
        whole = cause == "eof"
        nothing = endings.not_an_answer(self._status, body, self._body_overflowed, whole)
        if chunk is None:
            facts.error = nothing
            return None
        self._take(body, "", pieces)
        if not chunk.choices and facts.error is None:
            facts.error = nothing
        answer = "".join(piece.text for piece in pieces if not piece.thinking)
        return answer or "".join(piece.text for piece in pieces)

    def _notes(self, text: str | None) -> str | None:
        reasoned = self._facts.reasoned or self._inline.was_seen
        success = Success(
            prompt_tokens=self._usage.prompt_tokens,
            output_tokens=self._usage.completion_tokens,
            finish_reason=self._facts.finish_reason or "",
            reasoned=reasoned,
            streamed=text is None,
            unreadable=self._facts.foreign is not None,
        )
        said = notes(self._backend, self._plan, self._stream, success)
        return endings.sentence(said) if said else None


def _tool_text(delta: wire.Delta) -> str | None:
    """Tool calls as text: a token that arrives, though nobody asked for a tool."""
    raw = bytes(delta.tool_calls)
    if raw in (b"", b"null", b"[]"):
        return None
    function = lenient.mapping(lenient.first(_parsed(raw)).get("function"))
    return lenient.string(function.get("name")) + lenient.string(function.get("arguments"))


def _parsed(data: bytes) -> object:
    try:
        return lenient.parsed(data)
    except ValueError:
        return None
