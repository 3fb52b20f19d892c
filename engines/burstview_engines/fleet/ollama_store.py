"""An Ollama's models over its own HTTP: list, pull, load, unload, delete."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from ipaddress import ip_address

import msgspec

from burstview_engines.backends.failure import unreachable
from burstview_engines.backends.fetch import control_client
from burstview_engines.backends.ollama import Loaded, loaded_models
from burstview_engines.backends.ollama_pull import PullProgress
from burstview_engines.core.managed import StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.http import httpx
from burstview_engines.source import SessionError

LOAD_LIMIT = 600.0
"""Seconds that loading may take: Ollama itself gives up after 5 minutes without progress."""
STALL = 20.0
"""Seconds without a byte after which a download is stalled."""
MOST_LINE = 65536
"""Bytes of one line of a pull; a longer one is no line of Ollama's."""


class _Details(msgspec.Struct, frozen=True):
    quantization_level: str | None = None
    parameter_size: str | None = None


class _Tag(msgspec.Struct, frozen=True):
    name: str
    size: int | None = None
    details: _Details = _Details()


class _Tags(msgspec.Struct, frozen=True):
    models: list[_Tag] | None = None


class _Expiry(msgspec.Struct, frozen=True):
    name: str
    expires_at: str | None = None


class _Expiries(msgspec.Struct, frozen=True):
    models: list[_Expiry] | None = None


class _Error(msgspec.Struct, frozen=True):
    error: str


async def models(url: str) -> tuple[StoredModel, ...]:
    """What is in the store, and what of it in memory. Raises SessionError."""
    async with control_client(url) as client:
        tags = await _get(client, f"{url}/api/tags")
        running = await _get(client, f"{url}/api/ps")
    loaded = {model.name: model for model in loaded_models(running) or ()}
    expiries = _expiries(running)
    try:
        listed = msgspec.json.decode(tags, type=_Tags).models or []
    except (msgspec.DecodeError, UnicodeDecodeError) as nonsense:
        raise SessionError(f"{url} lists no models; is it an Ollama?") from nonsense
    return tuple(_stored(tag, loaded.get(tag.name), expiries.get(tag.name)) for tag in listed)


async def load(url: str, model: str) -> None:
    """Load it and keep it until it is unloaded. Raises SessionError."""
    await _generate(url, model, keep_alive=-1)


async def unload(url: str, model: str) -> None:
    """Free its memory once running requests are done. Raises SessionError."""
    await _generate(url, model, keep_alive=0)


async def delete(url: str, model: str) -> None:
    """Delete it from the store. Raises SessionError."""
    async with control_client(url, timeout=60.0) as client:
        try:
            answer = await client.request("DELETE", f"{url}/api/delete", json={"model": model})
        except httpx.HTTPError as failure:
            raise SessionError(str(unreachable(url, failure))) from failure
    if not answer.is_success:
        raise SessionError(f"{model} was not deleted: {_said(answer.content)}.")


