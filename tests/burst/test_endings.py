"""Errors and remarks: the words of the server, and the next step."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.burst import dialect
from burstview_engines.burst.dialect import EndCause, ResponseReader
from burstview_engines.core.backend import Engine
from burstview_engines.core.plan import BurstPlan, Thinking
from tests.burst import captures
from tests.burst.answers import PLAN, STOP, USAGE, answered, said, server, streamed
from tests.burst.captures import Response


@pytest.mark.parametrize(
    ("thinking", "field", "note"),
    [
        ("off", "reasoning", "It thought although thinking is off."),
        ("off", "content", None),
        ("on", "content", "It was asked to think, and no thinking was seen."),
        ("on", "reasoning_content", None),
        ("as-is", "reasoning", None),
    ],
)
def test_thinking_is_checked_in_the_answer(
    thinking: Thinking, field: str, note: str | None
) -> None:
    """What was asked for is not taken for what happened."""
    plan = msgspec.structs.replace(PLAN, thinking=thinking)
    assert streamed(said("x", field), STOP, USAGE, plan=plan)[1].note == note


@pytest.mark.parametrize(
    "event",
    [
        '{"error":{"message":"The engine is dead","code":500}}',
        '{"error":"The engine is dead"}',
        '{"object":"error","message":"The engine is dead","code":503}',
        '{"detail":"The engine is dead"}',
        '{"error":{"object":"error","message":"The engine is dead"},"choices":[]}',
    ],
)
def test_an_error_under_http_200_is_an_error(event: str) -> None:
    """Before or after text, with [DONE] behind it or not."""
    for events in ([event], [said("x"), event, "[DONE]"], [event, STOP]):
        assert streamed(*events)[1].error == "The server broke off: The engine is dead."


def test_an_event_named_error_is_an_error() -> None:
    """Its data may be plain text."""
    answer = Response(200, "text/event-stream", b"event: error\ndata: out of luck\n\n")
    _, ending = captures.read(server(), PLAN, answer)
    assert ending.error == "The server broke off: out of luck."


def test_sglang_full_queue_arrives_under_http_200() -> None:
    """Its step is SGLang's own option."""
    event = '{"error":{"object":"error","message":"The request queue is full.","code":503}}'
    assert streamed(event, "[DONE]", engine="sglang")[1].error == (
        "SGLang broke off: The request queue is full; fire fewer requests,"
        " or raise --max-queued-requests."
    )


def test_an_error_that_ollama_only_logged_is_told() -> None:
    """It leaves an empty chunk without a model's name, and the end."""
    last = '{"model":"","choices":[{"index":0,"delta":{"content":""},"finish_reason":null}]}'
    _, ending = streamed(said("x"), last, engine="ollama")
    assert ending.error is not None
    assert "to its log only" in ending.error


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b'{"error":{"message":"model \'m\' not found"}}', "lists: a, b."),
        (401, b'{"error":"Unauthorized"}', "HTTP 401: Unauthorized; put the key in"),
        (401, b"", "HTTP 401 without a word; put the key in"),
        (400, b'{"object":"error","message":"too long","code":400}', "HTTP 400: too long; send a"),
        (404, b'{"detail":"Not Found"}', "HTTP 404: Not Found; check that the URL"),
        (422, b'{"detail":[{"loc":["body"],"msg":"bad"}]}', "HTTP 422: bad."),
        (400, b'{"error":{"message":"Unrecognized request argument: x"}}', "--engine openai"),
        (429, b"slow down", "HTTP 429: slow down; fire fewer requests at once."),
        (502, b"<html><head><title>502 Bad Gateway</title>", "a web page, “502 Bad Gateway”; a pr"),
        (500, b"<!DOCTYPE html><p>x", "HTTP 500: a web page; the server's log has the reason."),
        (500, b"\xff\xfe{", "HTTP 500: "),
        (503, b'{"error":{"message":"Loading model"}}', "wait until the model is loaded"),
        (500, b"[" * 100_000, "HTTP 500: "),
    ],
)
def test_http_errors_hold_the_words_and_the_next_step(status: int, body: bytes, words: str) -> None:
    """All shapes of error bodies."""
    ending = answered(body, status)
    assert ending.status == status
    assert words in (ending.error or "")
    assert "\n" not in (ending.error or "")


def test_ollamas_empty_403_is_explained() -> None:
    """It refuses foreign host names without a word."""
    assert "OLLAMA_ORIGINS" in (answered(b"", 403, "", "ollama").error or "")


def test_a_missing_ollama_model_can_be_pulled() -> None:
    """The sentence names the command."""
    body = b'{"error":{"message":"model \'m:1b\' not found"}}'
    assert answered(body, 404, engine="ollama").error == (
        "HTTP 404: model 'm:1b' not found; pull it with `ollama pull m:1b`,"
        " or choose one that is there: a, b."
    )


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (
            "text/html",
            b"<html><title>Login</title></html>",
            "no chat completion: “a web page, “Log",
        ),
        ("application/json", b"[1, 2]", "no chat completion"),
        ("application/json", b"{}", "no chat completion"),
        ("application/json", b'"text"', "no chat completion"),
        ("application/json", b'{"choices":[{"message":{"content":"x', "is cut JSON"),
        ("application/json", b"", "nothing else"),
        ("text/event-stream", b"", "nothing else"),
        ("text/event-stream", b"data: hello\n\n", "no chat completion: “hello”"),
        ("text/event-stream", b": ping\n\n", "no chat completion"),
        ("application/octet-stream", bytes(range(256)), "no chat completion"),
    ],
)
def test_something_else_under_http_200_is_a_sentence(kind: str, body: bytes, words: str) -> None:
    """A proxy's login page, another protocol, half an answer."""
    error = answered(body, 200, kind).error or ""
    assert words in error
    assert error.endswith(".")
    assert "\n" not in error


