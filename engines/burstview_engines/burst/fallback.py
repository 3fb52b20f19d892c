"""TLS and proxies: the same exchanges through httpx over aiohttp's connections, HTTP/1.1."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp
from httpx_aiohttp import AiohttpTransport

from burstview_engines.burst.dialect import EndCause
from burstview_engines.burst.exchange import Exchange
from burstview_engines.burst.outbox import now
from burstview_engines.burst.sockets import CONNECT_TIMEOUT, SPARE_FILES, ConnectError, allow_files
from burstview_engines.core.plan import MAX_CONCURRENCY
from burstview_engines.http import httpx

LIMIT = MAX_CONCURRENCY + SPARE_FILES
"""Connections. Told explicitly: without a limit aiohttp silently falls back to 100."""

PATIENCE = 1.0
"""Seconds that an answer which is complete gets to end as HTTP says."""

_sending: ContextVar[Exchange] = ContextVar("_sending")


class HttpxCarrier:
    """Connections are opened by the first requests; a warm-up leaves them warm for the burst."""

    def __init__(self, url: str, fields: dict[str, str], proxy: str | None) -> None:
        """`url` is the whole URL of the requests. A bad `proxy` ends each request with a reason."""
        self.reads = 0
        self._url = url
        self._fields = {name: value for name, value in fields.items() if name != "Host"}
        self._exchanges: list[Exchange] = []
        self._tasks: dict[asyncio.Task[None], Exchange] = {}
        self._client = httpx.AsyncClient(
            transport=_transport(proxy),
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
            trust_env=False,
        )

    async def prepare(self, exchanges: Sequence[Exchange]) -> int:
        """Keep the exchanges for the launch; returns their number, as each gets a connection.

        Answers of the phase before are read to their last byte first: only then is a connection
        free for the next request.
        """
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=PATIENCE)
        try:
            allow_files(len(exchanges) + SPARE_FILES)
        except ConnectError as refusal:
            for exchange in exchanges:
                exchange.end(now(), "refused", str(refusal))
        self._exchanges = [exchange for exchange in exchanges if not exchange.is_over]
        return len(self._exchanges)

    def launch(self) -> None:
        """Start all requests."""
        loop = asyncio.get_running_loop()
        for exchange in self._exchanges:
            task = loop.create_task(self._carry(exchange))
            self._tasks[task] = exchange
            task.add_done_callback(self._tasks.pop)
        self._exchanges = []

    def drop(self) -> None:
        """Leave all requests that are in progress."""
        for task in tuple(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """Close all connections."""
        self.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def _carry(self, exchange: Exchange) -> None:
        _sending.set(exchange)
        try:
            await self._stream(exchange)
        except httpx.UnsupportedProtocol as error:
            exchange.end(now(), "refused", str(error))
        except httpx.HTTPError as error:
            exchange.end(now(), *_cause(error, was_sent=exchange.state == "sent"))
        except (aiohttp.ClientError, ssl.SSLError, OSError) as error:
            exchange.end(now(), "reset", str(error))

    async def _stream(self, exchange: Exchange) -> None:
        async with self._client.stream(
            "POST", self._url, headers=self._fields, content=exchange.request
        ) as response:
            at = now()
            exchange.head(at, response.status_code, response.headers.get("content-type", ""))
            async for data in response.aiter_raw():
                at = now()
                self.reads += 1
                if not exchange.is_over:
                    exchange.body(at, data)
            exchange.end(at, "eof")


def _transport(proxy: str | None) -> AiohttpTransport:
    """aiohttp underneath; it alone can say when a request's last byte was written."""
    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(_on_chunk_sent)
    context = httpx.create_ssl_context()

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=LIMIT, ssl=context),
            trace_configs=[trace],
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    return AiohttpTransport(client=session, proxy=httpx.Proxy(proxy) if proxy else None)


async def _on_chunk_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestChunkSentParams,
) -> None:
    exchange = _sending.get()
    if exchange.state == "prepared":
        exchange.sent(now())


def _cause(error: httpx.HTTPError, *, was_sent: bool) -> tuple[EndCause, str]:
    """Why a request failed, and the library's own words."""
    words = str(error) or type(error).__name__
    if "certificate" in words.lower() or "ssl" in words.lower():
        return "tls", words
    if isinstance(error, httpx.ConnectError | httpx.ProxyError) or not was_sent:
        return "refused", words
    return "reset", words
