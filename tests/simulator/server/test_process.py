"""The engines' process: what it says, how it ends, what a client that leaves does to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "engines")}
MODULE = "burstview_engines.simulator.server"
ALL = [{"spec": {"engine": engine}} for engine in ("vllm", "ollama", "llamacpp")]
PATIENCE = 10.0
LONG = {"messages": [{"role": "user", "content": "b1-01: hello"}], "max_tokens": 1000}


@asynccontextmanager
async def process(starts: object) -> AsyncIterator[tuple[Process, list[dict[str, str]]]]:
    """The process and what it announced; it is killed if a test leaves it."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(starts).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            told = json.loads(await child.stdout.readline())
        yield child, told["engines"]
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


async def ended(child: Process) -> tuple[int, bytes, bytes]:
    """Exit status and what was still written; its stdin stays open."""
    async with asyncio.timeout(PATIENCE):
        out, err = await child.communicate()
    assert child.returncode is not None
    return child.returncode, out, err


async def left(child: Process) -> tuple[int, bytes, bytes]:
    """The same, after the end of its stdin."""
    assert child.stdin is not None
    child.stdin.close()
    return await ended(child)


async def test_it_announces_every_engine_and_ends_with_its_stdin() -> None:
    """One line, in order, on loopback; at the end of stdin it is gone without a word."""
    async with process(ALL) as (child, told):
        async with httpx.AsyncClient(trust_env=False) as client:
            models = [(await client.get(f"{each['url']}/v1/models")).json() for each in told]
        assert [model["data"][0]["id"] for model in models] == [each["model"] for each in told]
        assert all(each["url"].startswith("http://127.0.0.1:") for each in told)
        assert await left(child) == (0, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_the_middle_of_a_stream(number: signal.Signals) -> None:
    """Quietly, with status 0, and the stream is cut."""
    async with process(ALL[:1]) as (child, told), httpx.AsyncClient(trust_env=False) as client:
        url = f"{told[0]['url']}/v1/chat/completions"
        async with client.stream("POST", url, json=LONG | {"stream": True}) as answer:
            parts = answer.aiter_bytes()
            assert b"data: " in await anext(parts)
            child.send_signal(number)
            with pytest.raises(httpx.RemoteProtocolError):
                await _read_on(parts)
        assert await ended(child) == (0, b"", b"")


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([{"spec": {"engine": "vllm", "model": "nope"}}], "No model preset is named 'nope'"),
        ([{"spec": {"engine": "vllm", "model": "llama-3.1-70b"}}], "choose a smaller model"),
        ([{"spec": {"engine": "sglang"}}], "sglang"),
        ({"spec": 1}, "array"),
    ],
)
async def test_what_cannot_be_simulated_is_one_sentence(starts: object, words: str) -> None:
    """On stdout like everything it says, with status 2 and no traceback."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE, json.dumps(starts)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=ENVIRONMENT,
    )
    status, out, err = await ended(child)
    assert (status, err) == (2, b"")
    assert words in json.loads(out)["error"]


@pytest.mark.parametrize("start", ALL, ids=["vllm", "ollama", "llamacpp"])
@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "whole"])
async def test_a_client_that_leaves_frees_its_seat_and_prints_nothing(
    start: dict[str, dict[str, str]], stream: bool
) -> None:
    """Streaming or not, waiting or writing: nobody runs or waits soon after."""
    async with process([start]) as (child, told), httpx.AsyncClient(trust_env=False) as client:
        url, asked = told[0]["url"], LONG | {"model": told[0]["model"], "stream": stream}
        posts = [
            asyncio.create_task(client.post(f"{url}/v1/chat/completions", json=asked))
            for _ in range(3)
        ]
        await _until(client, url, 3)
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)
        await _until(client, url, 0)
        assert await left(child) == (0, b"", b"")


async def test_nonsense_on_the_wire_prints_nothing() -> None:
    """Bytes that are no HTTP, a body cut short, an old protocol."""
    async with process(ALL[:1]) as (child, told):
        port = int(told[0]["url"].rpartition(":")[2])
        for sent in (
            b"\x00\xff nonsense\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps(LONG | {"stream": True, "max_tokens": 2}).encode()
        head = "POST /v1/chat/completions HTTP/1.0\r\ncontent-type: application/json\r\n"
        writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
        answer = await reader.read()
        writer.close()
        assert answer.endswith(b"data: [DONE]\n\n")
        assert await left(child) == (0, b"", b"")


async def test_it_goes_when_its_parent_is_killed() -> None:
    """A parent that dies without a word leaves no orphan."""
    line = json.dumps(ALL[:1]).encode() + b"\n"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-m', {MODULE!r}], stdin=subprocess.PIPE)\n"
        f"child.stdin.write({line!r})\n"
        "child.stdin.flush()\n"
        "time.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=PIPE, stderr=PIPE, env=ENVIRONMENT
    )
    assert parent.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert json.loads(await parent.stdout.readline())["engines"]
        parent.kill()
        rest = await parent.stdout.read()
        await parent.communicate()
    assert rest == b""


async def _read_on(parts: AsyncIterator[bytes]) -> None:
    async for part in parts:
        assert b"[DONE]" not in part


async def _until(client: httpx.AsyncClient, url: str, wanted: int) -> None:
    """Ask until so many run or wait."""
    async with asyncio.timeout(PATIENCE):
        while True:
            told = (await client.get(f"{url}/simulated")).json()
            if told["running"] + told["waiting"] == wanted:
                return
