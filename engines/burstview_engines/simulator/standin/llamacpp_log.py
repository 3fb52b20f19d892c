"""llama-server's lines while it starts, with the time since it was started in front."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.standin.llamacpp_arguments import LlamaArguments
from burstview_engines.simulator.standin.log import NOW, Line, write

MIB = 2**20
INSECURE = (
    "security: no API key is set and CORS allows all origins "
    "(see https://github.com/ggml-org/llama.cpp/pull/25655)"
)
_BEGUN = time.monotonic()


def now() -> str:
    """`0.00.186.848`: minutes, seconds, milli- and microseconds."""
    passed = time.monotonic() - _BEGUN
    minutes, seconds = divmod(passed, 60)
    micro = int(seconds % 1 * 1e6)
    return f"{int(minutes)}.{int(seconds):02d}.{micro // 1000:03d}.{micro % 1000:03d}"


def line(text: str, level: str = "I") -> str:
    """The time is filled in when it is written."""
    return f"{NOW} {level} {text}"


def say(text: str) -> None:
    """Lines, now."""
    for part in text.split("\n"):
        write(line(part).replace(NOW, now()), "err")


def opening(arguments: LlamaArguments, *, has_gpu: bool) -> Iterator[Line]:
    """Until HTTP answers with 503."""
    yield Line(0.0, line("srv  llama_server: initializing ..."), "err")
    verbosity = "common_params_print_info: verbosity = 3 (adjust with the `-lv N` CLI arg)"
    yield Line(0.0, line(f"cmn  common_param: {verbosity}"), "err")
    if not has_gpu:
        lacks = "failed to initialize CUDA: no CUDA-capable device is detected"
        yield Line(0.0, line(f"ggml_cuda_init: {lacks}", "E"), "err")
    if not arguments.api_keys:
        yield Line(0.0, line(f"srv  llama_server: {INSECURE}", "W"), "err")


def loading(arguments: LlamaArguments, served: Served, *, has_gpu: bool) -> Iterator[Line]:
    """Until the model is in memory; shares of the whole start."""
    room, layers = served.capacity, served.parts.model.layers + 1
    on = layers if has_gpu else 0
    cache, cells = room.kv_bytes / MIB, room.kv_tokens
    yield Line(0.05, line(f"srv    load_model: loading model '{arguments.model}'"), "err")
    yield Line(0.5, line(f"load_tensors: offloaded {on}/{layers} layers to GPU"), "err")
    sizes = f"({cells:6d} cells, {layers - 1:3d} layers, {served.seats:2d}/{served.seats} seqs)"
    yield Line(0.7, line(f"llama_kv_cache: size = {cache:7.2f} MiB {sizes}"), "err")
    threads = "llama threadpool init, n_threads = 16"
    yield Line(0.9, line(f"cmn          init: {threads}"), "err")
    unified = str(arguments.is_unified).lower()
    slots = f"n_slots = {served.seats}, n_ctx_slot = {served.context_tokens}"
    initializing = f"initializing, {slots}, kv_unified = '{unified}'"
    yield Line(0.95, line(f"srv    load_model: {initializing}"), "err")


def loaded(arguments: LlamaArguments) -> Iterator[Line]:
    """It serves."""
    url = f"http://{arguments.host}:{arguments.port}"
    yield Line(0.0, line("srv  llama_server: model loaded"), "err")
    yield Line(0.0, line(f"srv  llama_server: listening on {url}"), "err")


def downloading(repository: str, path: Path) -> str:
    """Before HTTP is up."""
    url = f"https://huggingface.co/{repository}/resolve/main/{path.name}"
    return line(f"common_download_file_single_online: downloading from {url} to {path}")


def not_downloaded(repository: str) -> Iterator[str]:
    """Not there, or offline."""
    yield line(f"error: failed to download model: {repository}", "E")


def not_found(path: str) -> Iterator[str]:
    """No such file."""
    yield line(f"gguf_init_from_file: failed to open GGUF file '{path}'", "E")
    yield line("llama_model_load_from_file_impl: failed to load model", "E")
    yield from _exiting(path)


def out_of_memory(path: str, size: int) -> Iterator[str]:
    """Bytes of the buffer that was refused."""
    refused = f"allocating {size / MIB:.2f} MiB on device 0: cudaMalloc failed: out of memory"
    yield line(f"ggml_backend_cuda_buffer_type_alloc_buffer: {refused}", "E")
    failed = "failed to initialize the context: failed to allocate buffer for kv cache"
    yield line(f"llama_init_from_model: {failed}", "E")
    yield line(f"cmn  common_init_: failed to create context with model '{path}'", "E")
    yield from _exiting(path)


def port_taken(arguments: LlamaArguments) -> Iterator[str]:
    """Another process listens there."""
    where = f"hostname: {arguments.host}, port: {arguments.port}"
    yield line(f"srv         start: couldn't bind HTTP server socket, {where}", "E")
    yield line("srv  llama_server: exiting due to HTTP server error", "E")


def crashing() -> Iterator[str]:
    """The last words of a process that aborts."""
    yield line("CUDA error: an illegal memory access was encountered", "E")


def stopping() -> str:
    """Told to end."""
    return "srv    operator(): operator(): cleaning up before exit..."


def _exiting(path: str) -> Iterator[str]:
    yield line(f"srv    load_model: failed to load model, '{path}'", "E")
    yield line("srv    operator(): operator(): cleaning up before exit...")
    yield line("srv  llama_server: exiting due to model loading error", "E")
