"""What the tests and the benchmark of the served engines share: raw bursts, the pure model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.places.embedded import EmbeddedEngines
from burstview_engines.simulator.engine import Job, StepModel
from burstview_engines.simulator.server.answer import count_tokens
from burstview_engines.simulator.server.messages import Start
from burstview_engines.simulator.spec import EngineSpec, build


@dataclass(frozen=True, slots=True)
class Served:
    """Seconds since the burst began."""

    first: tuple[float, ...]
    ends: tuple[float, ...]

    @property
    def makespan(self) -> float:
        """Until the last response ended."""
        return max(self.ends)


@asynccontextmanager
async def engines(*specs: EngineSpec | Start) -> AsyncIterator[tuple[Backend, ...]]:
    """A real process with these engines."""
    embedded = EmbeddedEngines()
    try:
        yield await embedded.start(specs)
    finally:
        await embedded.close()


def chat_request(backend: Backend, prompt: str, **fields: object) -> bytes:
    """A POST of /v1/chat/completions, header and body."""
    body = msgspec.json.encode(
        {
            "model": backend.model,
            "messages": [{"role": "user", "content": prompt}],
            "stream": True,
            **fields,
        }
    )
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def burst(backend: Backend, count: int, tokens: int) -> Served:
    """So many streams at once over sockets that were opened before."""
    where = urlsplit(backend.url)
    pairs = [await asyncio.open_connection(where.hostname, where.port) for _ in range(count)]
    asks = [
        chat_request(backend, prompt(number), max_tokens=tokens, ignore_eos=True)
        for number in range(1, count + 1)
    ]
    began = time.monotonic()
    for (_, writer), ask in zip(pairs, asks, strict=True):
        writer.write(ask)
    times = await asyncio.gather(*(_read(reader, began) for reader, _ in pairs))
    for _, writer in pairs:
        writer.close()
    firsts, ends = zip(*times, strict=True)
    return Served(firsts, ends)


def prompt(number: int) -> str:
    """Begins with the request's number, as a burst's prompts do."""
    return f"b1-{number:02d}: Explain in plain words how a server answers many people at once."


def pure(spec: EngineSpec, count: int, tokens: int) -> Served:
    """The same burst in virtual time, after one short request as the served engine gets one."""
    model = build(spec)
    now = _drain(model, [Job(0, 0.0, count_tokens(prompt(0)), 2)], {}, {})
    jobs = [Job(n, now + 1.0, count_tokens(prompt(n)), tokens) for n in range(1, count + 1)]
    firsts: dict[int, float] = {}
    ends: dict[int, float] = {}
    _drain(model, jobs, firsts, ends)
    began = now + 1.0
    return Served(
        tuple(firsts[job.id] - began for job in jobs), tuple(ends[job.id] - began for job in jobs)
    )


def _drain(
    model: StepModel, jobs: Sequence[Job], firsts: dict[int, float], ends: dict[int, float]
) -> float:
    for job in jobs:
        model.submit(job)
    now = jobs[0].arrived
    while (step := model.step(now)) is not None:
        now += step.duration
        for job_id in step.tokens:
            firsts.setdefault(job_id, now)
        ends.update(dict.fromkeys(step.finished, now))
    return now


async def _read(reader: asyncio.StreamReader, began: float) -> tuple[float, float]:
    first = None
    while True:
        data = await reader.read(1 << 16)
        now = time.monotonic() - began
        if first is None and b'"content":"' in data:
            first = now
        if data.endswith(b"0\r\n\r\n") or not data:
            assert first is not None
            return first, now
