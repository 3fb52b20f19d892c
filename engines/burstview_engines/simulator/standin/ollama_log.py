"""Ollama's log: its own lines, Gin's, and what its llama-server says while it loads a model."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from burstview_engines.simulator.presets import Gpu
from burstview_engines.simulator.server.ollama_native import VERSION
from burstview_engines.simulator.server.served import Served
from burstview_engines.simulator.standin.log import NOW, Line, write
from burstview_engines.simulator.standin.ollama_environment import Settings

GIB, MIB = 2**30, 2**20
ROUTES = (
    ("GET", "/", "GenerateRoutes.func2"),
    ("GET", "/api/version", "GenerateRoutes.func4"),
    ("POST", "/api/pull", "PullHandler-fm"),
    ("GET", "/api/tags", "ListHandler-fm"),
    ("POST", "/api/show", "ShowHandler-fm"),
    ("DELETE", "/api/delete", "DeleteHandler-fm"),
    ("GET", "/api/ps", "PsHandler-fm"),
    ("POST", "/api/generate", "GenerateHandler-fm"),
    ("POST", "/api/chat", "ChatHandler-fm"),
    ("POST", "/v1/chat/completions", "ChatHandler-fm"),
    ("POST", "/v1/completions", "GenerateHandler-fm"),
    ("GET", "/v1/models", "ListHandler-fm"),
)


def now() -> str:
    """Go's RFC 3339 time in milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slog(message: str, source: str, more: str = "", level: str = "INFO") -> str:
    """A line of Ollama's own; the time is filled in when it is written."""
    return f'time={NOW} level={level} source={source} msg="{message}"{more and " " + more}'


def say(line: str) -> None:
    """One line, now."""
    write(line.replace(NOW, now()), "err")


def opening(settings: Settings, shown: str, blobs: int) -> Iterator[Line]:
    """Until it listens."""
    config = f'env="map[{shown}]"'
    yield Line(0.0, slog("server config", "routes.go:1951", config), "err")
    yield Line(0.0, slog("Ollama cloud disabled: true", "routes.go:1953"), "err")
    yield Line(0.0, slog(f"total blobs: {blobs}", "images.go:919"), "err")
    yield Line(0.0, slog("total unused blobs removed: 0", "images.go:926"), "err")
    yield Line(0.0, '[GIN-debug] [WARNING] Running in "debug" mode. Switch to "release" mode in')
    for method, path, handler in ROUTES:
        where = f"github.com/ollama/ollama/server.(*Server).{handler} (5 handlers)"
        yield Line(0.0, f"[GIN-debug] {method:<6} {path:<25} --> {where}")
    listening = f"Listening on {settings.listening} (version {VERSION})"
    yield Line(0.0, slog(listening, "routes.go:2008"), "err")
    yield Line(0.0, slog("discovering available GPUs...", "runner.go:60"), "err")


def discovered(gpu: Gpu | None, context: int) -> Iterator[Line]:
    """What it computes on; None: on the CPU."""
    if gpu is None:
        found = (
            'id=cpu library=cpu compute="" name=cpu description=cpu libdirs=ollama driver="" '
            'pci_id="" type="" total="23.5 GiB" available="23.1 GiB"'
        )
        total = "0 B"
        yield Line(1.0, slog("inference compute", "types.go:50", found), "err")
    else:
        total = f"{gpu.memory_bytes / GIB:.1f} GiB"
        free = f"{(gpu.memory_bytes - 0.5 * GIB) / GIB:.1f} GiB"
        found = (
            f"id=0 filter_id=0 library=CUDA compute={gpu.capability} name=CUDA0 "
            f'description="NVIDIA {gpu.name}" libdirs=ollama,cuda_v13 driver=13.0 '
            f'pci_id=0000:00:06.0 type=discrete total="{total}" available="{free}"'
        )
        yield Line(1.0, slog("inference compute", "types.go:32", found), "err")
    told = f'total_vram="{total}" default_num_ctx={context}'
    yield Line(1.0, slog("vram-based default context", "routes.go:2058", told), "err")


