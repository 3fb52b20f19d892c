"""Servers that answer with captured bytes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.burst import captures

NOT_FOUND = (404, "application/json", b'{"detail":"Not Found"}')
Reply = tuple[int, str, bytes]
"""Status, content type, body."""


@dataclass
class Replayed:
    """A server on loopback; `seen` are the requests it got, as `METHOD /path`."""

    url: str = ""
    seen: list[str] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    """Authorization headers."""


def capture(name: str) -> Reply:
    """A captured response as a reply."""
    answer = captures.response(name)
    return answer.status, answer.content_type, answer.body


@asynccontextmanager
async def serving(
    replies: Mapping[str, Reply], headers: Mapping[str, str] | None = None
) -> AsyncIterator[Replayed]:
    """Serve `replies` by path; every other path is a 404."""
    server = Replayed()

    async def answer(request: web.Request) -> web.Response:
        server.seen.append(f"{request.method} {request.path}")
        server.keys.add(request.headers.get("authorization"))
        status, kind, body = replies.get(request.path, NOT_FOUND)
        fields = {"content-type": kind, **(headers or {})}
        return web.Response(status=status, body=body, headers=fields)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


VLLM = {
    "/v1/models": capture("vllm/models.txt"),
    "/": capture("vllm/root.txt"),
    "/health": capture("vllm/health.txt"),
    "/version": capture("vllm/version.txt"),
    "/metrics": (200, "text/plain", captures.raw("vllm/metrics_seqs1_during.txt")),
}
OLLAMA = {
    "/v1/models": capture("ollama/models.txt"),
    "/": capture("ollama/root.txt"),
    "/health": capture("ollama/health.txt"),
    "/api/version": capture("ollama/version.txt"),
    "/api/tags": capture("ollama/tags.txt"),
    "/api/ps": capture("ollama/ps_np4_after.txt"),
    "/api/show": capture("ollama/show.txt"),
}
LLAMACPP = {
    "/v1/models": capture("llamacpp/models.txt"),
    "/": capture("llamacpp/root.txt"),
    "/health": capture("llamacpp/health.txt"),
    "/version": capture("llamacpp/version.txt"),
    "/props": capture("llamacpp/props.txt"),
}
SGLANG: dict[str, Reply] = {
    "/v1/models": (
        200,
        "application/json",
        b'{"object":"list","data":[{"id":"Qwen/Qwen3-0.6B","owned_by":"sglang",'
        b'"max_model_len":4096}]}',
    ),
    "/api/tags": (200, "application/json", b'{"models":[]}'),
    "/server_info": (
        200,
        "application/json",
        b'{"version":"0.5.23","max_total_num_tokens":900000,"max_running_requests":64,'
        b'"context_length":4096,"mem_fraction_static":0.8}',
    ),
}
"""Made from its source: no SGLang was captured."""


def listing(*names: str) -> Reply:
    """A list of models in the plain OpenAI way."""
    data = ",".join(f'{{"id":"{name}","object":"model"}}' for name in names)
    return 200, "application/json", f'{{"object":"list","data":[{data}]}}'.encode()
