"""Shapes of answers that no capture holds."""

from __future__ import annotations

import pytest

from burstview_engines.burst.dialect import Ending, Piece, ResponseReader
from tests.burst import captures
from tests.burst.answers import PLAN, STOP, USAGE, answered, said, server, streamed
from tests.burst.captures import Response


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


def test_sglang_sends_reasoning_as_null() -> None:
    """Every delta has the key."""
    chunk = (
        '{"choices":[{"index":0,"delta":{"reasoning_content":null,"content":"Hi"},'
        '"finish_reason":null,"matched_stop":null}]}'
    )
    assert streamed(chunk, STOP, USAGE, engine="sglang")[0] == [Piece("Hi", False)]


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
