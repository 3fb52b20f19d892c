"""Small servers on loopback that behave as a test wants, and the tool run against them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's, with the packages on the path and no config file of the user."""
    path = os.pathsep.join([str(ROOT / "tui"), str(ROOT / "engines")])
    return os.environ | {"PYTHONPATH": path, "XDG_CONFIG_HOME": str(home), "HOME": str(home)} | more


@dataclass(frozen=True)
class Finished:
    """A tool process that has ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, object]:
        """The one JSON object on stdout."""
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded


async def start(home: Path, *arguments: str, **more: str) -> asyncio.subprocess.Process:
    """The tool as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "burstview", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(home, **more),
        cwd=home,
    )


async def finished(process: asyncio.subprocess.Process) -> Finished:
    """Wait for its end."""
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


async def tool(home: Path, *arguments: str, **more: str) -> Finished:
    """Run it to its end."""
    return await finished(await start(home, *arguments, **more))


@dataclass
class Server:
    """An OpenAI-compatible server that lists `models` and answers chats with `answer`."""

    models: Sequence[str] = ("m",)
    answer: bytes | None = None
    """The whole response to a chat; None never answers."""
    everything: bytes | None = None
    """The whole response to every request, whatever it is."""
    url: str = ""
    heard: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """A chat has arrived."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = _length(head)
                self.heard.append(head + await reader.readexactly(length))
                await self._respond(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _respond(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.everything is not None:
            writer.write(self.everything)
        elif head.startswith(b"GET /v1/models "):
            listed = {"object": "list", "data": [{"id": m, "object": "model"} for m in self.models]}
            writer.write(_whole(OK, json.dumps(listed).encode()))
        elif head.startswith(b"POST"):
            self.asked.set()
            if self.answer is None:
                await reader.read()
            else:
                writer.write(self.answer)
        else:
            writer.write(_whole(b"HTTP/1.1 404 Not Found\r\n", b"{}"))
        await writer.drain()


def sse(*texts: str) -> bytes:
    """A streamed answer of one chunk for each text, with usage and a finish_reason."""
    chunks: list[dict[str, object]] = [
        {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
        for text in texts
    ]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": len(texts)}})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode()
    return _whole(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n", body)


def refusal(status: str, body: bytes, kind: str = "application/json") -> bytes:
    """An error response."""
    return _whole(f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n".encode(), body)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    """The server while it listens on a free port."""
    listening = await asyncio.start_server(server._serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


def _whole(head: bytes, body: bytes) -> bytes:
    return head + f"content-length: {len(body)}\r\n\r\n".encode() + body


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
