"""The routes of a simulated Ollama: its own API, newline-delimited JSON."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from burstview_engines.simulator.server.answer import Answer
from burstview_engines.simulator.server.body import Ask, Body, compact, json_response, prompt_of
from burstview_engines.simulator.server.driver import Ticket
from burstview_engines.simulator.server.ollama import check_queue
from burstview_engines.simulator.server.ollama_ask import (
    JSON_TYPE,
    native_ask,
    read_body,
    refusal,
)
from burstview_engines.simulator.server.ollama_library import LIBRARY, Library
from burstview_engines.simulator.server.ollama_wire import quoted
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.stream import EngineError, serve_stream, serve_whole

VERSION = "0.33.0"
NDJSON = {"content-type": "application/x-ndjson"}


def stamp(time: datetime | None = None) -> str:
    """Go's RFC 3339 time with a Z."""
    return (time or datetime.now(UTC)).isoformat().replace("+00:00", "Z")


class NativeForm:
    """Lines of /api/chat (`message`) or /api/generate (`response`)."""

    merges = False

    def __init__(self, answer: Answer, model: str, *, is_chat: bool) -> None:
        self._answer = answer
        self._model = model
        self._is_chat = is_chat

    def opening(self) -> bytes:
        """Nothing goes ahead of the first token."""
        return b""

    def chunk(self, text: str, *, thinking: bool, last: bool) -> bytes:
        """One line a token; the end-of-text token is none."""
        return self._line(text, thinking=thinking) if text else b""

    def closing(self, ticket: Ticket) -> bytes:
        """The line with `done` true, the counts and the times in nanoseconds."""
        told = compact({"done_reason": self._answer.finish_reason, **timings(ticket)})
        return self._line("", thinking=False, end=f'"done":true,{told[1:-1]}')

    def failure(self, reason: str) -> bytes:
        """The native API does say what went wrong."""
        return compact({"error": reason}).encode() + b"\n"

    def abort(self, ticket: Ticket) -> bytes:
        """Its connections are just cut."""
        return b""

    def _line(self, text: str, *, thinking: bool, end: str = '"done":false') -> bytes:
        said, reasons = ("", f',"thinking":{quoted(text)}') if thinking else (text, "")
        if self._is_chat:
            words = f'"message":{{"role":"assistant","content":{quoted(said)}{reasons}}}'
        else:
            words = f'"response":{quoted(said)}{reasons}'
        start = f'{{"model":{quoted(self._model)},"created_at":"{stamp()}"'
        return f"{start},{words},{end}}}\n".encode()


def timings(ticket: Ticket) -> dict[str, int]:
    """Ollama's counts and times; loading is not told apart from waiting, so it is 0."""
    ended = ticket.ended or 0.0
    started = ticket.job.arrived if ticket.started is None else ticket.started
    first = started if ticket.first is None else ticket.first
    return {
        "total_duration": round((ended - ticket.job.arrived) * 1e9),
        "load_duration": 0,
        "prompt_eval_count": ticket.job.prompt_tokens,
        "prompt_eval_duration": round((first - started) * 1e9),
        "eval_count": ticket.done,
        "eval_duration": round((ended - first) * 1e9),
    }


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /api/chat; without messages it only loads the model."""
    body = await read_body(request, native=True)
    messages = body.get("messages")
    prompt = prompt_of(messages) if isinstance(messages, list) else ""
    return await _answer(request, body, prompt, is_chat=True)


async def generate(request: web.Request) -> web.StreamResponse:
    """POST /api/generate; without a prompt it only loads the model."""
    body = await read_body(request, native=True)
    return await _answer(request, body, str(body.get("prompt") or ""), is_chat=False)


async def _answer(
    request: web.Request, body: Body, prompt: str, *, is_chat: bool
) -> web.StreamResponse:
    library = request.app[LIBRARY]
    served = await library.find(body, native=True)
    ask = native_ask(body, served, prompt)
    unload = not prompt and body.get("keep_alive") in (0, "0")
    library.keep(served, body.get("keep_alive"))
    if not prompt:
        return await _load_only(library, served, is_chat=is_chat, unload=unload)
    check_queue(library, served, native=True)
    answer = served.answer(ask)
    try:
        if ask.stream:
            form = NativeForm(answer, served.model, is_chat=is_chat)
            return await serve_stream(
                request, served, ask, answer, form,
                headers=NDJSON, headers_at="token",
            )  # fmt: skip
        ticket = await serve_whole(served, ask, answer)
    except EngineError as failure:
        raise refusal(500, str(failure), native=True) from failure
    return _whole(served.model, answer, ticket, is_chat=is_chat)


def _whole(model: str, answer: Answer, ticket: Ticket, *, is_chat: bool) -> web.Response:
    text, thinking = "".join(answer.texts), "".join(answer.thinking)
    reasons = {"thinking": thinking} if thinking else {}
    said: dict[str, object] = (
        {"message": {"role": "assistant", "content": text, **reasons}}
        if is_chat
        else {"response": text, **reasons}
    )
    head = {"model": model, "created_at": stamp(), **said}
    end = {"done": True, "done_reason": answer.finish_reason, **timings(ticket)}
    return json_response({**head, **end}, content_type=JSON_TYPE)


async def _load_only(
    library: Library, served: Served, *, is_chat: bool, unload: bool
) -> web.Response:
    """An empty prompt loads the model: one token's step when it is not in memory yet."""
    if unload:
        library.unload(served)
    elif not served.driver.loaded:
        one = Ask("", 1, 1, stream=False, usage=False)
        await serve_whole(served, one, served.answer(one))
    said: dict[str, object] = (
        {"message": {"role": "assistant", "content": ""}} if is_chat else {"response": ""}
    )
    end = {"done": True, "done_reason": "unload" if unload else "load"}
    head = {"model": served.model, "created_at": stamp()}
    return json_response({**head, **said, **end}, content_type=JSON_TYPE)


async def root(request: web.Request) -> web.Response:
    """GET /: by this text people recognise Ollama."""
    text = b"Ollama is running"
    return web.Response(body=text, headers={"content-type": "text/plain; charset=utf-8"})


async def version(request: web.Request) -> web.Response:
    """GET /api/version."""
    return json_response({"version": VERSION}, content_type=JSON_TYPE)


def add_routes(app: web.Application) -> None:
    """The paths that generate, and those by which Ollama is recognised."""
    app.router.add_get("/", root)
    app.router.add_get("/api/version", version)
    app.router.add_post("/api/chat", chat)
    app.router.add_post("/api/generate", generate)