def test_an_empty_answer_tells_its_own_status() -> None:
    """HTTP 204 is a success without a body, and no HTTP 200."""
    assert "sent HTTP 204 and nothing else" in (answered(b"", 204, "text/plain").error or "")


def test_a_huge_body_is_bounded() -> None:
    """Eight megabytes are kept of a body that never ends."""
    reader = ResponseReader(server(), PLAN, stream=False)
    reader.head(200, "application/json")
    for _ in range(10):
        assert reader.feed(b"x" * (1 << 20)) == ()
    assert "larger than 8 MB" in (reader.end("reset").error or "")
    assert dialect.MAX_BODY_BYTES == 8 << 20


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("eof", "ended the stream before its first token"),
        ("reset", "cut the connection before its first token"),
        ("refused", "No connection to http://127.0.0.1:9: refused by peer; start Ollama there"),
        ("cancelled", "Cancelled before its first token."),
        ("gave-up", "no request got a token for 120 s"),
        ("silent", "too long a silence"),
        ("garbage", "not HTTP/1.1; refused by peer"),
        ("tls", "TLS connection failed: refused by peer"),
        ("client-died", "died before its first token; fire again."),
    ],
)
def test_every_cause_has_a_sentence(cause: EndCause, words: str) -> None:
    """Also when not a byte came."""
    ending = ResponseReader(server("ollama"), PLAN, stream=True).end(cause, "refused by peer")
    assert words in (ending.error or "")
    assert (ending.error or "").endswith(".")
    assert ending.status is None


@pytest.mark.parametrize(
    ("engine", "tokens", "note"),
    [
        ("vllm", 8, None),
        ("vllm", 5, "5 of 8 tokens (stop), though equal lengths were asked for."),
        ("vllm", 9, "9 tokens came, more than the 8 asked for."),
        ("ollama", 5, "5 of 8 tokens (stop): Ollama cannot be asked for equal lengths."),
    ],
)
def test_lengths_are_checked(engine: Engine, tokens: int, note: str | None) -> None:
    """By the server's own count, never by chunks."""
    usage = f'{{"choices":[],"usage":{{"prompt_tokens":5,"completion_tokens":{tokens}}}}}'
    plan = BurstPlan(max_tokens=8, equal_lengths=True)
    assert streamed(said("x"), STOP, usage, engine=engine, plan=plan)[1].note == note


def test_an_unreadable_part_of_a_success_is_noted() -> None:
    """The answer came, though not all of it is known."""
    _, ending = streamed(said("x"), "{oops", STOP, USAGE)
    assert ending.error is None
    assert ending.note == "A part of the stream could not be read."


def test_an_event_without_an_end_is_noted() -> None:
    """Its text is lost; what came before it counts."""
    reader = ResponseReader(server(), PLAN, stream=True)
    reader.head(200, "text/event-stream")
    reader.feed(f"data: {STOP}\n\ndata: {USAGE}\n\ndata: ".encode())
    for _ in range(5):
        reader.feed(b"x" * (1 << 20))
    assert reader.end("eof").note == "A part of the stream could not be read."


def test_a_prompt_that_fits_is_not_called_cut() -> None:
    """Fewer tokens than words alone prove a cut, and only in a long prompt."""
    for words, read, is_cut in [(1000, 2050, False), (1000, 800, False), (1000, 600, True)]:
        plan = BurstPlan(prompt="word " * words, equal_lengths=False)
        usage = f'{{"choices":[],"usage":{{"prompt_tokens":{read},"completion_tokens":2}}}}'
        note = streamed(said("x"), STOP, usage, engine="ollama", plan=plan)[1].note
        assert ("cut the prompt" in (note or "")) is is_cut


def test_a_temperature_that_was_raised_is_noted() -> None:
    """Nothing is changed in silence."""
    plan = msgspec.structs.replace(PLAN, temperature=0.0)
    note = streamed(said("x"), STOP, USAGE, engine="ollama", plan=plan)[1].note
    assert note == "Temperature 0.1 was sent: at 0 Ollama's repeat guard cuts answers."
    assert streamed(said("x"), STOP, USAGE, engine="vllm", plan=plan)[1].note is None


def test_a_repeat_at_a_chosen_temperature_asks_for_a_higher_one() -> None:
    """Above 0 a small model may still repeat itself."""
    plan = msgspec.structs.replace(PLAN, temperature=0.2)
    _, ending = streamed(*[said(" ni")] * 31, engine="ollama", plan=plan)
    assert (ending.error or "").endswith("; set a temperature above 0.2.")
