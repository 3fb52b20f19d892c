"""`llama-server` as a process: HTTP with 503 first, then the model."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Mapping
from dataclasses import replace

from burstview_engines.simulator import presets
from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.server.driver import Ticket
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import SpecError, build
from burstview_engines.simulator.standin import llamacpp_log as log
from burstview_engines.simulator.standin.chosen_model import (
    ChosenModel,
    UnknownModelError,
    of_file,
)
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.hosting import (
    Ending,
    RefusedError,
    allocate,
    bind,
    leave,
    open_site,
)
from burstview_engines.simulator.standin.hub_cache import CachedModel, hub_folder
from burstview_engines.simulator.standin.hub_download import download
from burstview_engines.simulator.standin.llamacpp_app import Progress, application
from burstview_engines.simulator.standin.llamacpp_arguments import LlamaArguments
from burstview_engines.simulator.standin.log import NOW, play, write
from burstview_engines.simulator.standin.slot_log import SlotLog
from burstview_engines.simulator.standin.watched_driver import WatchedDriver

LEAST_CONTEXT = 256
"""Of a slot, where the memory leaves no more."""
DOWNLOAD = 0.3
"""Share of the start time that a download takes beside it."""
WEIGHTS = 0.5
"""Share of the start after which the weights are in memory and the cache is next."""
ABORTED = 134
"""Exit status of a process that aborts."""
GOODBYE = 30.0
"""Told to end in the middle of answers it makes no more tokens, and cuts them only then."""


class LlamaServer:
    """One `llama-server`."""

    def __init__(
        self, arguments: LlamaArguments, environment: Mapping[str, str], demands: Demands
    ) -> None:
        self._arguments = arguments
        self._environment = environment
        self._demands = demands
        self._ending = Ending(ignores_term=demands.ignore_term)
        self._progress = Progress()
        self._has_gpu = demands.fail != "no-gpu"
        self._asked = 0
        self._slots: SlotLog | None = None
        self._held: list[bytearray] = []

    async def run(self) -> int:
        """The exit status."""
        self._ending.watch_signals()
        try:
            return await self._run()
        except RefusedError as refused:
            for text in refused.lines:
                write(text.replace(NOW, log.now()), "err")
            return 1

    def submitted(self, ticket: Ticket) -> None:
        """Counts requests: one of them may have been chosen to kill the server."""
        self._asked += 1
        if self._asked == self._demands.crash_on_request:
            self._ending.later(0.2, self._crash)

    def seated(self, ticket: Ticket) -> None:
        """It has a slot."""
        if self._slots is not None:
            self._slots.seated(ticket, time.monotonic())

    def ended(self, ticket: Ticket) -> None:
        """It left its slot."""
        if self._slots is not None:
            self._slots.ended(ticket, time.monotonic())

    async def _run(self) -> int:
        arguments, demands = self._arguments, self._demands
        chosen = self._choose()
        if arguments.is_repository and not await self._ending.race(self._fetch(chosen)):
            return self._ending.status
        await play(log.opening(arguments, has_gpu=self._has_gpu), 0.0, log.now)
        served = self._watched(chosen)
        try:
            if demands.fail == "port-taken":
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
            sock = bind(arguments.host, arguments.port)
        except OSError as problem:
            raise RefusedError(log.port_taken(arguments)) from problem
        keys, metrics = arguments.api_keys, arguments.has_metrics
        app = application(served, self._progress, keys, has_metrics=metrics)
        runner = await open_site(app, sock, goodbye=GOODBYE)
        try:
            if await self._ending.race(self._load(served)):
                await self._serve()
                served.driver.close()
                log.say(log.stopping())
        finally:
            await runner.cleanup()
        return self._ending.status

    def _choose(self) -> ChosenModel:
        name = self._arguments.model
        unknown = log.not_downloaded if self._arguments.is_repository else log.not_found
        if self._demands.fail == "unknown-model":
            raise RefusedError(unknown(name))
        try:
            chosen = of_file(name, self._demands.model)
        except UnknownModelError as failure:
            raise RefusedError(unknown(name)) from failure
        is_here = chosen.is_local or self._arguments.is_repository or self._demands.model
        if not is_here:
            raise RefusedError(log.not_found(name))
        return chosen

    async def _fetch(self, chosen: ChosenModel) -> None:
        repository = self._arguments.model.partition(":")[0]
        quant = presets.quant(chosen.quant or "q4_k_m")
        name = f"{chosen.preset.hub.rpartition('/')[2]}-{quant.label}.gguf"
        size = int(quant.stored_bytes(chosen.preset))
        cached = CachedModel(hub_folder(self._environment), repository, size, name)
        if cached.is_complete:
            return
        if self._arguments.is_offline:
            raise RefusedError(log.not_downloaded(self._arguments.model))
        write(log.downloading(repository, cached.folder / name).replace(NOW, log.now()), "err")
        seconds = DOWNLOAD * self._demands.start_seconds
        try:
            await download(cached, chosen.preset, seconds, self._demands.stall_download)
        except OSError as problem:
            raise RefusedError(log.not_downloaded(self._arguments.model)) from problem

    def _watched(self, chosen: ChosenModel) -> Served:
        served = self._fitting(chosen)
        self._slots = SlotLog(
            served.seats, served.context_tokens, keep=0, verbose=False, write=log.say
        )
        driver = WatchedDriver(build(served.spec), self)
        driver.loaded = True
        name = self._arguments.alias or self._arguments.model.rpartition("/")[2]
        return replace(served, driver=driver, model=name)

    def _fitting(self, chosen: ChosenModel) -> Served:
        """With the asked context, or as much of it as the memory holds, as `--fit on`."""
        slots = self._arguments.slots
        context = (self._arguments.context or chosen.preset.context_tokens) // slots
        while True:
            spec = self._spec(chosen, context)
            try:
                return serve(spec)
            except SpecError as refusal:
                context //= 2
                if context < LEAST_CONTEXT:
                    memory = presets.gpu(self._demands.gpu).memory_bytes
                    lines = log.out_of_memory(self._arguments.model, memory)
                    raise RefusedError(lines) from refusal

    def _spec(self, chosen: ChosenModel, context: int) -> EngineSpec:
        return EngineSpec(
            engine="llamacpp",
            gpu=self._demands.gpu,
            model=chosen.preset.name,
            quant=chosen.quant,
            slots=self._arguments.slots,
            context_tokens=context,
            host_factor=self._demands.host_factor,
        )

    async def _load(self, served: Served) -> None:
        lines = log.loading(self._arguments, served, has_gpu=self._has_gpu)
        if self._demands.fail == "cuda-out-of-memory":
            weights = [line for line in lines if line.share <= WEIGHTS]
            await play(weights, WEIGHTS * self._demands.start_seconds, log.now)
            size = served.capacity.kv_bytes
            raise RefusedError(log.out_of_memory(self._arguments.model, size))
        await play(lines, self._demands.start_seconds, log.now)
        self._progress.is_loaded = True
        await play(log.loaded(self._arguments), 0.0, log.now)

    async def _serve(self) -> None:
        self._held = await asyncio.to_thread(allocate, self._demands.allocate_mb)
        if self._demands.crash_after is not None:
            self._ending.later(self._demands.crash_after, self._crash)
        await self._ending.wait()

    async def _crash(self) -> None:
        """The whole process is gone at once."""
        for text in log.crashing():
            write(text.replace(NOW, log.now()), "err")
        leave(ABORTED)
