"""/api/pull: really from a registry that the name's host names, else a simulated download.

Both leave what they got in the store, and go on from there the next time.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
from collections.abc import AsyncGenerator
from errno import ENOSPC

import aiohttp
import msgspec

from burstview_engines.simulator.presets import QUANTS
from burstview_engines.simulator.server.ollama_library import (
    BY_TAG,
    BYTES_PER_SECOND,
    INTERVAL,
    LIBRARY_QUANT,
    UNKNOWN,
    Line,
    simulated_digest,
)
from burstview_engines.simulator.server.ollama_models import parameters
from burstview_engines.simulator.standin.gguf import head
from burstview_engines.simulator.standin.ollama_log import say, slog
from burstview_engines.simulator.standin.ollama_store import (
    CONFIG_TYPE,
    HOST,
    Layer,
    Manifest,
    ModelName,
    Store,
    describe,
    encode,
    sha256,
)

STALL_AT = 0.4
"""Share of a layer after which a stall or a full disk is due."""
PIECE = 256 * 1024


class PullError(Exception):
    """The pull ends with these words."""


class Downloads:
    """Pulls into one store. `fail`: `disk-full` or `unknown-model`; `stall` in seconds."""

    def __init__(self, store: Store, *, fail: str | None = None, stall: float = 0.0) -> None:
        self._store = store
        self._fail = fail
        self._stall = stall

    async def pull(self, text: str, *, insecure: bool) -> AsyncGenerator[Line]:
        """All lines; the last is `success` or an error."""
        yield {"status": "pulling manifest"}
        name = ModelName.parse(text)
        try:
            if name is None or self._fail == "unknown-model":
                raise PullError(UNKNOWN)
            source = self._simulated(name) if name.host == HOST else self._real(name, insecure)
            async for line in source:
                yield line
        except PullError as failure:
            yield {"error": str(failure)}
        except OSError as problem:
            said = os.strerror(problem.errno or 0).lower()
            yield {"error": f"write {problem.filename}: {said}"}
        else:
            yield {"status": "success"}

    async def _simulated(self, name: ModelName) -> AsyncGenerator[Line]:
        model = BY_TAG.get(f"{name.model}:{name.tag}")
        if model is None:
            raise PullError(UNKNOWN)
        quant = QUANTS[LIBRARY_QUANT]
        size = int(quant.stored_bytes(model))
        weights = Layer(f"sha256:{simulated_digest(str(name))}", size)
        told = describe("qwen3", f"{parameters(model) / 1e6:.2f}M", quant.label)
        config = Layer(f"sha256:{hashlib.sha256(told).hexdigest()}", len(told), CONFIG_TYPE)
        async for line in self._grow(weights):
            yield line
        with self._store.partial(weights).open("r+b") as file:
            file.write(head(model, quant))
        self._store.partial(weights).rename(self._store.blob(weights))
        self._store.blob(config).write_bytes(told)
        yield _progress(config, config.size)
        yield {"status": "verifying sha256 digest"}
        yield {"status": "writing manifest"}
        self._store.write(str(name), encode(Manifest((weights,), config)))

    async def _grow(self, layer: Layer) -> AsyncGenerator[Line]:
        """A sparse file that takes its time, from where it was."""
        partial = self._store.partial(layer)
        partial.parent.mkdir(parents=True, exist_ok=True)
        if self._store.blob(layer).exists():
            self._store.blob(layer).rename(partial)
        done = partial.stat().st_size if partial.exists() else 0
        stalled = done > STALL_AT * layer.size
        _say_download(layer)
        while True:
            yield _progress(layer, done)
            if done >= layer.size:
                return
            await asyncio.sleep(INTERVAL)
            done = min(layer.size, done + int(BYTES_PER_SECOND * INTERVAL))
            if not stalled and done > STALL_AT * layer.size:
                stalled, done = True, int(STALL_AT * layer.size)
                async for line in self._pause(layer, done):
                    yield line
            with partial.open("ab") as file:
                file.truncate(done)

    async def _pause(self, layer: Layer, done: int) -> AsyncGenerator[Line]:
        """Where a demanded failure comes, and a demanded silence: lines without progress."""
        if self._fail == "disk-full":
            raise OSError(ENOSPC, os.strerror(ENOSPC), f"{self._store.partial(layer)}-0")
        for _ in range(math.ceil(min(self._stall, 1e7) / INTERVAL)):
            yield _progress(layer, done)
            await asyncio.sleep(INTERVAL)

    async def _real(self, name: ModelName, insecure: bool) -> AsyncGenerator[Line]:
        scheme = "http" if name.is_plain or insecure else "https"
        if name.is_plain and not insecure:
            raise PullError("insecure protocol http")
        base = f"{scheme}://{name.host}/v2/{name.namespace}/{name.model}"
        timeout = aiohttp.ClientTimeout(total=None, connect=10.0)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            raw = await _manifest(session, f"{base}/manifests/{name.tag}")
            try:
                manifest = msgspec.json.decode(raw, type=Manifest)
            except msgspec.DecodeError as nonsense:
                raise PullError(f"pull model manifest: {nonsense}") from nonsense
            for layer in manifest.blobs:
                async for line in self._fetch(session, base, layer):
                    yield line
        yield {"status": "verifying sha256 digest"}
        for layer in manifest.blobs:
            await self._verify(layer)
        yield {"status": "writing manifest"}
        self._store.write(str(name), raw)

    async def _fetch(
        self, session: aiohttp.ClientSession, base: str, layer: Layer
    ) -> AsyncGenerator[Line]:
        if self._store.blob(layer).exists():
            yield _progress(layer, layer.size)
            return
        url = await _direct_url(session, f"{base}/blobs/{layer.digest}")
        partial = self._store.partial(layer)
        partial.parent.mkdir(parents=True, exist_ok=True)
        done = partial.stat().st_size if partial.exists() else 0
        told, stalled = asyncio.get_running_loop().time(), done > STALL_AT * layer.size
        _say_download(layer)
        try:
            async with session.get(url, headers={"Range": f"bytes={done}-"}) as answer:
                with partial.open("r+b" if done else "wb") as file:
                    file.seek(done)
                    async for piece in answer.content.iter_chunked(PIECE):
                        file.write(piece)
                        done += len(piece)
                        if not stalled and done > STALL_AT * layer.size:
                            stalled = True
                            async for line in self._pause(layer, done):
                                yield line
                        if asyncio.get_running_loop().time() - told >= INTERVAL:
                            told = asyncio.get_running_loop().time()
                            yield _progress(layer, done)
        except aiohttp.ClientError as failure:
            raise PullError(f"max retries exceeded: {failure}") from failure
        if done < layer.size:
            raise PullError("max retries exceeded: unexpected EOF")
        partial.rename(self._store.blob(layer))

    async def _verify(self, layer: Layer) -> None:
        blob = self._store.blob(layer)
        got = await asyncio.to_thread(sha256, blob)
        if got != layer.digest:
            blob.unlink()
            raise PullError(
                f"digest mismatch, file must be downloaded again: want {layer.digest}, got {got}"
            )


def _say_download(layer: Layer) -> None:
    """In the log; a small blob that comes quickly is never heard of otherwise."""
    size = f"{layer.size / 1e6:.1f} MB" if layer.size >= 1e6 else f"{layer.size} B"
    hexadecimal = layer.digest.removeprefix("sha256:")[:12]
    say(slog(f"downloading {hexadecimal} in 1 {size} part(s)", "download.go:181"))


async def _manifest(session: aiohttp.ClientSession, url: str) -> bytes:
    what = f'pull model manifest: Get "{url}"'
    try:
        async with session.get(url) as answer:
            if answer.status == 404:
                raise PullError(UNKNOWN)
            if answer.status != 200:
                raise PullError(f"pull model manifest: {answer.status}: {await answer.text()}")
            return await answer.read()
    except aiohttp.ClientConnectorSSLError as failure:
        said = "http: server gave HTTP response to HTTPS client"
        raise PullError(f"{what}: {said}") from failure
    except aiohttp.ClientConnectorError as failure:
        where = f"dial tcp {failure.host}:{failure.port}"
        said = os.strerror(failure.os_error.errno or 0).lower()
        raise PullError(f"{what}: {where}: connect: {said}") from failure
    except aiohttp.ClientError as failure:
        raise PullError(f"{what}: {failure}") from failure


async def _direct_url(session: aiohttp.ClientSession, url: str) -> str:
    """Ollama asks a blob for another place, and has no use for an answer without one."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            if answer.status not in (200, 307):
                raise PullError(f"unexpected status code {answer.status}")
            place = answer.headers.get("location")
    except aiohttp.ClientError as failure:
        raise PullError(f'Get "{url}": {failure}') from failure
    if place is None:
        raise PullError("http: no Location header in response")
    return place


def _progress(layer: Layer, done: int) -> Line:
    """`completed` is absent at 0."""
    hexadecimal = layer.digest.removeprefix("sha256:")
    line: Line = {
        "status": f"pulling {hexadecimal[:12]}",
        "digest": layer.digest,
        "total": layer.size,
    }
    return {**line, "completed": done} if done else line