def loading(blob: Path, served: Served, settings: Settings, wanted: int) -> Iterator[Line]:
    """Until the runner has memory; shares of the whole load."""
    model, context = f"model={blob}", served.context_tokens
    yield Line(0.0, slog("using llama-server for model", "server.go:109", model), "err")
    if wanted > context:
        told = f"num_ctx={wanted} n_ctx_train={context}"
        too_large = "requested context size too large for model"
        yield Line(0.0, slog(too_large, "server.go:114", told, "WARN"), "err")
    attention = {None: "auto", True: "on", False: "off"}[settings.flash_attention]
    cache = settings.kv_cache_type
    types = f" --cache-type-k {cache} --cache-type-v {cache}" if cache else ""
    command = (
        f"/usr/lib/ollama/llama-server --model {blob} --port {random.randrange(32768, 60000)} "
        f"--host 127.0.0.1 --no-webui --offline -c {context * served.seats} -np {served.seats} "
        f"--log-verbosity 4 --no-log-prefix --no-log-timestamps{types} --flash-attn {attention} "
        "-b 2048 -ub 2048 --context-shift --keep 4"
    )
    yield Line(0.0, slog("starting llama-server", "llama_server.go:433", f'cmd="{command}"'), "err")
    available = "waiting for llama-server to become available"
    source = "llama_server.go:1350"
    silent = 'status="llm server not responding"'
    yield Line(0.0, slog("loading model via llama-server", "llama_server.go:1048", model), "err")
    yield Line(0.0, slog(available, source, silent), "err")
    yield Line(0.1, "srv  llama_server: initializing ...", "err")
    yield Line(0.1, "ggml_cuda_init: found 1 CUDA devices:", "err")
    gpu = served.parts.gpu
    device = f"  Device 0: NVIDIA {gpu.name}, compute capability {gpu.capability}, VMM: yes"
    yield Line(0.1, f"{device}, VRAM: {gpu.memory_mib} MiB", "err")
    yield Line(0.2, f"srv    load_model: loading model '{blob}'", "err")
    yield Line(0.3, slog(available, source, 'status="llm server loading model"'), "err")


def metadata(served: Served) -> Iterator[Line]:
    """What the model's file says of itself."""
    model, size = served.parts.model, served.capacity.weight_bytes / MIB
    told = {
        "file type": served.parts.quant.label,
        "file size": f"{size:.2f} MiB",
        "arch": "qwen3" if model.name.startswith("qwen3") else "llama",
        "n_ctx_train": str(model.context_tokens),
        "n_embd": str(model.hidden),
        "n_layer": str(model.layers),
        "n_head": str(model.heads),
        "n_head_kv": str(model.kv_heads),
        "n_ff": str(model.ffn),
        "n_vocab": str(model.vocab),
        "general.name": f"{model.name} (simulated)",
    }
    for name, value in told.items():
        yield Line(0.35, f"print_info: {name:<21} = {value}", "err")


