"""Shapes of answers that no capture holds."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.burst import dialect
from burstview_engines.burst.dialect import EndCause, Ending, Piece, ResponseReader
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan, Thinking
from tests.burst import captures
from tests.burst.captures import Response

PLAN = BurstPlan(max_tokens=2, equal_lengths=False)
USAGE = '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}'
STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'


def server(engine: Engine = "openai") -> Backend:
    """A server of some family."""
    return Backend(
        key="k",
        name="n",
        engine=engine,
        place="url",
        url="http://127.0.0.1:9",
        model="m:1b",
        models=("a", "b"),
    )


def streamed(
    *events: str, engine: Engine = "openai", plan: BurstPlan = PLAN, cause: EndCause = "eof"
) -> tuple[list[Piece], Ending]:
    """What is read of these events' data."""
    body = "".join(f"data: {event}\n\n" for event in events).encode("utf-8", "surrogateescape")
    answer = Response(200, "text/event-stream", body)
    return captures.read(server(engine), plan, answer, cause)


def answered(
    body: bytes, status: int = 200, kind: str = "application/json", engine: Engine = "openai"
) -> Ending:
    """The ending of a whole body, with a stream asked for."""
    return captures.read(server(engine), PLAN, Response(status, kind, body))[1]


def said(text: str, field: str = "content") -> str:
    """A chunk of a chat stream."""
    delta = {field: text}
    return msgspec.json.encode({"choices": [{"index": 0, "delta": delta}]}).decode()


def test_success_is_a_finish_reason() -> None:
    """With usage there is nothing to remark."""
    pieces, ending = streamed(said(""), said("Hi"), STOP, USAGE, "[DONE]")
    assert pieces == [Piece("Hi", False)]
    assert ending == Ending(status=200, finish_reason="stop", prompt_tokens=5, output_tokens=2)


def test_done_is_not_success() -> None:
    """Neither is the end of the bytes."""
    _, ending = streamed(said("Hi"), USAGE, "[DONE]")
    assert ending.error is not None
    assert "no finish_reason" in ending.error
    assert ending.output_tokens == 2


def test_done_completes_the_stream_at_once() -> None:
    """A client need not wait for the connection's end."""
    reader = ResponseReader(server(), PLAN, stream=True)
    reader.head(200, "text/event-stream; charset=utf-8")
    reader.feed(f"data: {STOP}\n\n".encode())
    assert not reader.is_complete
    reader.feed(b"data: [DONE]\n\n")
    assert reader.is_complete


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_both_names_of_reasoning_are_thinking(field: str) -> None:
    """vLLM and Ollama use the short one, llama.cpp and SGLang the long one."""
    pieces, _ = streamed(said("Hm", field), said("Hi"), STOP, USAGE)
    assert pieces == [Piece("Hm", True), Piece("Hi", False)]


def test_thinking_between_tags_is_thinking() -> None:
    """Without --reasoning-parser it comes as content, the tags cut across chunks or not."""
    pieces, _ = streamed(
        *map(said, ["\n<th", "ink>", "a", "b</thi", "nk>", "\n", "c"]), STOP, USAGE
    )
    assert [piece.thinking for piece in pieces] == [False, True, True, True, True, False, False]


def test_a_tag_later_in_the_answer_is_answer() -> None:
    """Only an answer that begins with the tag thinks."""
    pieces, _ = streamed(said("use "), said("<think>"), said("x"), STOP, USAGE)
    assert not any(piece.thinking for piece in pieces)


@pytest.mark.parametrize(
    ("thinking", "field", "note"),
    [
        ("off", "reasoning", "It thought although thinking is off."),
        ("off", "content", None),
        ("on", "content", "It was asked to think and did not."),
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


def test_tool_calls_count_as_tokens() -> None:
    """A token is a token, whatever it is for."""
    call = '[{"index":0,"function":{"name":"f","arguments":"{}"}}]'
    chunk = f'{{"choices":[{{"index":0,"delta":{{"content":null,"tool_calls":{call}}}}}]}}'
    assert streamed(chunk, STOP, USAGE)[0] == [Piece("f{}", False)]


def test_the_second_choice_is_left_out() -> None:
    """Nobody asked for two answers; mixing them would make neither."""
    other = '{"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"stop"}]}'
    pieces, ending = streamed(other, said("yes"))
    assert pieces == [Piece("yes", False)]
    assert ending.error is not None


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    """Never an error, and the text can be encoded again; half an emoji likewise."""
    bad = '{"choices":[{"index":0,"delta":{"content":"a\udcff b"}}]}'
    half = '{"choices":[{"index":0,"delta":{"content":"c\\ud83d"}}]}'
    pieces, ending = streamed(bad, half, STOP, USAGE)
    assert [piece.text for piece in pieces] == ["a\ufffd b", "c\ufffd"]
    assert ending.error is None
    assert ending.note is None


def test_content_as_parts_is_read() -> None:
    """Some servers send a list where others send a text."""
    parts = '{"choices":[{"delta":{"content":[{"type":"text","text":"x"}]}}]}'
    assert streamed(parts, STOP, USAGE)[0] == [Piece("x", False)]


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


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_some_reasons_are_no_success(reason: str) -> None:
    """vLLM says abort when it is shut down."""
    chunk = f'{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}'
    _, ending = streamed(said("x"), chunk, USAGE, "[DONE]", engine="vllm")
    assert ending.finish_reason == reason
    assert ending.error is not None


def test_an_empty_finish_reason_is_none() -> None:
    """Some servers send "" in every chunk."""
    chunk = '{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":""}]}'
    assert streamed(chunk)[1].finish_reason is None


def test_a_seen_reason_outlives_a_cut() -> None:
    """The answer was whole before the connection broke."""
    assert streamed(said("x"), STOP, cause="reset")[1].error is None


def test_vllm_metrics_become_server_times() -> None:
    """Milliseconds of the final usage chunk, in seconds."""
    usage = (
        '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2},"metrics":'
        '{"queue_time_ms":1500,"time_to_first_token_ms":20,"generation_time_ms":300}}'
    )
    times = streamed(said("x"), STOP, usage, engine="vllm")[1].server_times
    assert times == {"queue": 1.5, "prefill": 0.02, "decode": 0.3}


def test_a_whole_answer_to_a_streaming_request_is_told() -> None:
    """The server cannot stream: no first token's time, but an answer."""
    body = (
        b'{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":1,"completion_tokens":1}}'
    )
    ending = answered(body)
    assert (ending.error, ending.text) == (None, "Hi")
    assert ending.note == "The server did not stream: no time to the first token."


def test_a_stream_under_a_wrong_content_type_is_read() -> None:
    """Proxies lose the type."""
    body = f"data: {said('x')}\n\ndata: {STOP}\n\ndata: {USAGE}\n\n".encode()
    for kind in ("", "text/plain"):
        pieces, ending = captures.read(server(), PLAN, Response(200, kind, body))
        assert (pieces, ending.error) == ([Piece("x", False)], None)


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
