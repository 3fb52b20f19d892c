"""What an Ollama stand-in has on disk and in memory, and for how long."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from burstview_engines.simulator import presets
from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.memory import ollama_context
from burstview_engines.simulator.presets import Model, SpecError
from burstview_engines.simulator.server.body import Body, RequestError
from burstview_engines.simulator.server.ollama import BUSY
from burstview_engines.simulator.server.ollama_ask import refusal
from burstview_engines.simulator.server.ollama_library import BY_TAG, LIBRARY_QUANT, Library, Line
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import build
from burstview_engines.simulator.standin import ollama_log
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.log import play, write
from burstview_engines.simulator.standin.ollama_download import Downloads
from burstview_engines.simulator.standin.ollama_environment import Settings, seconds
from burstview_engines.simulator.standin.ollama_runner import Runner
from burstview_engines.simulator.standin.ollama_store import ModelName, Store
from burstview_engines.simulator.standin.slot_log import SlotLog
from burstview_engines.simulator.standin.watched_driver import WatchedDriver

SMALLEST = "qwen3-0.6b"
"""What is computed for a model that no preset is named after."""
KEPT_TOKENS = 4
FOR_EVER = timedelta(days=106_751)
"""Go's longest duration: that far off an unlimited stay ends."""
GONE = "llama-server process no longer running: unknown "
OUT_OF_MEMORY = (
    "llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory"
)
TIMED_OUT = "timed out waiting for llama-server to start - progress 0.00 - "


