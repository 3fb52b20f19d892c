"""What is known of one request while its events come in."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from burstview_engines.core.events import (
    HeadersReceived,
    RequestEnded,
    RequestSent,
    TokensReceived,
)
from burstview_engines.core.views import RequestView, State


@dataclass(slots=True)
class RequestLog:
    """Collects one request's events; `view` is made anew only after something changed."""

    sent: RequestSent
    was_sent: bool = True
    headers: float | None = None
    status: int | None = None
    first_answer: float | None = None
    thinking_chunks: int = 0
    is_thinking: bool = False
    ending: RequestEnded | None = None
    arrivals: array[float] = field(default_factory=lambda: array("d"))
    thought: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    _view: RequestView | None = None

    def head(self, event: HeadersReceived) -> None:
        """The status line came."""
        self.headers, self.status, self._view = event.at, event.status, None

    def tokens(self, event: TokensReceived) -> None:
        """Text came. Every chunk's arrival is kept."""
        chunks = event.chunks
        self.arrivals.extend([arrival for arrival, _ in chunks])
        (self.thought if event.thinking else self.answer).append(
            "".join([text for _, text in chunks])
        )
        if event.thinking:
            self.thinking_chunks += len(chunks)
        elif self.first_answer is None and chunks:
            self.first_answer = chunks[0][0]
        self.is_thinking, self._view = event.thinking, None

    def end(self, event: RequestEnded) -> None:
        """It is over; an answer that was not streamed brings its text here."""
        self.ending, self._view = event, None
        if event.text is not None and not self.answer:
            self.answer.append(event.text)

    @property
    def text(self) -> str:
        """Reasoning, then answer; raw."""
        return "".join(self.thought) + "".join(self.answer)

    @property
    def state(self) -> State:
        """Where the request stands."""
        if self.ending is None:
            return "streaming" if self.arrivals else "waiting"
        if self.ending.cancelled:
            return "cancelled"
        return "done" if self.ending.error is None else "failed"

    def view(self) -> RequestView:
        """The request, frozen; the same object until something changes."""
        if self._view is None:
            self._view = self._make_view()
        return self._view

    def _make_view(self) -> RequestView:
        ending, arrivals = self.ending, self.arrivals
        return RequestView(
            id=self.sent.id,
            state=self.state,
            intended=self.sent.intended,
            written=self.sent.at,
            was_sent=self.was_sent,
            headers=self.headers,
            first_token=arrivals[0] if arrivals else None,
            first_answer=self.first_answer,
            last_token=arrivals[-1] if arrivals else None,
            ended=ending.at if ending else None,
            chunks=len(arrivals),
            thinking_chunks=self.thinking_chunks,
            is_thinking=self.is_thinking and ending is None,
            status=ending.status if ending and ending.status is not None else self.status,
            finish_reason=ending.finish_reason if ending else None,
            prompt_tokens=ending.prompt_tokens if ending else None,
            output_tokens=ending.output_tokens if ending else None,
            error=ending.error if ending else None,
            note=ending.note if ending else None,
            server_times=ending.server_times if ending else None,
        )
