"""Asking engines for their gauges: what goes wrong costs a mark, told once, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import time
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled
from burstview_engines.places.engine_probe import OFF_PAUSE, EngineProbe
from tests.backends.gauge_servers import PLAIN, Handler, Odd, hanging, odd, pouring, saying
from tests.backends.replayed import capture, serving
from tests.burst import captures

RUNNING = "vllm:num_requests_running 3\nvllm:num_requests_waiting 1\n"
METRICS = Path(__file__).parents[1] / "data" / "metrics"


class Clock:
    """Session seconds that only tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def looks(backend: Backend, count: int = 1) -> list[EngineSampled | None]:
    """So many in a row, by one probe."""
    probe = EngineProbe("b", time.monotonic)
    try:
        return [await probe.look(backend) for _ in range(count)]
    finally:
        await probe.close()


async def look(handler: Handler) -> EngineSampled:
    """At a server that answers so."""
    async with odd(handler) as server:
        [seen] = await looks(server.backend())
    assert seen is not None
    return seen


async def test_a_real_vllms_answer_becomes_a_sample() -> None:
    """Captured while 16 requests were at one with four seats."""
    text = gzip.decompress((METRICS / "vllm-0.32-cpu-4-running-12-waiting.txt.gz").read_bytes())
    seen = await look(saying(text.decode(), kind="text/plain; version=1.0.0; charset=utf-8"))
    assert (seen.source, seen.backend, seen.problem) == ("metrics", "b", None)
    assert (seen.running, seen.waiting) == (4, 12)
    assert seen.took is not None
    assert 0 < seen.took < 1


async def test_one_connection_is_kept() -> None:
    """However often it is asked."""
    async with odd(saying(RUNNING)) as server:
        seen = await looks(server.backend(), 5)
        assert [one.running for one in seen if one] == [3] * 5
        assert len(server.connections) == 1


async def test_a_connection_that_the_server_closed_is_opened_anew() -> None:
    """That is no problem to speak of."""

    async def closing(request: web.Request) -> web.Response:
        response = web.Response(body=RUNNING.encode(), headers={"content-type": PLAIN})
        response.force_close()
        return response

    async with odd(closing) as server:
        assert [one.running for one in await looks(server.backend(), 3) if one] == [3] * 3


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (saying("<html>Log in</html>", kind="text/html"), "text/html in place of metrics"),
        (saying("<html>Log in</html>"), "a web page"),
        (saying('{"a":1}', kind="application/json"), "application/json in place of metrics"),
        (saying(""), "an empty answer"),
        (saying("python_info 1\n"), "no metrics of this engine"),
        (saying("oops", status=500), "status 500"),
        (saying("", status=401), "API key"),
        (saying("", status=404), "not a gateway"),
        (saying("", status=302), "status 302"),
        (hanging, "did not answer within 1 s"),
    ],
)
async def test_what_cannot_be_read_is_one_sentence(handler: Handler, words: str) -> None:
    """And nothing else is told."""
    seen = await look(handler)
    assert seen.problem is not None
    assert words in seen.problem
    assert seen.problem.endswith(".")
    assert seen == EngineSampled(at=seen.at, backend="b", source="metrics", problem=seen.problem)


async def test_lies_are_unknown() -> None:
    """The rest of the answer is told."""
    seen = await look(
        saying(
            "vllm:num_requests_running -4\nvllm:num_requests_waiting NaN\n"
            "vllm:kv_cache_usage_perc 37\nvllm:generation_tokens_total 7\n"
        )
    )
    assert (seen.running, seen.waiting, seen.kv_usage, seen.output_tokens) == (None, None, None, 7)
    assert seen.problem is None


async def test_of_50_megabytes_four_are_read() -> None:
    """Then the connection is cut."""
    sent: list[int] = []
    async with odd(pouring(50 << 20, sent.append)) as server:
        [seen] = await looks(server.backend())
    assert seen is not None
    assert seen.problem is not None
    assert "more than 4 MB" in seen.problem
    assert sent[-1] < 20 << 20  # what lies in sockets' buffers is sent, but not read


async def test_a_large_answer_does_not_hold_up_the_loop() -> None:
    """3 MB of buckets: they are read on a thread."""
    text = 'vllm:x_bucket{le="1"} 1\n' * 120_000 + RUNNING
    late = 0.0

    async def tick() -> None:
        nonlocal late
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            late = max(late, time.monotonic() - before - 0.005)

    async with odd(saying(text)) as server:
        ticking = asyncio.create_task(tick())
        [seen] = await looks(server.backend())
        ticking.cancel()
    assert seen is not None
    assert seen.running == 3
    assert late < 0.5


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """It was not asked for, and may be a bomb."""

    async def bomb(request: web.Request) -> web.Response:
        assert request.headers["accept-encoding"] == "identity"
        headers = {"content-type": PLAIN, "content-encoding": "gzip"}
        return web.Response(body=gzip.compress(b"x" * 1_000_000), headers=headers)

    assert "compressed" in ((await look(bomb)).problem or "")


async def test_nobody_listens() -> None:
    """The sentence that everybody knows of an engine that is gone."""
    async with odd(saying(RUNNING)) as server:
        backend = server.backend()
    [seen] = await looks(backend)
    assert seen is not None
    assert "Nothing listens at" in (seen.problem or "")