class StoredLibrary(Library):
    """The models of one Ollama stand-in: those of its folder, loaded one after the other."""

    def __init__(
        self, store: Store, settings: Settings, demands: Demands, template: Served
    ) -> None:
        """`template` is never listed; it says on which GPU everything runs."""
        super().__init__(template)
        self.max_queue = settings.max_queue
        self._store = store
        self._settings = settings
        self._demands = demands
        self._runners: dict[str, Runner] = {}
        self._loading = asyncio.Lock()
        self._pending = 0
        self._requests = 0
        stall, fail = demands.stall_download, demands.fail
        self._downloads = Downloads(store, fail=fail, stall=stall)

    @property
    def names(self) -> tuple[str, ...]:
        """On disk."""
        return self._store.names()

    async def pull(self, name: str, *, insecure: bool) -> AsyncGenerator[Line]:
        """From a registry, or simulated."""
        async for line in self._downloads.pull(name, insecure=insecure):
            yield line

    def remove(self, name: str) -> None:
        """From disk and memory; raises RequestError."""
        parsed = ModelName.parse(name)
        if parsed is None or not self._store.remove(str(parsed)):
            raise refusal(404, f"model '{name}' not found", native=True)
        self._drop(str(parsed))

    async def find(self, body: Body, *, native: bool) -> Served:
        """The runner of the asked model, loaded if need be; raises RequestError."""
        asked = body.get("model")
        if not asked:
            raise refusal(400, "model is required", native=native)
        parsed = ModelName.parse(str(asked))
        name = str(parsed)
        if parsed is None or name not in self.names:
            raise refusal(404, f"model '{asked}' not found", native=native)
        self._expire()
        runner = self._runners.get(name)
        if runner is None or runner.is_dead:
            runner = await self._queue(name, native=native)
        assert runner.served is not None
        return runner.served

    def keep(self, runner: Served, keep_alive: object) -> None:
        """From now on for so long, if a request says so."""
        held = self._runners.get(runner.model)
        if held is not None and keep_alive is not None:
            held.keep = seconds(keep_alive, held.keep)
            held.used = time.monotonic()

    def unload(self, runner: Served) -> None:
        """At once when it is idle, else when its requests are done."""
        held = self._runners.get(runner.model)
        if held is not None and held.is_idle:
            self._drop(runner.model)

    def expires_at(self, runner: Served) -> datetime:
        """By its last use."""
        held = self._runners.get(runner.model)
        if held is None or math.isinf(held.keep):
            return datetime.now(UTC) + FOR_EVER
        return datetime.now(UTC) + timedelta(seconds=held.used + held.keep - time.monotonic())

    def gpu_bytes(self, runner: Served) -> int:
        """The demanded share of it."""
        return int(self._on_gpu * runner.capacity.used_bytes)

    def modified_at(self, name: str) -> datetime:
        """When its manifest was written."""
        return datetime.fromtimestamp(self._store.written(name), UTC)

    def digest(self, name: str) -> str:
        """Of its manifest."""
        return self._store.digest(name)

    def loaded(self) -> tuple[Served, ...]:
        """Those in memory; a killed runner is listed until it is missed."""
        self._expire()
        held = self._runners.values()
        return tuple(runner.served for runner in held if runner.served is not None)

    def model(self, name: str) -> Model:
        """The preset that is computed for it."""
        if self._demands.model is not None:
            return presets.model(self._demands.model)
        parsed = ModelName.parse(name)
        tag = f"{parsed.model}:{parsed.tag}" if parsed else ""
        return BY_TAG.get(tag) or presets.model(SMALLEST)

    def size(self, name: str) -> int:
        """All its blobs."""
        manifest = self._store.manifest(name)
        return sum(layer.size for layer in manifest.blobs) if manifest else 0

    def quant_label(self, name: str) -> str:
        """As its configuration says."""
        return self._store.description(name).file_type or presets.quant(LIBRARY_QUANT).label

    def kill_runners(self) -> None:
        """As the kernel does it: running answers just end, queued requests get a 500."""
        for runner in self._runners.values():
            if runner.driver is not None and not runner.is_dead:
                killed = "llama-server process no longer running"
                told = 'sys=9 string="signal: killed"'
                ollama_log.say(ollama_log.slog(killed, "llama_server.go:1196", told, "WARN"))
                runner.is_dead = True
                runner.driver.abandon(GONE, dies=True)

    async def _queue(self, name: str, *, native: bool) -> Runner:
        if self._pending > self.max_queue:
            raise refusal(503, BUSY, native=native)
        self._pending += 1
        try:
            async with self._loading:
                held = self._runners.get(name)
                if held is not None and not held.is_dead:
                    return held
                self._drop(name)
                return await self._load(name, native=native)
        finally:
            self._pending -= 1

    async def _load(self, name: str, *, native: bool) -> Runner:
        spec = self._spec(name)
        try:
            served = replace(serve(spec), model=name)
        except SpecError as error:
            raise await self._no_memory(name, str(error), native=native) from error
        await self._make_room(served)
        await self._play_load(name, served, native=native)
        runner = Runner(
            slots=SlotLog(
                served.seats, served.context_tokens, KEPT_TOKENS, verbose=True, write=_write
            ),
            asked=self._count_request,
            keep=self._settings.keep_alive,
        )
        runner.driver = WatchedDriver(build(spec), runner)
        runner.driver.loaded = True
        runner.served = replace(served, driver=runner.driver)
        self._runners[name] = runner
        return runner

    def _spec(self, name: str) -> EngineSpec:
        label = self._store.description(name).file_type.lower()
        known = presets.QUANTS.get(label)
        return EngineSpec(
            engine="ollama",
            gpu=self._demands.gpu,
            model=self.model(name).name,
            quant=known.name if known and known.is_gguf else None,
            slots=self._settings.num_parallel,
            context_tokens=self._settings.context_length,
            host_factor=self._demands.host_factor,
        )

    async def _play_load(self, name: str, served: Served, *, native: bool) -> None:
        manifest = self._store.manifest(name)
        layer = manifest.weights if manifest else None
        blob = self._store.blob(layer) if layer else self._store.folder
        takes = self._demands.start_seconds
        wanted = self._settings.context_length or ollama_context(served.parts.gpu)
        lines = [
            *ollama_log.loading(blob, served, self._settings, wanted),
            *ollama_log.metadata(served),
        ]
        failure = self._demands.fail
        if failure == "load-timeout":
            await play(lines, takes, ollama_log.now)
            ollama_log.say(ollama_log.load_failed(blob, TIMED_OUT))
            raise refusal(500, TIMED_OUT, native=native)
        if failure == "cuda-out-of-memory":
            lines += ollama_log.out_of_memory(blob, served.capacity.kv_bytes)
            await play(lines, takes, ollama_log.now)
            ollama_log.say(ollama_log.load_failed(blob, OUT_OF_MEMORY))
            raise refusal(500, OUT_OF_MEMORY, native=native)
        lines += ollama_log.placing(served, self._on_gpu)
        lines += ollama_log.started(served, takes, name, len(self._runners) + 1)
        await play(lines, takes, ollama_log.now)

    async def _no_memory(self, name: str, reason: str, *, native: bool) -> RequestError:
        """What really does not fit fails as Ollama's runner does."""
        lines = ollama_log.out_of_memory(
            self._store.folder, presets.gpu(self._demands.gpu).memory_bytes
        )
        ollama_log.say(f"SIMULATED {name}: {reason}")
        await play(lines, self._demands.start_seconds, ollama_log.now)
        return refusal(500, OUT_OF_MEMORY, native=native)

    async def _make_room(self, wanted: Served) -> None:
        """Unload idle models until the new one may be loaded, the longest unused first."""
        while not self._has_room(wanted):
            idle = [name for name, runner in self._runners.items() if runner.is_idle]
            if not idle:
                await asyncio.sleep(0.05)
                continue
            self._drop(min(idle, key=lambda name: self._runners[name].used))

    def _has_room(self, wanted: Served) -> bool:
        used = sum(runner.capacity.used_bytes for runner in self.loaded())
        fits = used + wanted.capacity.used_bytes <= wanted.parts.gpu.memory_bytes
        return not self._runners or (fits and len(self._runners) < self._settings.max_loaded)

    def _drop(self, name: str) -> None:
        runner = self._runners.pop(name, None)
        if runner is not None and runner.driver is not None:
            runner.driver.close()

    def _expire(self) -> None:
        for name in [name for name, runner in self._runners.items() if runner.is_expired]:
            self._drop(name)

    def _count_request(self) -> None:
        self._requests += 1
        deadly = 1 if self._demands.fail == "runner-died" else self._demands.crash_on_request
        if self._requests == deadly:
            asyncio.get_running_loop().call_later(0.3, self.kill_runners)

    @property
    def _on_gpu(self) -> float:
        return 0.0 if self._demands.fail == "no-gpu" else self._demands.on_gpu


def _write(text: str) -> None:
    write(text, "err")
