"""The lines that vLLM 0.32 logs while it starts, in its order, with this stand-in's figures."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.server.vllm_wire import VERSION
from burstview_engines.simulator.standin.log import NOW, Line, bar
from burstview_engines.simulator.standin.vllm_arguments import VllmArguments

GIB = 2**30
GRAPH_SIZES = (1, 2, 4, *range(8, 513, 8))
"""Batch sizes for which CUDA graphs are captured, as far as twice the seats."""
BANNER = (
    "",
    "       █     █     █▄   ▄█",
    " ▄▄ ▄█ █     █     █ ▀▄▀ █  version {version}",
    "  █▄█▀ █     █     █     █  model   {model}",
    "   ▀▀  ▀▀▀▀▀ ▀▀▀▀▀ ▀     ▀",
    "",
)
ROUTES = (
    ("/version", "GET"),
    ("/health", "GET"),
    ("/metrics", "GET"),
    ("/v1/models", "GET"),
    ("/ping", "GET"),
    ("/v1/chat/completions", "POST"),
    ("/v1/completions", "POST"),
)

PID = os.getpid()
CORE_PID = PID + 12
"""The engine core is a process of its own in vLLM; here only its name appears."""


def now() -> str:
    """The time as vLLM writes it."""
    return time.strftime("%m-%d %H:%M:%S")


def stamped(line: str) -> str:
    """A line with the time filled in."""
    return line.replace(NOW, now())


def api(message: str, source: str, level: str = "INFO") -> str:
    """A line of the API server."""
    return f"(APIServer pid={PID}) {level} {NOW} [{source}] {message}"


def core(message: str, source: str, level: str = "INFO") -> str:
    """A line of the engine core."""
    return f"(EngineCore pid={CORE_PID}) {level} {NOW} [{source}] {message}"


def plain(message: str) -> str:
    """A line of the API server's web server."""
    return f"(APIServer pid={PID}) INFO:     {message}"


