"""A Docker daemon's few answers on a unix socket, in the shapes that a real one gave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

BODIES = Path(__file__).parents[1] / "data" / "docker"
VERSION = (BODIES / "version.json").read_bytes()
CONTAINERS = (BODIES / "containers.json").read_bytes()
"""`chat` on all addresses, `code` on loopback only, `lonely` nowhere, `hosted` on the host."""


def containers(**ports: int) -> bytes:
    """The real list with other published ports, by container; those not named are left out."""
    kept = [entry for entry in json.loads(CONTAINERS) if entry["Names"][0].lstrip("/") in ports]
    for entry in kept:
        for port in entry["Ports"]:
            port["PublicPort"] = ports[entry["Names"][0].lstrip("/")]
    return json.dumps(kept).encode()


def answer(body: bytes) -> bytes:
    """Head and body as the daemon sends them."""
    head = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def daemon(
    folder: Path, listed: bytes = CONTAINERS, *, says: bytes | None = None, hangs: bool = False
) -> AsyncIterator[dict[str, str]]:
    """The environment that names it; `says` is sent for every request instead of an answer."""
    bodies = {"/_ping": b"OK", "/version": VERSION, "/containers/json": listed}
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not over.is_set():
                request = await reader.readuntil(b"\r\n\r\n")
                if hangs:
                    await over.wait()
                    break
                writer.write(says if says is not None else answer(bodies[path_of(request)]))
                await writer.drain()
                if says is not None:
                    break
        writer.close()

    path = folder / "d.sock"
    server = await asyncio.start_unix_server(serve, path)
    try:
        yield {"DOCKER_HOST": f"unix://{path}"}
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def path_of(request: bytes) -> str:
    """Of a request's head, without the API's version and the query."""
    path = request.split(b" ")[1].decode().partition("?")[0]
    return path.removeprefix("/v1.41")


def config(folder: Path, current: str, contexts: Mapping[str, str]) -> None:
    """A `.docker` folder as `docker context` writes it; `contexts` are names and endpoints."""
    from hashlib import sha256

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {}, "currentContext": current}))
    for name, host in contexts.items():
        place = folder / "contexts" / "meta" / sha256(name.encode()).hexdigest()
        place.mkdir(parents=True)
        endpoint = {"Host": host, "SkipTLSVerify": False}
        meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
        (place / "meta.json").write_text(json.dumps(meta))
