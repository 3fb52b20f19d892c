"""vLLM's last words when it does not start, and when its engine dies later.

Words as the sources and published logs have them; the port's are a captured log's.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from burstview_engines.simulator.presets import Gpu
from burstview_engines.simulator.standin.vllm_log import CORE_PID, PID, api, core

GIB = 2**30
ROOT = "/usr/local/lib/python3.12/dist-packages"
DEAD = "EngineCore encountered an issue. See stack trace (above) for the root cause."

_CONFIGURING = (
    ("vllm/entrypoints/cli/main.py", 73, "main", "args.dispatch_function(args)"),
    ("vllm/entrypoints/cli/serve.py", 119, "cmd", "uvloop.run(run_server(args))"),
    ("vllm/engine/arg_utils.py", 1530, "create_engine_config", "model_config = self.create()"),
)
_INITIALISING = (
    ("vllm/v1/engine/core.py", 1128, "run_engine_core", "engine_core = EngineCoreProc(*args)"),
    ("vllm/v1/engine/core.py", 874, "__init__", "super().__init__(vllm_config)"),
)


def no_gpu() -> list[str]:
    """No GPU is visible."""
    return _configuration(
        "RuntimeError: Failed to infer device type, please set the environment variable "
        "`VLLM_LOGGING_LEVEL=DEBUG` to turn on verbose logging to help debug the issue."
    )


def unknown_model(model: str) -> list[str]:
    """Neither a folder nor a repository."""
    return _configuration(
        f"huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error. (Request ID: Root=1)\n"
        f"\n"
        f"Repository Not Found for url: https://huggingface.co/{model}/resolve/main/config.json.",
        f"OSError: {model} is not a local folder and is not a valid model identifier listed on "
        "'https://huggingface.co/models'\n"
        "If this is a private repository, make sure to pass a token having permission to this "
        "repo either by logging in with `hf auth login` or by passing `token=<your_token>`",
    )


def gated_model(model: str) -> list[str]:
    """Its licence must be accepted first."""
    url = f"https://huggingface.co/{model}/resolve/main/config.json"
    return _configuration(
        "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1)\n"
        "\n"
        f"Cannot access gated repo for url {url}.",
        "OSError: You are trying to access a gated repo.\n"
        f"Make sure to have access to it at https://huggingface.co/{model}.\n"
        "401 Client Error. (Request ID: Root=1)\n"
        "\n"
        f"Cannot access gated repo for url {url}.\n"
        f"Access to model {model} is restricted. You must have access to it and be authenticated "
        "to access it. Please log in.",
    )


def offline(model: str) -> list[str]:
    """Told not to use the network, and the weights are not here."""
    return _configuration(
        "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached "
        "snapshot folder for the specified revision on the local disk and outgoing traffic has "
        "been disabled. To enable repo look-ups and downloads online, pass "
        "'local_files_only=False' as input.",
        "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't "
        f"find them in the cached files. ({model})\n"
        "Check your internet connection or see how to run the library in offline mode at "
        "'https://huggingface.co/docs/transformers/installation#offline-mode'.",
    )


def too_few_gpus(wanted: int) -> list[str]:
    """More parts than the one simulated GPU."""
    return _configuration(
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for ParallelConfig\n"
        f"  Value error, World size ({wanted}) is larger than the number of available GPUs (1) in "
        "this node. If this is intentional and you are using:\n"
        "- ray, set '--distributed-executor-backend ray'.\n"
        "- multiprocessing, set '--nnodes' appropriately."
    )


def context_too_long(wanted: int, longest: int) -> list[str]:
    """--max-model-len beyond what the model was trained for."""
    return _configuration(
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig\n"
        f"  Value error, User-specified max_model_len ({wanted}) is greater than the derived "
        f"max_model_len (max_position_embeddings={longest} or model_max_length=None in model's "
        "config.json). To allow overriding this maximum, set the env var "
        "VLLM_ALLOW_LONG_MAX_MODEL_LEN=1."
    )


def port_taken() -> list[str]:
    """Another process listens there."""
    return _traceback(
        (
            ("vllm/entrypoints/launchers/launcher.py", 398, "setup_server", "sock = create()"),
            (
                "vllm/entrypoints/launchers/launcher.py",
                348,
                "create_server_socket",
                "sock.bind(addr)",
            ),
        ),
        "OSError: [Errno 98] Address already in use",
    )


def disk_full(path: str) -> list[str]:
    """The disk holds no more weights."""
    return disk(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path))


def disk(error: OSError) -> list[str]:
    """The weights cannot be written."""
    said = f"[Errno {error.errno}] {error.strerror}"
    where = f": '{error.filename}'" if error.filename else ""
    return list(_engine(f"OSError: {said}{where}"))


def gpu_memory_taken(gpu: Gpu, utilisation: float, free: float) -> list[str]:
    """Another process holds the memory; `free` in GiB."""
    total = gpu.memory_bytes / GIB
    return list(
        _engine(
            f"ValueError: Free memory on device cuda:0 ({free:.2f}/{total:.2f} GiB) on startup is "
            f"less than desired GPU memory utilization ({utilisation}, "
            f"{utilisation * total:.2f} GiB). Decrease GPU memory utilization or reduce GPU memory "
            "used by other processes."
        )
    )


def cuda_out_of_memory(gpu: Gpu) -> list[str]:
    """The weights do not go in."""
    total = gpu.memory_bytes / GIB
    return list(
        _engine(
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 786.00 MiB. GPU 0 has "
            f"a total capacity of {total:.2f} GiB of which 140.75 MiB is free. Including "
            f"non-PyTorch memory, this process has {total - 0.14:.2f} GiB memory in use. Of the "
            f"allocated memory {total - 1:.2f} GiB is allocated by PyTorch, and 331.08 MiB is "
            "reserved by PyTorch but unallocated. If reserved but unallocated memory is large try "
            "setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
        )
    )


def no_cache_memory() -> list[str]:
    """Nothing is left for the KV cache."""
    return list(
        _engine(
            "ValueError: No available memory for the cache blocks. Try increasing "
            "`gpu_memory_utilization` when initializing the engine. See "
            "https://docs.vllm.ai/en/latest/configuration/conserving_memory/ for more details."
        )
    )


def cache_too_small(context: int, needed: float, room: float, longest: int) -> list[str]:
    """One request of full length does not fit; sizes in GiB."""
    return list(
        _engine(
            f"ValueError: To serve at least one request with the model's max seq len ({context}), "
            f"({needed:.2f} GiB KV cache is needed, which is larger than the available KV cache "
            f"memory ({room:.2f} GiB). Based on the available memory, the estimated maximum model "
            f"length is {longest}. Try increasing `gpu_memory_utilization` or decreasing "
            "`max_model_len` when initializing the engine. See "
            "https://docs.vllm.ai/en/latest/configuration/conserving_memory/ for more details."
        )
    )


def wrong_value(sentence: str) -> list[str]:
    """Arguments that cannot be simulated; not vLLM's words."""
    return _configuration(f"ValueError: {sentence}")


