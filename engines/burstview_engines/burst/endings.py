"""Sentences for responses that ended without success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from burstview_engines.backends.registry import PROFILES
from burstview_engines.burst.bodies import temperature
from burstview_engines.burst.errors import next_step, plain, with_step
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.text import one_line

EndCause = Literal[
    "eof", "reset", "refused", "cancelled", "gave-up", "silent", "garbage", "tls", "client-died"
]
"""Why nothing more comes.

`eof`: the response ended as HTTP says; `reset`: the connection was closed or broke in mid-response
or before one; `refused`: no connection came about; `gave-up`: the run ended for want of tokens;
`silent`: this request alone was given up; `garbage`: what came is not HTTP.
"""

REPEATS_OF_GUARD = 30
"""Ollama ends an answer in silence when a token repeats more often than this."""


@dataclass(slots=True)
class Facts:
    """What was seen of a response so far; `dialect.ResponseReader` fills it in."""

    finish_reason: str | None = None
    done: bool = False
    """`[DONE]` came."""
    events: int = 0
    reasoned: bool = False
    said: bool = False
    """Some text came."""
    error: str | None = None
    """The first error in the stream, already a sentence."""
    foreign: bytes | None = None
    """The first event that is not of the dialect."""
    last: bytes = b""
    """The newest event."""
    token: str = ""
    repeats: int = 0
    """How often the newest piece came in a row."""

    def say(self, text: str) -> None:
        """A piece of text came."""
        self.said = True
        if text == self.token:
            self.repeats += 1
        else:
            self.token, self.repeats = text, 1


def error(
    backend: Backend, plan: BurstPlan, facts: Facts, cause: EndCause, detail: str
) -> str | None:
    """The sentence for how it ended; None when it ended with success."""
    label = PROFILES[backend.engine].label
    if facts.finish_reason in ("abort", "error"):
        return (
            f"{label} ended the answer with finish_reason {facts.finish_reason!r}:"
            " it was stopped, or it gave the request up; its log has the reason"
        )
    if facts.finish_reason:
        return None
    where = "in mid-answer" if facts.said else "before its first token"
    match cause:
        case "eof":
            return _ended(backend, plan, facts)
        case "reset":
            said = f" ({one_line(detail)})" if detail else ""
            return (
                f"{label} cut the connection {where}{said}:"
                " it was stopped, or it died; its log has the reason"
            )
        case "refused":
            return _refused(backend, detail)
        case "cancelled":
            return f"cancelled {where}"
        case "gave-up":
            return (
                f"given up {where}: no request got a token for {plan.give_up_after:g} s;"
                f" {_silence(backend)}"
            )
        case "silent":
            return f"given up {where} after too long a silence; {_silence(backend)}"
        case "garbage":
            return with_step(
                f"what {label} sent is not HTTP/1.1",
                one_line(detail) or "check the URL's scheme and port",
            )
        case "tls":
            said = f"the TLS connection failed: {one_line(detail)}"
            return with_step(said, "check the URL's scheme and the server's certificate")
        case "client-died":
            return f"the process that sent this request died {where}; fire again"
        case _:
            assert_never(cause)


def sentence(text: str) -> str:
    """`text` with a capital and a full stop; a name that is written small stays so."""
    begun = text if text.startswith(("llama", "vLLM")) else text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


def not_an_answer(status: int, body: bytes, overflowed: bool, whole: bool) -> str:
    """The sentence for a success status whose body is no chat completion."""
    if overflowed:
        return "the answer is larger than 8 MB and was dropped; ask for fewer tokens"
    if not body.strip():
        return f"the server sent HTTP {status} and nothing else; its log may have the reason"
    if not whole:
        return "the connection was cut before the answer was whole; the server was stopped or died"
    if body.lstrip()[:1] == b"{" and not body.rstrip().endswith(b"}"):
        return f"the answer is cut JSON: {_excerpt(body[-80:])}; a proxy or the server cut it off"
    return (
        f"the server answered with something that is no chat completion: {_excerpt(body)};"
        " check that the URL is the root of an OpenAI-compatible server, or its /v1"
    )


def _ended(backend: Backend, plan: BurstPlan, facts: Facts) -> str:
    """A clean end without a finish_reason."""
    label = PROFILES[backend.engine].label
    if facts.done:
        return _done_only(backend, facts)
    if facts.foreign is not None and not facts.said:
        words = _excerpt(facts.foreign)
        return (
            f"the server streams something that is no chat completion: {words};"
            " check that the URL is the root of an OpenAI-compatible server, or its /v1"
        )
    if backend.engine == "ollama" and facts.repeats > REPEATS_OF_GUARD:
        return (
            f"Ollama ended the answer in silence because a token repeated more than"
            f" {REPEATS_OF_GUARD} times (“{one_line(facts.token, 20)}”, {facts.repeats} times);"
            f" set a temperature above {temperature(backend, plan) or 0:g}"
        )
    if backend.engine == "ollama" and b'"model":""' in facts.last:
        return (
            "Ollama's runner reported an error in mid-answer that Ollama wrote to its log only;"
            " look there"
        )
    where = "in mid-answer" if facts.said else "before its first token"
    return (
        f"{label} ended the stream {where} without a finish_reason:"
        f" {PROFILES[backend.engine].silent_end}"
    )


def _done_only(backend: Backend, facts: Facts) -> str:
    label = PROFILES[backend.engine].label
    if backend.engine == "vllm" and not facts.said:
        return (
            "vLLM ended the stream with [DONE] but without a token or a finish_reason:"
            " it was shut down while the request waited; start it again"
        )
    return (
        f"{label} sent [DONE] but no finish_reason: the answer is not whole; its log may tell why"
    )


def _refused(backend: Backend, detail: str) -> str:
    label = PROFILES[backend.engine].label
    reason = one_line(detail) or "connection refused"
    step = next_step(backend, detail) or f"start {label} there, or check the URL"
    return with_step(f"no connection to {backend.url}: {reason}", step)


def _silence(backend: Backend) -> str:
    match backend.engine:
        case "ollama":
            return "Ollama goes silent when its runner is stopped: restart it, or look at its log"
        case "llamacpp":
            return "llama-server goes silent while it is being stopped: look at its log"
        case _:
            return "look at the server's log, or raise --give-up-after"


def _excerpt(data: bytes) -> str:
    return f"“{one_line(plain(data[:4000].decode('utf-8', 'replace')), 120)}”"