def placing(served: Served, on_gpu: float) -> Iterator[Line]:
    """Weights and cache go into memory."""
    model, room, seats = served.parts.model, served.capacity, served.seats
    layers = model.layers + 1
    offloaded = round(on_gpu * layers)
    weights, cache = room.weight_bytes / MIB, room.kv_bytes / MIB
    half, cells = cache / 2, room.kv_tokens
    sizes = f"({cells:6d} cells, {model.layers:3d} layers, {seats:2d}/{seats} seqs)"
    on = "CUDA0" if offloaded else "  CPU"
    start = "load_tensors: loading model tensors, this can take a while... (load_mode = mmap)"
    yield Line(0.4, start, "err")
    yield Line(0.6, f"load_tensors: offloaded {offloaded}/{layers} layers to GPU", "err")
    yield Line(0.6, f"load_tensors:        {on} model buffer size = {weights:8.2f} MiB", "err")
    yield Line(0.6, f"llama_context: n_seq_max             = {seats}", "err")
    yield Line(0.6, f"llama_context: n_ctx                 = {cells}", "err")
    yield Line(0.6, f"llama_context: n_ctx_seq             = {served.context_tokens}", "err")
    yield Line(0.7, f"llama_kv_cache:      {on} KV buffer size = {cache:8.2f} MiB", "err")
    split = f"K (f16): {half:7.2f} MiB, V (f16): {half:7.2f} MiB"
    yield Line(0.7, f"llama_kv_cache: size = {cache:7.2f} MiB {sizes}, {split}", "err")
    yield Line(0.7, f"sched_reserve:      {on} compute buffer size =   264.04 MiB", "err")


def started(served: Served, seconds: float, name: str, count: int) -> Iterator[Line]:
    """The runner answers."""
    seats, context = served.seats, served.context_tokens
    slots = f"n_slots = {seats}, n_ctx_slot = {context}, kv_unified = 'false'"
    yield Line(0.9, f"srv    load_model: initializing, {slots}", "err")
    for index in range(seats):
        slot = f"id {index:2d} | task -1 | new slot, n_ctx = {context}"
        yield Line(0.9, f"slot   load_model: {slot}", "err")
    yield Line(0.95, "srv  llama_server: model loaded", "err")
    yield Line(0.95, "srv  llama_server: listening on http://127.0.0.1:37319", "err")
    yield Line(0.95, "srv  update_slots: all slots are idle", "err")
    took = f"llama-server started in {seconds:.2f} seconds"
    yield Line(1.0, slog(took, "llama_server.go:1362"), "err")
    template = f"model=registry.ollama.ai/library/{name} selected=go_template"
    yield Line(1.0, slog("template selection", "images.go:381", template), "err")
    yield Line(1.0, slog("loaded runners", "sched.go:728", f"count={count}"), "err")
    yield Line(1.0, slog(took, "llama_server.go:1362"), "err")


def out_of_memory(blob: Path, size: int) -> Iterator[Line]:
    """The runner gets no memory and ends; bytes of the buffer that was refused."""
    refused = f"allocating {size / MIB:.2f} MiB on device 0: cudaMalloc failed: out of memory"
    yield Line(0.7, f"ggml_backend_cuda_buffer_type_alloc_buffer: {refused}", "err")
    failed = "failed to initialize the context: failed to allocate buffer for kv cache"
    yield Line(0.7, f"llama_init_from_model: {failed}", "err")
    yield Line(0.7, f"srv    load_model: failed to load model, '{blob}'", "err")
    exiting = "srv  llama_server: exiting due to model loading error"
    yield Line(0.7, exiting, "err")
    error = 'error="llama-server process has terminated: exit status 1: cudaMalloc failed: out of'
    load = slog("error loading llama server", "sched.go:560", f'{error} memory"', "ERROR")
    yield Line(0.8, load, "err")


def load_failed(blob: Path, error: str) -> str:
    """What becomes of the request that wanted the model."""
    return slog("Load failed", "sched.go:577", f'model={blob} error="{error}"')


def gin(status: int, seconds: float, client: str, method: str, path: str) -> str:
    """The web server's line after each request."""
    day = time.strftime("%Y/%m/%d - %H:%M:%S")
    return (
        f"[GIN] {day} | {status:3d} | {go_duration(seconds):>12} | {client:>15} | "
        f'{method:<7}  "{path}"'
    )


def go_duration(seconds: float) -> str:
    """`2.77486993s`, `65.626458ms` or `378.92µs`."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1.0 or unit == "µs":
            digits = {"s": 9, "ms": 6, "µs": 3}[unit]
            return f"{seconds * factor:.{digits}f}".rstrip("0").rstrip(".") + unit
    return "0s"
