"""One simulated engine inside the test's own loop, and the captures of its original."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web

from burstview_engines.simulator.server.app import make_app
from burstview_engines.simulator.server.faults import NO_FAULTS, Faults
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import EngineSpec

CAPTURES = Path(__file__).parents[2] / "data" / "real_engines"
SPECS = {
    "vllm": EngineSpec(engine="vllm", gpu="H200", model="qwen3-0.6b", context_tokens=2048),
    "ollama": EngineSpec(engine="ollama", gpu="H200", model="qwen3-0.6b", context_tokens=4096),
    "llamacpp": EngineSpec(engine="llamacpp", gpu="H200", model="qwen3-0.6b", context_tokens=4096),
}
"""As the captured engines were started, as far as their answers tell."""


@asynccontextmanager
async def serving(
    spec: EngineSpec, faults: Faults = NO_FAULTS
) -> AsyncIterator[tuple[httpx.AsyncClient, Served]]:
    """A client of the served engine; every answer must be marked as simulated."""
    served = serve(spec, faults)
    runner = web.AppRunner(make_app(served), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    hooks = {"response": [_is_marked]}
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, event_hooks=hooks) as client:
            yield client, served
    finally:
        served.driver.close()
        await runner.cleanup()


def capture(engine: str, name: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a captured response."""
    text = (CAPTURES / engine / f"{name}.txt").read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    status, *lines = head.split("\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return int(status.split()[1]), headers, body


def events(body: str) -> list[object]:
    """The objects of an event stream, `[DONE]` as that text."""
    datas = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data:")]
    return [data if data == "[DONE]" else json.loads(data) for data in datas]


def shape(value: object) -> object:
    """Keys and kinds of a JSON value, with the values that tell an event's role."""
    match value:
        case dict():
            return {key: shape(each) for key, each in value.items()}
        case list():
            return [shape(each) for each in value[:1]]
        case str() if value in ("assistant", "[DONE]"):
            return value
        case float():
            return "int"
        case _:
            return type(value).__name__


def shapes(body: str) -> list[object]:
    """The shapes of a stream's events in order; equal ones in a row count once."""
    every = [shape(event) for event in events(body)]
    return [each for place, each in enumerate(every) if place == 0 or each != every[place - 1]]


async def _is_marked(response: httpx.Response) -> None:
    assert response.headers["x-simulated"] == "1"
