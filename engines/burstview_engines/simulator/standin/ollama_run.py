"""`ollama serve` as a process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from burstview_engines.simulator import presets
from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.memory import ollama_context
from burstview_engines.simulator.server.app import make_app
from burstview_engines.simulator.server.process import BACKLOG
from burstview_engines.simulator.server.served import serve
from burstview_engines.simulator.standin import ollama_log
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.hosting import Ending, allocate, bind, open_site
from burstview_engines.simulator.standin.log import play, write
from burstview_engines.simulator.standin.ollama_environment import Settings
from burstview_engines.simulator.standin.ollama_models import SMALLEST, StoredLibrary
from burstview_engines.simulator.standin.ollama_store import Store, make_folder

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CPU_CONTEXT = 4096
"""OLLAMA_CONTEXT_LENGTH where there is no GPU."""
GOODBYE = 0.05
"""Ollama cuts its connections at once."""


class Ollama:
    """One `ollama serve`."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], demands: Demands
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._demands = demands
        self._ending = Ending(ignores_term=demands.ignore_term)
        self._held: list[bytearray] = []

    async def run(self) -> int:
        """The exit status."""
        self._ending.watch_signals()
        settings, demands = self._settings, self._demands
        where = f"{settings.host}:{settings.port}"
        try:
            if demands.fail == "port-taken":
                raise OSError(98, os.strerror(98))
            sock = bind(settings.host, settings.port)
        except OSError as problem:
            said = (problem.strerror or str(problem)).lower()
            write(f"Error: listen tcp {where}: bind: {said}", "err")
            return 1
        with sock:
            sock.listen(BACKLOG)
            make_folder(settings.models)
            if not await self._ending.race(self._start()):
                return self._ending.status
            runner = await open_site(self._application(), sock, goodbye=GOODBYE)
            self._held = await asyncio.to_thread(allocate, demands.allocate_mb)
            await self._ending.wait()
            await runner.cleanup()
        return self._ending.status

    async def _start(self) -> None:
        store = Store(self._settings.models)
        shown = self._settings.shown(self._environment)
        opening = ollama_log.opening(self._settings, shown, store.count_blobs())
        await play(opening, 0.0, ollama_log.now)
        gpu = None if self._demands.fail == "no-gpu" else presets.gpu(self._demands.gpu)
        context = ollama_context(gpu) if gpu else CPU_CONTEXT
        await play(ollama_log.discovered(gpu, context), self._demands.start_seconds, ollama_log.now)

    def _application(self) -> web.Application:
        demands = self._demands
        template = serve(EngineSpec(engine="ollama", gpu=demands.gpu, model=SMALLEST))
        library = StoredLibrary(Store(self._settings.models), self._settings, demands, template)
        app = make_app(template, library)
        app.middlewares.insert(0, _log_access)
        if demands.crash_after is not None:
            asyncio.get_running_loop().call_later(demands.crash_after, library.kill_runners)
        return app


@web.middleware
async def _log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    begun = time.monotonic()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        took = time.monotonic() - begun
        write(ollama_log.gin(status, took, request.remote or "", request.method, request.path))