def downloaded(model: str, seconds: float) -> str:
    """No failure: the line after a download."""
    took = f"Time spent downloading weights for {model}: {seconds:.6f} seconds"
    return core(took, "weight_utils.py:1002")


def stopping() -> list[str]:
    """No failure: told to end by a signal."""
    return [
        api("[shutdown] API server: shutdown triggered", "launcher.py:254"),
        api(
            "[shutdown] API server: stopping engine client mode=abort timeout=0s", "launcher.py:270"
        ),
        api("[shutdown] API server: engine client stopped", "launcher.py:279"),
        api("[shutdown] API server: shutting down FastAPI HTTP server", "launcher.py:304"),
    ]


def dying() -> list[str]:
    """The engine core died after it had been ready: the API server ends itself, with status 0."""
    return [
        core("EngineCore encountered a fatal error.", "core.py:1137", "ERROR"),
        api(
            "[shutdown] MPClient: engine core exited unexpectedly; starting cleanup",
            "core_client.py:817",
            "WARNING",
        ),
        api("AsyncLLM output_handler failed.", "async_llm.py:906", "ERROR"),
        api(f"vllm.v1.engine.exceptions.EngineDeadError: {DEAD}", "async_llm.py:906", "ERROR"),
    ]


def _configuration(*errors: str) -> list[str]:
    """Before there is an engine core; of several errors each but the last is the next one's
    cause."""
    cause = "\nThe above exception was the direct cause of the following exception:\n"
    lines: list[str] = []
    for number, error in enumerate(errors):
        lines += [cause] if number else []
        lines += _traceback(_CONFIGURING, error)
    return lines


def _engine(error: str) -> Iterator[str]:
    """The engine core's own traceback, then the API server's about it."""
    place = "core.py:1136"
    yield core("EngineCore failed to start.", place, "ERROR")
    for line in _frames(_INITIALISING, error):
        yield core(line, place, "ERROR")
    yield f"(EngineCore pid={CORE_PID}) Process EngineCore:"
    for line in _frames(_INITIALISING, error):
        yield f"(EngineCore pid={CORE_PID}) {line}"
    yield from _traceback(
        _CONFIGURING,
        "RuntimeError: Engine core initialization failed. See root cause above. "
        "Failed core proc(s): {}",
    )


def _traceback(frames: tuple[tuple[str, int, str, str], ...], error: str) -> list[str]:
    return [f"(APIServer pid={PID}) {line}" for line in _frames(frames, error)]


def _frames(frames: tuple[tuple[str, int, str, str], ...], error: str) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    for path, number, function, code in frames:
        yield f'  File "{ROOT}/{path}", line {number}, in {function}'
        yield f"    {code}"
    yield from error.split("\n")