async def test_a_problem_is_told_once_until_it_changes() -> None:
    """Not at each look."""
    answers = iter(("", "", RUNNING, "", "<html>", "<html>"))

    async def changing(request: web.Request) -> web.Response:
        return web.Response(body=next(answers).encode(), headers={"content-type": PLAIN})

    async with odd(changing) as server:
        seen = await looks(server.backend(), 6)
    told = [None if one is None else one.problem or one.running for one in seen]
    assert [told[1], told[2], told[5]] == [None, 3, None]
    assert "empty" in str(told[0])
    assert told[3] == told[0]
    assert "web page" in str(told[4])


async def test_llamacpp_without_metrics_tells_its_slots() -> None:
    """Switched off with 501: it is asked for them again only after a while."""
    replies = {"/slots": (200, "application/json", captures.response("llamacpp/slots.txt").body)}
    off = (501, "application/json", b'{"error":{"code":501}}')
    clock = Clock()
    async with serving(replies | {"/metrics": off}) as server:
        probe = EngineProbe("b", clock)
        backend = Odd(url=server.url).backend("llamacpp")
        first, second = await probe.look(backend), await probe.look(backend)
        assert server.seen.count("GET /metrics") == 1
        clock.now += OFF_PAUSE
        await probe.look(backend)
        await probe.close()
        assert server.seen.count("GET /metrics") == 2
    for seen in (first, second):
        assert seen is not None
        assert (seen.source, seen.problem, seen.waiting) == ("slots", None, None)
        assert seen.running is not None
        assert seen.slots is not None
        assert len(seen.slots) == seen.seats


async def test_llamacpp_with_both_tells_both() -> None:
    """The queue of the one, the slots of the other."""
    metrics = captures.response("llamacpp/metrics.txt")
    slots = captures.response("llamacpp/slots.txt")
    replies = {
        "/metrics": (200, metrics.content_type, metrics.body),
        "/slots": (200, slots.content_type, slots.body),
    }
    async with serving(replies) as server:
        [seen] = await looks(Odd(url=server.url).backend("llamacpp"))
    assert seen is not None
    assert (seen.source, seen.running, seen.waiting, seen.steps) == ("metrics", 0, 0, 4183)
    assert seen.slots


async def test_llamacpp_without_either_says_how_to_start_it() -> None:
    """Once."""
    off = (501, "application/json", b"{}")
    async with serving({"/metrics": off, "/slots": off}) as server:
        one, two = await looks(Odd(url=server.url).backend("llamacpp"), 2)
    assert one is not None
    assert "--metrics" in (one.problem or "")
    assert two is None


async def test_ollama_is_asked_every_two_seconds_at_most() -> None:
    """However often it could be."""
    clock = Clock()
    async with serving({"/api/ps": capture("ollama/ps_loaded.txt")}) as server:
        probe = EngineProbe("b", clock)
        backend = Odd(url=server.url).backend("ollama", "qwen3:0.6b")
        seen = []
        for _ in range(5):
            seen.append(await probe.look(backend))
            clock.now += 0.5
        await probe.close()
    told = [one.model_bytes if one else None for one in seen]
    assert told == [93_354_720, None, None, None, 93_354_720]
    assert seen[0] is not None
    assert (seen[0].source, seen[0].running) == ("ps", None)


async def test_an_engine_without_gauges_is_not_asked() -> None:
    """Any OpenAI-compatible server."""
    async with odd(saying("")) as server:
        assert await looks(server.backend("openai"), 2) == [None, None]
        assert server.asked == []


async def test_a_probe_that_is_closed_asks_nobody() -> None:
    """And closing twice does nothing."""
    async with odd(saying(RUNNING)) as server:
        probe = EngineProbe("b", time.monotonic)
        await probe.close()
        await probe.close()
        assert await probe.look(server.backend()) is None
        assert server.asked == []


async def test_a_look_that_is_given_up_harms_no_later_one() -> None:
    """A burst does not wait for a slow engine."""
    release = asyncio.Event()

    async def slow_at_first(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(body=RUNNING.encode(), headers={"content-type": PLAIN})

    async with odd(slow_at_first) as server:
        probe = EngineProbe("b", time.monotonic)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await probe.look(server.backend())
        release.set()
        seen = await probe.look(server.backend())
        await probe.close()
    assert seen is not None
    assert seen.running == 3


async def test_closing_ends_a_look_that_waits() -> None:
    """At once, and it tells nothing."""
    began = asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        began.set()
        await asyncio.Event().wait()
        return web.Response()

    async with odd(never) as server:
        probe = EngineProbe("b", time.monotonic)
        looking = asyncio.create_task(probe.look(server.backend()))
        await began.wait()
        closed = time.monotonic()
        await probe.close()
        assert await looking is None
        assert time.monotonic() - closed < 0.5
        assert server.asked == ["/metrics"]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\xff\xfe" * 1000,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\nvllm:num_requests_running 1\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999 \xff\r\ncontent-type: \xff\r\ncontent-length: 0\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_http_are_a_mark(said: bytes) -> None:
    """Whatever they are."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        [seen] = await looks(Odd(url=f"http://127.0.0.1:{port}").backend())
    assert seen is not None
    assert seen.problem is not None
    assert seen.problem.endswith(".")
    assert seen.problem.isprintable()
