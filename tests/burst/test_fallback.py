"""TLS and proxies: another transport, the same events."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from burstview_engines.core.events import AnyEvent, ClientHealth, TokensReceived
from burstview_engines.core.plan import BurstPlan
from tests.burst.firing import backend, bare, endings, events_of, fire, run_end, run_of, sends
from tests.burst.servers import (
    ENDING,
    SSE_HEAD,
    Asked,
    closed_port,
    good,
    http_chunk,
    one_token_then_nothing,
    serving,
    token,
)

TLS = Path(__file__).parents[1] / "data" / "tls"
CERTIFICATE, KEY = TLS / "certificate.pem", TLS / "key.pem"


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers trust the test's certificate, as a person's private authority would be."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def context() -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def health_of(events: list[AnyEvent]) -> ClientHealth:
    """The client's own figures."""
    return next(event for event in events if isinstance(event, ClientHealth))


async def late_end(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """[DONE], and the end of the HTTP answer a packet later, as many servers send it."""
    writer.write(SSE_HEAD + http_chunk(token("one ")) + http_chunk(ENDING))
    asyncio.get_running_loop().call_later(0.05, writer.write, b"0\r\n\r\n")


@pytest.mark.usefixtures("trusted")
async def test_an_answer_is_read_to_its_last_byte(context: ssl.SSLContext) -> None:
    """A connection stays warm for the burst although the answer ended after its [DONE]."""
    plan = BurstPlan(concurrency=3, max_tokens=2, alone=1, equal_lengths=False)
    async with serving(late_end, context=context) as server:
        events = await events_of(run_of(backend(server.url), plan))
        assert server.connections == 3
    assert [ended.error for ended in endings(events)] == [None] * 3


@pytest.mark.usefixtures("trusted")
async def test_tls_goes_through_httpx_and_the_run_says_so(context: ssl.SSLContext) -> None:
    """The same events as over plain HTTP; a later phase reuses the connections of the first."""
    plan = BurstPlan(concurrency=3, max_tokens=2, alone=1, equal_lengths=False)
    async with serving(good, context=context) as server:
        events = await events_of(run_of(backend(server.url), plan))
        assert server.connections == 3
    assert [ended.error for ended in endings(events)] == [None] * 3
    assert health_of(events).transport == "httpx-aiohttp"
    assert sum(len(e.chunks) for e in events if isinstance(e, TokensReceived)) == 2 * (3 + 1 + 3)
    assert all(sent.at >= sent.intended for sent in sends(events))


async def test_an_unknown_certificate_is_a_sentence(context: ssl.SSLContext) -> None:
    """No exception, no traceback: what failed and what to check."""
    async with serving(good, context=context) as server:
        events = await fire(server.url, bare(1))
    (ended,) = endings(events)
    assert ended.status is None
    assert ended.error
    assert "TLS" in ended.error
    assert "certificate" in ended.error


async def test_plain_http_on_a_tls_url_is_a_sentence() -> None:
    """A wrong scheme: the server answers the handshake with HTTP."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        events = await fire(f"https://127.0.0.1:{port}", bare(1))
    assert "TLS" in str(endings(events)[0].error)
    assert run_end(events).outcome == "done"


@pytest.mark.usefixtures("trusted")
async def test_a_cut_tls_stream_is_a_failure(context: ssl.SSLContext) -> None:
    """The tokens stay, the request fails."""

    async def cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE_HEAD + http_chunk(token("one")))
        await writer.drain()
        writer.close()

    async with serving(cut, context=context) as server:
        events = await fire(server.url, bare(1))
    (ended,) = endings(events)
    assert ended.status == 200
    assert ended.error
    assert any(isinstance(event, TokensReceived) for event in events)


@pytest.mark.usefixtures("trusted")
async def test_silence_over_tls_ends_the_run(context: ssl.SSLContext) -> None:
    """The same watch over another transport."""
    async with serving(one_token_then_nothing, context=context) as server:
        events = await fire(server.url, bare(2, give_up_after=0.3))
    assert run_end(events).outcome == "gave-up"
    assert len(endings(events)) == 2


class Proxy:
    """A forward proxy for plain HTTP: it sends every request to one server, whatever its host."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.removeprefix("http://").rpartition(":")
        self._port = int(port)
        self.asked_for: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        line = await reader.readline()
        method, url, version = line.split()
        self.asked_for.append(url)
        path = b"/" + url.split(b"/", 3)[3]
        inner_reader, inner_writer = await asyncio.open_connection(self._host, self._port)
        inner_writer.write(b" ".join((method, path, version)) + b"\r\n")
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes from one side to the other until it ends."""
    while data := await reader.read(1 << 16):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def proxying(target: str) -> AsyncIterator[Proxy]:
    """A proxy in front of that server."""
    proxy = Proxy(target)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listener.close()


async def test_a_proxy_of_the_environment_is_used_for_other_machines() -> None:
    """The host need not even resolve here: the proxy does that."""
    async with serving(good) as server, proxying(server.url) as proxy:
        target = backend("http://gpu-box.invalid:8000")
        events = await events_of(run_of(target, bare(2), {"http_proxy": proxy.url}))
        asked = proxy.asked_for
    assert [ended.error for ended in endings(events)] == [None, None]
    assert asked == [b"http://gpu-box.invalid:8000/v1/chat/completions"] * 2
    assert health_of(events).transport == "httpx-aiohttp"


async def test_loopback_never_goes_through_a_proxy() -> None:
    """Whatever the environment says."""
    async with serving(good) as server:
        environ = {"http_proxy": f"http://127.0.0.1:{closed_port()}"}
        events = await events_of(run_of(backend(server.url), bare(1), environ))
    assert endings(events)[0].error is None
    assert health_of(events).transport == "own"


async def test_a_dead_proxy_is_a_sentence() -> None:
    """Every request says that no connection came about."""
    environ = {"http_proxy": f"http://127.0.0.1:{closed_port()}"}
    events = await events_of(run_of(backend("http://gpu-box.invalid:8000"), bare(2), environ))
    assert all(ended.error and ended.status is None for ended in endings(events))
    assert run_end(events).outcome == "done"
