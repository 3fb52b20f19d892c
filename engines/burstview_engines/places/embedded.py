"""The embedded engines: a process of their own, started, asked and reaped from here."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled, GpuSampled
from burstview_engines.core.gpu import Gpu, GpuActivity
from burstview_engines.places.simulated_gauges import activity, sampled
from burstview_engines.simulator.server.messages import (
    Announcement,
    Gauges,
    GpuGauges,
    Start,
    Started,
)
from burstview_engines.simulator.spec import EngineSpec, capacity, demo, parts

if TYPE_CHECKING:
    import httpx

MODULE = "burstview_engines.simulator.server"
START_TIME = 20.0
"""Seconds that the process may take until it says where it listens."""
CLOSE_TIME = 0.3
"""Seconds between asking the process to end and killing it."""
SAMPLE_TIME = 2.0
NAMES = {"vllm": "vLLM", "ollama": "Ollama", "llamacpp": "llama.cpp"}


class EmbeddedError(Exception):
    """The embedded engines cannot start or do not answer; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at all embedded engines."""

    gpu: GpuSampled
    engines: tuple[EngineSampled, ...]


def demo_specs() -> tuple[EngineSpec, EngineSpec]:
    """The default pair: slow enough for the eye, vLLM's wall beside Ollama's staircase."""
    return demo("vllm"), demo("ollama")


class EmbeddedEngines:
    """One process with a simulated engine for each spec, each on a simulated GPU of its own."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives the session's seconds for the samples' stamps."""
        self._now = now
        self._process: Process | None = None
        self._client: httpx.AsyncClient | None = None
        self._backends: tuple[Backend, ...] = ()
        self._seen_use: dict[str, tuple[float, GpuGauges]] = {}
        """By backend: when its GPU was looked at last, and what it had counted."""
        self._seen_steps: dict[str, int] = {}
        """By backend: the number of the newest step that was told."""
        self._looking = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the engines' process; None when it was not started."""
        return self._process.pid if self._process else None

    async def start(self, specs: Sequence[EngineSpec | Start]) -> tuple[Backend, ...]:
        """A backend for each spec, in their order, ready to serve. Raises EmbeddedError."""
        starts = [spec if isinstance(spec, Start) else Start(spec) for spec in specs]
        line = msgspec.json.encode(starts) + b"\n"
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
            start_new_session=True,
        )
        try:
            announced = await _announcement(process, line)
            keys = _keys([start.spec for start in starts])
            self._backends = tuple(
                _backend(key, start.spec, started)
                for key, start, started in zip(keys, starts, announced.engines, strict=True)
            )
        except BaseException:
            await self.close()
            raise
        return self._backends

    async def sample(self) -> Sample:
        """What the engines and their simulated GPUs do now. Raises EmbeddedError."""
        if self._process is None or self._process.returncode is not None:
            raise EmbeddedError("The embedded engines have ended; start burstview again.")
        await asyncio.to_thread(importlib.import_module, "httpx")
        async with self._looking:  # two looks at once would tell the same steps twice
            began = self._now()
            gauges = await asyncio.gather(*(self._gauges(backend) for backend in self._backends))
            at = self._now()
            pairs = list(zip(self._backends, gauges, strict=True))
            self._seen_steps = {backend.key: told.last_step for backend, told in pairs}
        before, self._seen_use = (
            self._seen_use,
            {backend.key: (at, told.gpu) for backend, told in pairs},
        )
        gpus = tuple(
            _gpu(index, *pair, activity(before.get(pair[0].key), (at, pair[1].gpu)))
            for index, pair in enumerate(pairs)
        )
        epoch = time.monotonic() - self._now()
        return Sample(
            GpuSampled(at=at, simulated=True, gpus=gpus),
            tuple(sampled(*pair, at=at, took=at - began, epoch=epoch) for pair in pairs),
        )

    async def close(self) -> None:
        """End the process, by force if it must be; a second call does nothing."""
        client, self._client = self._client, None
        process, self._process = self._process, None
        if client is not None:
            await client.aclose()
        if process is not None:
            await _reap(process)

    async def _gauges(self, backend: Backend) -> Gauges:
        from burstview_engines.http import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False, verify=False, timeout=SAMPLE_TIME)
        try:
            since = self._seen_steps.get(backend.key, 0)
            answer = await self._client.get(f"{backend.url}/simulated?since={since}")
            return msgspec.json.decode(answer.content, type=Gauges)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            what = f"{backend.name} at {backend.url} does not answer ({type(error).__name__})"
            raise EmbeddedError(f"The simulated {what}; start burstview again.") from error


def _backend(key: str, spec: EngineSpec, started: Started) -> Backend:
    named, room = parts(spec), capacity(spec)
    return Backend(
        key=key,
        name=NAMES[spec.engine],
        engine=spec.engine,
        place="embedded",
        url=started.url,
        model=started.model,
        models=(started.model,),
        simulated=True,
        seats=room.seats,
        context_tokens=room.context_tokens,
        kv_tokens=room.kv_tokens,
        quant=named.quant.label,
        gpu=named.gpu.name,
        hardware=f"simulated:{key}",
        thinks=started.thinks,
        loaded=spec.cold == 0.0,
    )


def _gpu(index: int, backend: Backend, gauges: Gauges, activity: GpuActivity | None) -> Gpu:
    told = gauges.gpu
    return Gpu(
        index=index,
        name=told.name,
        utilisation=told.utilisation,
        memory_used_bytes=told.memory_used_bytes,
        memory_total_bytes=told.memory_total_bytes,
        power_watts=told.power_watts,
        power_limit_watts=told.power_limit_watts,
        activity=activity,
        backend=backend.key,
    )


def _keys(specs: Sequence[EngineSpec]) -> list[str]:
    """The engine's name; a second one of the same engine gets a number."""
    seen: Counter[str] = Counter()
    keys = []
    for spec in specs:
        seen[spec.engine] += 1
        number = seen[spec.engine]
        keys.append(spec.engine if number == 1 else f"{spec.engine}-{number}")
    return keys


async def _announcement(process: Process, line: bytes) -> Announcement:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        async with asyncio.timeout(START_TIME):
            answer = await process.stdout.readline()
            announced = msgspec.json.decode(answer, type=Announcement) if answer else None
    except TimeoutError as error:
        said = f"did not start within {START_TIME:.0f} s; try again on a less busy machine."
        raise EmbeddedError(f"The embedded engines {said}") from error
    except (ConnectionError, msgspec.DecodeError) as error:
        raise EmbeddedError(await _last_words(process)) from error
    if announced is None:
        raise EmbeddedError(await _last_words(process))
    if announced.error:
        raise EmbeddedError(announced.error)
    return announced


async def _last_words(process: Process) -> str:
    assert process.stderr is not None
    with suppress(ProcessLookupError):
        process.kill()
    words = (await process.stderr.read()).decode("utf-8", "replace").strip()
    last = words.splitlines()[-1] if words else "it said nothing"
    return f"The embedded engines cannot start: {last}."


async def _reap(process: Process) -> None:
    """The end of its stdin tells it to go."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_TIME):
            await process.wait()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    """The parent's, with this package on the child's path however the parent found it."""
    root = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root])}
