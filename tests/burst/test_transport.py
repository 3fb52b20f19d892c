"""What servers do to a connection, and what becomes of the request."""

from __future__ import annotations

import asyncio

import pytest

from burstview_engines.core.events import HeadersReceived, TokensReceived
from burstview_engines.core.plan import BurstPlan
from tests.burst.firing import backend, bare, endings, events_of, fire, run_of, sends
from tests.burst.servers import (
    ENDING,
    SSE_HEAD,
    Answer,
    Asked,
    good,
    http_chunk,
    serving,
    token,
)

STREAM = token("one ") + token("two") + ENDING


def writing(*parts: bytes, close: bool = False) -> Answer:
    """An answer of these writes, one after the other."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if close:
            writer.close()

    return answer


GOOD_ANSWERS = {
    "content length": writing(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n%s"
        % (len(STREAM), STREAM)
    ),
    "until the connection closes": writing(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", STREAM, close=True
    ),
    "http 1.0": writing(
        b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", STREAM, close=True
    ),
    "chunks cut anywhere": writing(
        *(bytes([byte]) for byte in SSE_HEAD + http_chunk(STREAM) + b"0\r\n\r\n")
    ),
    "trailers": writing(
        SSE_HEAD + http_chunk(STREAM) + b"0\r\ncontent-type: text/plain\r\nx-sum: 1\r\n\r\n"
    ),
    "interim answers": writing(
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
        SSE_HEAD + http_chunk(STREAM) + b"0\r\n\r\n",
    ),
    "done but never closed": writing(SSE_HEAD + http_chunk(STREAM)),
    "no blank line at the end": writing(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
        STREAM.removesuffix(b"data: [DONE]\n\n").removesuffix(b"\n\n"),
        close=True,
    ),
}


@pytest.mark.parametrize("answer", GOOD_ANSWERS.values(), ids=GOOD_ANSWERS)
async def test_every_framing_of_http_is_read(answer: Answer) -> None:
    """Whatever frames the body, the request succeeds with its two tokens."""
    async with serving(answer) as server:
        events = await fire(server.url, bare(1))
    assert endings(events)[0].error is None
    assert endings(events)[0].output_tokens == 2
    assert sum(len(e.chunks) for e in events if isinstance(e, TokensReceived)) == 2
    assert [e.status for e in events if isinstance(e, HeadersReceived)] == [200]


BAD_ANSWERS = {
    "eof before headers": (writing(close=True), None, "cut the connection before its first token"),
    "eof in the headers": (writing(SSE_HEAD[:30], close=True), None, "cut the connection"),
    "eof in mid-answer": (
        writing(SSE_HEAD + http_chunk(token("one")), close=True),
        200,
        "cut the connection in mid-answer",
    ),
    "another protocol": (writing(b"SSH-2.0-OpenSSH_9.2\r\n"), None, "SSH-2.0-OpenSSH_9.2"),
    "an upgrade": (
        writing(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ws\r\n\r\n\x00"
        ),
        None,
        "status 101",
    ),
    "a bad chunk size": (
        writing(SSE_HEAD + http_chunk(token("one")) + b"zz\r\n"),
        200,
        "is not HTTP/1.1; its body breaks off",
    ),
}


@pytest.mark.parametrize(("answer", "status", "words"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_a_broken_answer_is_one_sentence(
    answer: Answer, status: int | None, words: str
) -> None:
    """The status is what came of it, and the sentence says what was seen."""
    async with serving(answer) as server:
        events = await fire(server.url, bare(1))
    (ended,) = endings(events)
    assert ended.status == status
    assert ended.error
    assert words in ended.error
    assert "\n" not in ended.error


async def test_a_reset_in_mid_answer_is_told() -> None:
    """The server's process dies: the kernel resets the connection."""

    async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE_HEAD + http_chunk(token("one")))
        await writer.drain()
        writer.transport.abort()

    async with serving(reset) as server:
        events = await fire(server.url, bare(2))
    assert all("cut the connection" in str(ended.error) for ended in endings(events))