def opening(arguments: VllmArguments) -> Iterator[Line]:
    """Banner and arguments; an API key is among them, in clear, as before mid-August 2026."""
    for line in BANNER:
        words = line.format(version=VERSION, model=arguments.model)
        yield Line(0.0, api(words, "api_utils.py:347"))
    yield Line(0.0, api(f"non-default args: {arguments.given}", "api_utils.py:286"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmStart:
    """The start of one vLLM, part by part; each part's lines carry shares of its own time."""

    arguments: VllmArguments
    host: str
    model: str
    """The preset's name: compiled graphs are kept by it."""
    architecture: str
    weight_bytes: int
    batched_tokens: int
    seats: int
    context_tokens: int
    kv_bytes: int
    """Negative where the weights alone are too much."""
    kv_tokens: int

    def configuring(self) -> Iterator[Line]:
        """The API server reads the model's configuration."""
        yield Line(0.0, api(f"Resolved architecture: {self.architecture}", "model.py:733"))
        yield Line(0.0, api(f"Using max model len {self.context_tokens}", "model.py:2152"))
        budget = self.batched_tokens
        chunked = f"Chunked prefill is enabled with max_num_batched_tokens={budget}."
        yield Line(0.03, api(chunked, "scheduler.py:252"))
        if self.arguments.enforce_eager:
            eager = (
                "Enforce eager set, disabling torch.compile, CUDAGraphs, and JIT kernel warmup. "
                "This is equivalent to setting -cc.mode=none -cc.cudagraph_mode=none and "
                "--kernel_config.enable_jit_warmup=False"
            )
            yield Line(0.03, api(eager, "vllm.py:1703", "WARNING"))
        yield Line(0.03, api("Asynchronous scheduling is enabled.", "vllm.py:1109"))

    def loading(self) -> Iterator[Line]:
        """The engine core comes up and begins to load."""
        model, context = self.arguments.model, self.context_tokens
        config = (
            f"Initializing a V1 LLM engine (v{VERSION}) with config: model='{model}', "
            f"speculative_config=None, tokenizer='{model}', skip_tokenizer_init=False, "
            f"tokenizer_mode=auto, revision=None, trust_remote_code=False, "
            f"dtype=torch.bfloat16, max_seq_len={context}"
        )
        yield Line(0.0, core(config, "core.py:133"))
        world = (
            "rank 0 in world size 1 is assigned as DP rank 0, PP rank 0, PCP rank 0, TP rank 0, "
            "EP rank N/A, EPLB rank N/A"
        )
        yield Line(0.3, core(world, "parallel_state.py:2350"))
        yield Line(0.5, core(f"Starting to load model {model}...", "gpu_model_runner.py:5003"))
        backend = (
            "Using FLASH_ATTN attention backend out of potential backends: "
            "['FLASH_ATTN', 'TRITON_ATTN', 'FLEX_ATTENTION']."
        )
        yield Line(0.6, core(backend, "cuda.py:482"))

    def loaded(self, seconds: float) -> Iterator[Line]:
        """The weights go into memory."""
        shards = "\rLoading safetensors checkpoint shards: "
        yield Line(0.0, f"{shards}  0% Completed | 0/1 [00:00<?, ?it/s]", "err", "")
        clock = f"[00:{int(seconds):02d}<00:00, {1 / max(seconds, 0.01):5.2f}it/s]"
        yield Line(0.8, f"{shards}100% Completed | 1/1 {clock}\n", "err")
        took = f"Loading weights took {0.8 * seconds:.2f} seconds"
        yield Line(0.8, core(took, "default_loader.py:501"))
        size = self.weight_bytes / GIB
        took = f"Model loading took {size:.2f} GiB memory and {seconds:.6f} seconds"
        yield Line(0.9, core(took, "gpu_model_runner.py:5088"))

    def compiling(self, seconds: float, folder: str) -> Iterator[Line]:
        """torch.compile, the first time."""
        cache = f"{folder}/torch_compile_cache"
        using = f"Using cache directory: {cache}/55ff771dfc/rank_0_0/backbone for vLLM's"
        yield Line(0.25, core(f"{using} torch.compile", "backends.py:1094"))
        took = f"Dynamo bytecode transform time: {0.27 * seconds:.2f} s"
        yield Line(0.27, core(took, "backends.py:1155"))
        kept = "Cache the graph of compile range (1, 8192) for later use"
        yield Line(0.55, core(kept, "backends.py:378"))
        took = f"Compiling a graph for compile range (1, 8192) takes {0.5 * seconds:.2f} s"
        yield Line(0.8, core(took, "backends.py:393"))
        saved = f"saved AOT compiled function to {self.compiled(folder)}"
        yield Line(0.95, core(saved, "decorators.py:743"))
        yield from self._compiled(seconds)

    def recalling(self, seconds: float, folder: str) -> Iterator[Line]:
        """torch.compile with a filled cache."""
        found = f"Directly load AOT compilation from path {self.compiled(folder)}"
        yield Line(0.5, core(found, "decorators.py:311"))
        yield from self._compiled(seconds)

    def compiled(self, folder: str) -> str:
        """The file by which a later start knows that the cache is filled."""
        return f"{folder}/torch_compile_cache/torch_aot_compile/{self.model}/rank_0_0/model"

    def profiling(self) -> Iterator[Line]:
        """What is left for the KV cache."""
        room = self.kv_bytes / GIB
        took = "Initial profiling/warmup run took 0.27 s"
        yield Line(0.3, core(took, "monitor.py:91"))
        yield Line(0.9, core(f"Available KV cache memory: {room:.2f} GiB", "gpu_worker.py:772"))

    def sizing(self) -> Iterator[Line]:
        """The KV cache in tokens."""
        room, context = self.kv_tokens, self.context_tokens
        size = (
            f"GPU KV cache size: {room:,} tokens, Maximum concurrency for {context:,} tokens per "
            f"request: {room / context:.2f}x"
        )
        yield Line(0.0, core(size, "kv_cache_utils.py:2327"))

    def capturing(self, seconds: float) -> Iterator[Line]:
        """CUDA graphs, with their progress bars on stderr."""
        seats = self.seats
        sizes = [size for size in GRAPH_SIZES if size <= 2 * seats]
        few = sum(size <= seats for size in sizes)
        yield from self._bar("PIECEWISE", len(sizes), 0.0, 0.5, seconds)
        yield from self._bar("FULL", few, 0.5, 0.8, seconds)
        took = f"Graph capturing finished in {max(1, round(seconds))} secs, took 0.28 GiB"
        yield Line(0.9, core(took, "gpu_model_runner.py:6516"))

    def warming(self, seconds: float) -> Iterator[Line]:
        """The engine core is ready."""
        took = f"init engine (profile, create kv cache, warmup model) took {seconds:.2f} s"
        yield Line(0.9, core(took, "core.py:402"))

    def serving(self) -> Iterator[Line]:
        """The HTTP server opens; it answers after the last of these lines."""
        url = f"http://{self.host}:{self.arguments.port}"
        yield Line(0.1, api("Supported tasks: ['generate']", "entry.py:136"))
        yield Line(0.4, api(f"Starting vLLM server on {url}", "entry.py:140"))
        yield Line(0.5, api("Available routes are:", "launcher.py:186"))
        for path, methods in ROUTES:
            yield Line(0.5, api(f"Route: {path}, Methods: {methods}", "launcher.py:195"))
        yield Line(0.8, plain(f"Started server process [{PID}]"), "err")
        yield Line(0.8, plain("Waiting for application startup."), "err")

    def _compiled(self, seconds: float) -> Iterator[Line]:
        took = f"torch.compile took {seconds:.2f} s in total"
        yield Line(1.0, core(took, "monitor.py:53"))

    def _bar(
        self, kind: str, total: int, begin: float, end: float, seconds: float
    ) -> Iterator[Line]:
        title = f"Capturing CUDA graphs ({kind})"
        yield Line(begin, f"(EngineCore pid={CORE_PID}) ", "err", "")
        for done in (*range(0, total, 3), total):
            passed = (end - begin) * seconds * done / total
            share = begin + (end - begin) * done / total
            yield Line(share, "\r" + bar(title, done, total, passed), "err", "")
        yield Line(end, "", "err")


def access(client: str, request: str, status: int, phrase: str) -> str:
    """uvicorn's line for a request, written with its response's head."""
    return plain(f'{client} - "{request} HTTP/1.1" {status} {phrase}')


def statistics(served: Served, prompt: float, generated: float) -> str:
    """The line of every ten seconds; tokens per second."""
    running, waiting = len(served.driver.running), len(served.driver.waiting)
    told = (
        f"Engine 000: Avg prompt throughput: {prompt:.1f} tokens/s, Avg generation throughput: "
        f"{generated:.1f} tokens/s, Running: {running} reqs, Waiting: {waiting} reqs, "
        f"GPU KV cache usage: {100 * served.kv_usage:.1f}%, Prefix cache hit rate: 0.0%"
    )
    return api(told, "loggers.py:310")