class Pull:
    """One pull. Leaving it early stops it; the next goes on where it was."""

    def __init__(self, url: str, model: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = PullProgress()
        self._url, self._model, self._clock = url, model, clock
        self._moved = clock()
        self._bytes = -1

    @property
    def silence(self) -> float:
        """Seconds since a byte came; Ollama sends lines all the same."""
        return self._clock() - self._moved

    @property
    def is_stalled(self) -> bool:
        """A download that gets no byte for long."""
        return self.silence >= STALL and not self.progress.done

    async def run(self, tell: Callable[[], None]) -> None:
        """Until it is there; `tell` is called at every line. Raises SessionError."""
        async with control_client(self._url) as client:
            try:
                async with self._ask(client) as answer:
                    await self._read(answer, tell)
            except httpx.HTTPError as failure:
                raise SessionError(
                    f"Pulling {self._model} broke off: {unreachable(self._url, failure)}"
                    " Another pull goes on where it was."
                ) from failure
        if not self.progress.done:
            words = one_line(self.progress.error or "Ollama ended the pull without a word", 300)
            raise SessionError(f"{self._model} was not pulled: {words}{_next_step(words)}")

    def _ask(self, client: httpx.AsyncClient) -> AbstractAsyncContextManager[httpx.Response]:
        body = {"model": self._model, "stream": True, "insecure": is_local(self._model)}
        return client.stream(
            "POST", f"{self._url}/api/pull", json=body, timeout=httpx.Timeout(None, connect=2.0)
        )

    async def _read(self, answer: httpx.Response, tell: Callable[[], None]) -> None:
        if not answer.is_success:
            words = _said(await answer.aread())
            raise SessionError(f"{self._model} was not pulled: {words}{_next_step(words)}")
        rest = b""
        async for part in answer.aiter_bytes():
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                self._feed(line)
                tell()
            rest = rest[:MOST_LINE]
        self._feed(rest)

    def _feed(self, line: bytes) -> None:
        self.progress.feed(line)
        if self.progress.completed_bytes != self._bytes or "pulling " not in self.progress.status:
            self._bytes, self._moved = self.progress.completed_bytes, self._clock()


def is_local(model: str) -> bool:
    """A registry named by a private address speaks plain HTTP: Ollama must be told that it may."""
    host = model.partition("/")[0].partition(":")[0] if "/" in model else ""
    try:
        return host == "localhost" or ip_address(host).is_private
    except ValueError:
        return False


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    try:
        answer = await client.get(url)
    except httpx.HTTPError as failure:
        raise SessionError(str(unreachable(url, failure))) from failure
    if not answer.is_success:
        raise SessionError(f"{url} answers HTTP {answer.status_code}: {_said(answer.content)}.")
    return answer.content


async def _generate(url: str, model: str, *, keep_alive: int) -> None:
    body = {"model": model, "keep_alive": keep_alive, "stream": False}
    async with control_client(url, timeout=LOAD_LIMIT) as client:
        try:
            answer = await client.post(f"{url}/api/generate", json=body)
        except httpx.HTTPError as failure:
            raise SessionError(str(unreachable(url, failure))) from failure
    if not answer.is_success:
        verb = "loaded" if keep_alive else "unloaded"
        words = _said(answer.content)
        raise SessionError(f"{model} was not {verb}: {words}{_next_step(words)}")


def _stored(tag: _Tag, loaded: Loaded | None, expires: float | None) -> StoredModel:
    return StoredModel(
        name=tag.name,
        size_bytes=tag.size,
        quant=tag.details.quantization_level or None,
        parameters=tag.details.parameter_size or None,
        loaded=loaded is not None,
        on_gpu=loaded.size_vram / loaded.size if loaded and loaded.size > 0 else None,
        expires_wall=expires,
    )


FOR_EVER = 50 * 365 * 86400.0
"""Ollama writes "for ever" as a time some centuries ahead."""


def _expiries(body: bytes) -> dict[str, float]:
    """Unix times at which models will be unloaded; those that stay are left out."""
    try:
        listed = msgspec.json.decode(body, type=_Expiries).models or []
        times = {m.name: _unix(m.expires_at) for m in listed}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {name: at for name, at in times.items() if at is not None and at < _far()}


def _far() -> float:
    return time.time() + FOR_EVER


def _unix(stamp: str | None) -> float | None:
    """Of an RFC 3339 time with up to nine digits of a second."""
    try:
        return msgspec.convert(stamp, datetime).timestamp() if stamp else None
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None


def _said(body: bytes) -> str:
    try:
        return one_line(msgspec.json.decode(body, type=_Error).error, 300).rstrip(".")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return one_line(body.decode("utf-8", "replace"), 200) or "it gives no reason"


def _next_step(words: str) -> str:
    """What to do about Ollama's words."""
    lowered = words.lower()
    for signs, step in _STEPS:
        if any(sign in lowered for sign in signs):
            return f"; {step}."
    return "."


_STEPS = (
    (("tls: ", "x509"), "its registry has no certificate that Ollama takes; name one that has"),
    (("file does not exist", "not found"), "check the model's name and tag"),
    (("digest mismatch",), "the download was damaged: pull again"),
    (
        ("no such host", "dial tcp", "connection refused", "i/o timeout"),
        "its registry cannot be reached: show a model that is here, or mend the network",
    ),
    (("no space left",), "free space on the disk of its volume"),
    (("memory", "cudamalloc"), "choose a smaller model or context, or unload others"),
)
