"""What a simulated Ollama has on disk and in memory: one simulated runner for every model."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiohttp import web

from burstview_engines.simulator.presets import MODELS, QUANTS, Model
from burstview_engines.simulator.server.body import Body
from burstview_engines.simulator.server.ollama_ask import refusal
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import SpecError

LIBRARY_QUANT = "q4_k_m"
"""What a tag without a quantisation means in Ollama's library."""
BY_TAG = {model.tag: model for model in MODELS.values()}
MAX_QUEUE = 512
"""OLLAMA_MAX_QUEUE: how many may wait while the model loads. Behind a loaded model all may."""
KEPT = timedelta(minutes=5)
"""How long a model stays in memory after its last use."""
INTERVAL = 0.06
"""Seconds between two lines of a pull, as the real one."""
BYTES_PER_SECOND = 1.5e9
"""Of the simulated line."""
UNKNOWN = "pull model manifest: file does not exist"

Line = dict[str, object]
"""One line of a pull."""


class Library:
    """The models of one Ollama. A pulled one gets a simulated GPU's step model at its first use."""

    max_queue = MAX_QUEUE

    def __init__(self, first: Served) -> None:
        self._pulled: dict[str, Model] = {}
        self._served = {first.model: first}
        self._first = first

    @property
    def names(self) -> tuple[str, ...]:
        """On disk, the one it was started with first."""
        return tuple(dict.fromkeys((self._first.model, *self._pulled)))

    def add(self, model: Model) -> None:
        """A pull has ended."""
        self._pulled[model.tag] = model

    def remove(self, name: str) -> None:
        """Forget a pulled model; raises RequestError for one that is not there."""
        if self._pulled.pop(name, None) is None:
            raise refusal(404, f"model '{name}' not found", native=True)
        if runner := self._served.pop(name, None):
            runner.driver.close()

    async def find(self, body: Body, *, native: bool) -> Served:
        """The runner of the asked model; raises RequestError. No tag means `:latest`."""
        name = body.get("model")
        if not name:
            raise refusal(400, "model is required", native=native)
        if name not in self.names:
            raise refusal(404, f"model '{name}' not found", native=native)
        if str(name) not in self._served:
            self._served[str(name)] = self._start(self._pulled[str(name)], native=native)
        return self._served[str(name)]

    async def pull(self, name: str, *, insecure: bool) -> AsyncGenerator[Line]:
        """All lines up to `success` or an error; nothing is fetched."""
        async for line in simulated_pull(name):
            if line.get("status") == "success":
                self.add(BY_TAG[name])
            yield line

    def keep(self, runner: Served, keep_alive: object) -> None:
        """A request named how long the model shall stay; here it stays as long as it is let."""

    def unload(self, runner: Served) -> None:
        """Free its memory, unless requests run."""
        if not runner.driver.running:
            runner.driver.loaded = False

    def expires_at(self, runner: Served) -> datetime:
        """When the model would be unloaded if nobody asked again."""
        return datetime.now(UTC) + KEPT

    def gpu_bytes(self, runner: Served) -> int:
        """What of a loaded model lies on the GPU: all of it."""
        return runner.capacity.used_bytes

    def modified_at(self, name: str) -> datetime:
        """When it came; here all came with the engine."""
        return datetime.fromtimestamp(self._first.began, UTC)

    def digest(self, name: str) -> str:
        """Tells two models of one name apart; here nobody needs to."""
        return f"simulated-{name}"

    def loaded(self) -> tuple[Served, ...]:
        """Those in memory."""
        return tuple(runner for runner in self._served.values() if runner.driver.loaded)

    def model(self, name: str) -> Model:
        """The preset behind a name on disk."""
        return self._first.parts.model if name == self._first.model else self._pulled[name]

    def size(self, name: str) -> int:
        """Bytes on disk: the weights."""
        if name == self._first.model:
            return self._first.capacity.weight_bytes
        return int(QUANTS[LIBRARY_QUANT].stored_bytes(self.model(name)))

    def quant_label(self, name: str) -> str:
        """As /api/tags spells it."""
        if name == self._first.model:
            return self._first.parts.quant.label
        return QUANTS[LIBRARY_QUANT].label

    def _start(self, model: Model, *, native: bool) -> Served:
        spec = replace(self._first.spec, model=model.name, quant=LIBRARY_QUANT)
        try:
            return serve(spec, self._first.faults)
        except SpecError as error:
            raise refusal(500, f"model failed to load: {error}", native=native) from error


async def simulated_pull(name: str) -> AsyncGenerator[Line]:
    """The lines of a download that only takes its time; `completed` is absent at 0."""
    yield {"status": "pulling manifest"}
    model = BY_TAG.get(name)
    if model is None:
        yield {"error": UNKNOWN}
        return
    total = int(QUANTS[LIBRARY_QUANT].stored_bytes(model))
    digest = simulated_digest(name)
    layer: Line = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": total}
    yield layer
    completed = 0
    while completed < total:
        await asyncio.sleep(INTERVAL)
        completed = min(total, completed + int(BYTES_PER_SECOND * INTERVAL))
        yield {**layer, "completed": completed}
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    yield {"status": "success"}


def simulated_digest(name: str) -> str:
    """The weights' hexadecimal digest in a simulated pull."""
    return hashlib.sha256(f"simulated {name}".encode()).hexdigest()


LIBRARY: web.AppKey[Library] = web.AppKey("library", Library)
"""Where an Ollama application keeps its models."""
