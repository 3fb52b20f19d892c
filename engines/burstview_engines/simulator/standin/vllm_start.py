"""How a vLLM stand-in comes up, phase by phase, and where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from burstview_engines.simulator.engine_spec import EngineSpec
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import SpecError
from burstview_engines.simulator.standin import vllm_failures as failures
from burstview_engines.simulator.standin.chosen_model import (
    ChosenModel,
    UnknownModelError,
    of_hub,
)
from burstview_engines.simulator.standin.demands import Demands
from burstview_engines.simulator.standin.hosting import RefusedError
from burstview_engines.simulator.standin.hub_cache import (
    CachedModel,
    configuration,
    has_token,
    hub_folder,
)
from burstview_engines.simulator.standin.hub_download import download
from burstview_engines.simulator.standin.log import Line, play
from burstview_engines.simulator.standin.vllm_arguments import VllmArguments
from burstview_engines.simulator.standin.vllm_fit import Fit, fitted, limits
from burstview_engines.simulator.standin.vllm_log import GIB, VllmStart, now

SHARES = {
    "importing": 0.2,
    "configuring": 0.22,
    "loading": 0.04,
    "downloading": 0.3,
    "loaded": 0.04,
    "compiling": 0.27,
    "recalling": 0.02,
    "profiling": 0.03,
    "capturing": 0.05,
    "warming": 0.12,
    "serving": 0.03,
}
"""Of the start time, as on an H200. Without a download and with a cold cache they make 1."""
GATED = "meta-llama/"
"""An owner whose models are handed out only to those with a token."""


class StartUp:
    """From the banner to a served engine. Raises RefusedError where vLLM would not start."""

    def __init__(
        self,
        arguments: VllmArguments,
        environment: Mapping[str, str],
        demands: Demands,
        host: str,
    ) -> None:
        self._arguments = arguments
        self._environment = environment
        self._demands = demands
        self._host = host
        self._spec: EngineSpec | None = None

    def served(self) -> Served:
        """The engine that came up."""
        assert self._spec is not None
        return serve(self._spec)

    async def run(self) -> None:
        """Play all phases."""
        await self._wait("importing")
        self._refuse_if("no-gpu", failures.no_gpu())
        chosen = self._choose()
        fit = fitted(self._arguments, chosen, self._demands)
        log = self._log(chosen, fit)
        await self._play(log.configuring(), "configuring")
        await self._play(log.loading(), "loading")
        await self._load(chosen, fit)
        await self._play(log.loaded(self._seconds("loaded")), "loaded")
        if not self._arguments.enforce_eager:
            await self._compile(log)
        await self._play(log.profiling(), "profiling")
        self._check_cache(fit)
        self._spec = fit.spec
        await self._play(log.sizing(), None)
        if not self._arguments.enforce_eager:
            await self._play(log.capturing(self._seconds("capturing")), "capturing")
        await self._play(log.warming(self._demands.start_seconds / 2), "warming")
        await self._play(log.serving(), "serving")

    def _choose(self) -> ChosenModel:
        name = self._arguments.model
        self._refuse_if("unknown-model", failures.unknown_model(name))
        self._refuse_if("gated-model", failures.gated_model(name))
        try:
            return of_hub(name, self._demands.model)
        except UnknownModelError as unknown:
            raise RefusedError(failures.unknown_model(name)) from unknown

    def _log(self, chosen: ChosenModel, fit: Fit) -> VllmStart:
        seats, budget = limits(self._arguments, fit.named.gpu)
        return VllmStart(
            arguments=self._arguments,
            host=self._host,
            model=chosen.preset.name,
            architecture=str(configuration(chosen.preset)["architectures"])[2:-2],
            weight_bytes=fit.named.weight_bytes,
            batched_tokens=budget,
            seats=seats,
            context_tokens=fit.context_tokens,
            kv_bytes=fit.kv_bytes,
            kv_tokens=fit.kv_tokens,
        )

    async def _load(self, chosen: ChosenModel, fit: Fit) -> None:
        gpu, utilisation = fit.named.gpu, self._arguments.gpu_memory_utilization
        free = 0.3 * gpu.memory_bytes / GIB
        taken = failures.gpu_memory_taken(gpu, utilisation, free)
        self._refuse_if("gpu-memory-taken", taken)
        if not chosen.is_local:
            await self._fetch(chosen, fit.named.weight_bytes)
        self._refuse_if("cuda-out-of-memory", failures.cuda_out_of_memory(gpu))
        if fit.named.weight_bytes > gpu.memory_bytes:
            raise RefusedError(failures.cuda_out_of_memory(gpu))

    async def _fetch(self, chosen: ChosenModel, size: int) -> None:
        cached = CachedModel(hub_folder(self._environment), self._arguments.model, size)
        self._refuse_if("disk-full", failures.disk_full(str(cached.partial)))
        if cached.is_complete:
            return
        if self._environment.get("HF_HUB_OFFLINE") in ("1", "true", "yes"):
            raise RefusedError(failures.offline(self._arguments.model))
        if self._arguments.model.startswith(GATED) and not has_token(self._environment):
            raise RefusedError(failures.gated_model(self._arguments.model))
        seconds = self._seconds("downloading")
        try:
            await download(cached, chosen.preset, seconds, self._demands.stall_download)
        except OSError as problem:
            raise RefusedError(failures.disk(problem)) from problem
        took = Line(0.0, failures.downloaded(self._arguments.model, seconds))
        await play([took], 0.0, now)

    async def _compile(self, log: VllmStart) -> None:
        folder = compile_folder(self._environment)
        compiled = log.compiled(folder)
        if Path(compiled).exists():  # noqa: ASYNC240  a stat does not block
            await self._play(log.recalling(self._seconds("recalling"), folder), "recalling")
            return
        await self._play(log.compiling(self._seconds("compiling"), folder), "compiling")
        try:
            _touch(Path(compiled))
        except OSError as problem:
            raise RefusedError(failures.disk(problem)) from problem

    def _check_cache(self, fit: Fit) -> None:
        """Whether the KV cache holds one request of full length."""
        if fit.kv_bytes <= 0 or not fit.kv_tokens:
            raise RefusedError(failures.no_cache_memory())
        a_token = fit.named.model.kv_bytes_per_token
        needed = fit.context_tokens * a_token / GIB
        if fit.context_tokens > fit.kv_tokens:
            room, longest = fit.kv_bytes / GIB, fit.kv_tokens
            raise RefusedError(failures.cache_too_small(fit.context_tokens, needed, room, longest))
        too_small = failures.cache_too_small(
            fit.context_tokens, needed, 0.6 * needed, fit.context_tokens * 6 // 10
        )
        self._refuse_if("kv-cache-too-small", too_small)
        try:
            serve(fit.spec)
        except SpecError as wrong:
            raise RefusedError(failures.wrong_value(str(wrong))) from wrong

    def _refuse_if(self, kind: str, lines: Iterable[str]) -> None:
        if self._demands.fail == kind:
            raise RefusedError(lines)

    async def _play(self, lines: Iterable[Line], part: str | None) -> None:
        await play(lines, self._seconds(part) if part else 0.0, now)

    async def _wait(self, part: str) -> None:
        await asyncio.sleep(self._seconds(part))

    def _seconds(self, part: str) -> float:
        return SHARES[part] * self._demands.start_seconds


def compile_folder(environment: Mapping[str, str]) -> str:
    """VLLM_CACHE_ROOT, else the home's."""
    root = environment.get("VLLM_CACHE_ROOT")
    return root or f"{environment.get('HOME', '/root')}/.cache/vllm"


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