async def test_a_socket_that_the_server_closed_meanwhile_is_opened_anew() -> None:
    """Keep-alive ends after the warm-up: the burst goes over new connections, and all succeed."""

    async def close_warm_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await good(asked, writer)
        if b"w1-" in asked.body:
            writer.close()

    plan = BurstPlan(concurrency=3, max_tokens=2, alone=0, equal_lengths=False)
    async with serving(close_warm_up) as server:
        events = await events_of(run_of(backend(server.url), plan))
        assert server.connections == 6
    assert all(ended.error is None for ended in endings(events))


async def test_a_request_swallowed_by_a_kept_socket_is_sent_once_more() -> None:
    """The server closes a reused socket without a byte: one retry, told by a second sending."""
    swallowed: list[int] = []

    async def swallow_first_of_burst(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if b"b1-" in asked.body and not swallowed:
            swallowed.append(asked.connection)
            writer.close()
        else:
            await good(asked, writer)

    plan = BurstPlan(concurrency=1, max_tokens=2, alone=0, equal_lengths=False)
    async with serving(swallow_first_of_burst) as server:
        events = await events_of(run_of(backend(server.url), plan))
    assert endings(events)[0].error is None
    assert len(sends(events)) == 2


async def test_a_request_on_a_fresh_socket_is_not_sent_twice() -> None:
    """Silence on a new connection is the server's answer."""
    async with serving(writing(close=True)) as server:
        events = await fire(server.url, bare(1))
        assert len(server.asked) == 1
    assert endings(events)[0].error


async def test_a_prompt_larger_than_the_socket_buffer_arrives_whole() -> None:
    """What the socket does not take at once follows, and only then the request counts as sent."""
    plan = BurstPlan(
        concurrency=2, max_tokens=2, warm_up=False, equal_lengths=False, prompt="word " * 800_000
    )
    async with serving(good) as server:
        events = await events_of(run_of(backend(server.url), plan))
        assert [len(asked.body) > 4_000_000 for asked in server.asked] == [True, True]
    assert all(ended.error is None for ended in endings(events))
    assert len(sends(events)) == 2


async def test_nothing_compressed_is_asked_for_and_the_key_is_a_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The API key comes from the named variable and is in no event."""
    monkeypatch.setenv("BURSTVIEW_TEST_KEY", "sk-very-secret")
    async with serving(good) as server:
        run = run_of(backend(server.url), bare(1), api_key_env="BURSTVIEW_TEST_KEY")
        events = await events_of(run)
        head = server.asked[0].head.lower()
    assert b"accept-encoding: identity" in head
    assert b"authorization: bearer sk-very-secret" in head
    assert not any("sk-very-secret" in repr(event) for event in events)


async def test_ipv6_is_reached() -> None:
    """An address in brackets; the Host header keeps them."""
    async with serving(good, host="::1") as server:
        events = await fire(server.url, bare(1))
        assert b"Host: [::1]:" in server.asked[0].head
    assert endings(events)[0].error is None


async def test_localhost_is_tried_on_all_its_addresses() -> None:
    """The name may mean ::1 first while the server listens on 127.0.0.1."""
    async with serving(good) as server:
        events = await fire(server.url.replace("127.0.0.1", "localhost"), bare(2))
        assert server.connections == 2
    assert [ended.error for ended in endings(events)] == [None, None]


async def test_a_whole_answer_brings_its_text_with_its_end() -> None:
    """Without streaming there is no token event."""
    body = b'{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
    answer = writing(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    plan = BurstPlan(concurrency=1, max_tokens=2, warm_up=False, stream=False)
    async with serving(answer) as server:
        events = await events_of(run_of(backend(server.url), plan))
    assert endings(events)[0].text == "hi"
    assert not any(isinstance(event, TokensReceived) for event in events)
