"""Sinks: how the tokens of one request become bytes on its connection, or one whole answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, Protocol

from aiohttp import HttpVersion11, web

from burstview_engines.simulator.server.answer import Answer
from burstview_engines.simulator.server.body import Ask
from burstview_engines.simulator.server.driver import Ticket
from burstview_engines.simulator.server.faults import Faults
from burstview_engines.simulator.server.served import Served

Moment = Literal["once", "seat", "token"]
"""When headers go out: before any queueing (vLLM), with a slot (llama.cpp), a token (Ollama)."""


class EngineError(Exception):
    """The engine gave a request up; the text is the engine's own."""


class Form(Protocol):
    """The wire shape of one streamed answer: everything around the words."""

    merges: bool
    """True where tokens that wait for the socket share a chunk, as vLLM does under load."""

    def opening(self) -> bytes:
        """What goes out together with the first token, before it."""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """One event with text; `last` when nothing but the closing follows. May be empty."""

    def closing(self, ticket: Ticket) -> bytes:
        """The end of a stream that came to its end."""

    def failure(self, reason: str) -> bytes:
        """The end of a stream that the engine gave up."""

    def abort(self, ticket: Ticket) -> bytes:
        """The end of a stream when the engine itself is told to end; nothing where the engine
        just cuts its connections."""


class Stream:
    """Writes to the connection directly, framed for chunked encoding; one write a wake-up."""

    def __init__(self, form: Form, answer: Answer) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seated: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._form = form
        self._answer = answer
        self._at = 0
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._framed = True

    def start(self) -> None:
        """The request got its seat."""
        _settle(self.seated)

    def take(self, tokens: int, ticket: Ticket) -> None:
        """Put so many more tokens on the wire, and the closing behind the last."""
        ends = ticket.ended is not None
        self.put(tokens, closing=self._form.closing(ticket) if ends else None)
        if ends:
            _settle(self.over)

    def put(self, tokens: int, *, closing: bytes | None) -> None:
        """Write the next tokens; with a closing they are the last."""
        parts = [] if self._at else [self._form.opening()]
        parts += self._chunks(tokens, ends=closing is not None)
        self._at += tokens
        self._write(b"".join((*parts, closing or b"")))
        _settle(self.begun)

    def fail(self, reason: str) -> None:
        """Before the first token this is an HTTP error, after it a broken stream."""
        if self._transport is None and not self.begun.done():
            self.begun.set_exception(EngineError(reason))
            self.begun.exception()
        else:
            self._write(self._form.failure(reason))
        _settle(self.seated)
        _settle(self.over)

    def abort(self, ticket: Ticket) -> None:
        """The engine is told to end: the stream ends as it ends its streams then."""
        if farewell := self._form.abort(ticket):
            self._write((b"" if self._at else self._form.opening()) + farewell)
            _settle(self.begun)
            _settle(self.over)

    def open(self, transport: asyncio.Transport | None, *, framed: bool) -> None:
        """The response's headers are out: from now on write to its connection."""
        self._transport = transport
        self._framed = framed
        held, self._held = self._held, b""
        self._write(held)

    def _chunks(self, tokens: int, *, ends: bool) -> list[bytes]:
        thinking = self._answer.thinking
        begin, end = self._at, self._at + tokens
        reasons = thinking[begin:end]
        shift = len(thinking)
        texts = self._answer.texts[max(0, begin - shift) : max(0, end - shift)]
        return [
            *self._events(reasons, thinking=True, ends=ends and not texts),
            *self._events(texts, thinking=False, ends=ends),
        ]

    def _events(self, texts: Sequence[str], *, thinking: bool, ends: bool) -> list[bytes]:
        if self._form.merges and len(texts) > 1:
            texts = ("".join(texts),)
        final = len(texts) - 1 if ends else None
        return [
            self._form.chunk(text, thinking=thinking, last=number == final)
            for number, text in enumerate(texts)
        ]

    def _write(self, data: bytes) -> None:
        if not data:
            return
        if self._transport is None:
            self._held += data
        elif not self._transport.is_closing():
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._framed else data)


class BrokenStream(Stream):
    """A stream that goes wrong after a number of tokens, as its faults say."""

    def __init__(self, form: Form, answer: Answer, faults: Faults) -> None:
        super().__init__(form, answer)
        self._faults = faults
        self._left = min(
            tokens
            for tokens in (
                faults.die_after_tokens,
                faults.silence_after_tokens,
                faults.error_after_tokens,
            )
            if tokens is not None
        )

    def take(self, tokens: int, ticket: Ticket) -> None:
        """As usual before the break, nothing after it."""
        if self._left < 0:
            return
        if tokens < self._left:
            self._left -= tokens
            super().take(tokens, ticket)
            return
        self.put(self._left, closing=None)
        self._left = -1
        self._break()

    def _break(self) -> None:
        if self._faults.error_after_tokens is not None:
            self.fail("This failure was asked for when the simulated engine was started.")
        elif self._faults.die_after_tokens is not None and self._transport is not None:
            self._transport.close()


class Whole:
    """Waits for the last token of an answer that goes out in one piece."""

    def __init__(self) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """The client hears nothing of a seat."""

    def take(self, tokens: int, ticket: Ticket) -> None:
        """Done with the last token."""
        if ticket.ended is not None and not self.over.done():
            self.over.set_result(None)

    def fail(self, reason: str) -> None:
        """The waiting handler gets EngineError."""
        if not self.over.done():
            self.over.set_exception(EngineError(reason))


async def serve_stream(
    request: web.Request,
    served: Served,
    ask: Ask,
    answer: Answer,
    form: Form,
    *,
    headers: dict[str, str],
    headers_at: Moment,
) -> web.StreamResponse:
    """Stream one answer; raises EngineError while an HTTP error is still possible.

    A client that leaves frees its seat at once: aiohttp cancels the handler.
    """
    is_framed = request.version >= HttpVersion11
    response = web.StreamResponse(headers=headers)
    if is_framed:
        response.enable_chunked_encoding()
    faults = served.faults
    stream = BrokenStream(form, answer, faults) if faults.breaks else Stream(form, answer)
    ticket = served.driver.submit(ask.prompt_tokens, answer.tokens, stream)
    try:
        if headers_at == "seat":
            await stream.seated
        if headers_at == "token" or stream.over.done():
            await stream.begun
        await response.prepare(request)
        stream.open(request.transport, framed=is_framed)
        await stream.over
    finally:
        served.driver.cancel(ticket)
    _count(served, ticket, answer)
    await response.write_eof()
    return response


async def serve_whole(served: Served, ask: Ask, answer: Answer) -> Ticket:
    """Wait until the whole answer exists; raises EngineError."""
    whole = Whole()
    ticket = served.driver.submit(ask.prompt_tokens, answer.tokens, whole)
    try:
        await whole.over
    finally:
        served.driver.cancel(ticket)
    _count(served, ticket, answer)
    return ticket


def _count(served: Served, ticket: Ticket, answer: Answer) -> None:
    complete = ticket.done == answer.tokens
    served.driver.statistics.finished[answer.finish_reason if complete else "error"] += 1


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
