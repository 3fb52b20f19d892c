"""`vllm serve`'s command line, as far as a stand-in can follow it; the rest is refused as there."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_MODEL = "Qwen/Qwen3-0.6B"
"""What vLLM serves when no model is named."""
PORT = 8000

_TEXTS = (
    "--attention-backend",
    "--chat-template",
    "--chat-template-content-format",
    "--compilation-config",
    "--config-format",
    "--default-chat-template-kwargs",
    "--distributed-executor-backend",
    "--download-dir",
    "--dtype",
    "--generation-config",
    "--hf-overrides",
    "--hf-token",
    "--kv-cache-dtype",
    "--limit-mm-per-prompt",
    "--load-format",
    "--quantization",
    "--reasoning-parser",
    "--revision",
    "--safetensors-load-strategy",
    "--scheduling-policy",
    "--tokenizer",
    "--tokenizer-mode",
    "--tool-call-parser",
    "--uvicorn-log-level",
)
_NUMBERS = (
    "--block-size",
    "--cpu-offload-gb",
    "--data-parallel-size",
    "--pipeline-parallel-size",
    "--seed",
    "--sse-keep-alive-interval",
    "--stream-interval",
    "--swap-space",
)
_SWITCHES = (
    "--async-scheduling",
    "--disable-fastapi-docs",
    "--disable-log-requests",
    "--disable-log-stats",
    "--disable-uvicorn-access-log",
    "--enable-auto-tool-choice",
    "--enable-chunked-prefill",
    "--enable-force-include-usage",
    "--enable-log-requests",
    "--enable-per-request-metrics",
    "--enable-prefix-caching",
    "--enable-prompt-tokens-details",
    "--enable-server-load-tracking",
    "--enable-sleep-mode",
    "--enforce-eager",
    "--kv-cache-metrics",
    "--trust-remote-code",
)
_SHORT: dict[str, tuple[str, ...]] = {
    "--quantization": ("-q",),
    "--pipeline-parallel-size": ("-pp",),
    "--data-parallel-size": ("-dp",),
    "--compilation-config": ("-cc", "-O"),
}


@dataclass(frozen=True, slots=True)
class VllmArguments:
    """What decides how the stand-in serves; `given` holds everything else for the log."""

    model: str
    names: tuple[str, ...]
    host: str | None
    port: int
    api_keys: tuple[str, ...]
    max_model_len: int | None
    """None: not given; -1: as long as the memory allows."""
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    gpu_memory_utilization: float
    num_gpu_blocks: int | None
    tensor_parallel_size: int
    enforce_eager: bool
    has_access_log: bool
    has_stats_log: bool
    given: dict[str, object]
    """Non-default arguments by their Python names, as vLLM logs them."""


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> VllmArguments:
    """Exits with status 2 and argparse's words where vLLM does."""
    parser = _parser()
    found = parser.parse_args([_dashed(argument) for argument in arguments])
    told: dict[str, object] = {
        name: value for name, value in vars(found).items() if value is not None
    }
    key = environment.get("VLLM_API_KEY")
    keys = tuple(found.api_key or ([key] if key else []))
    return VllmArguments(
        model=found.model_tag or found.model or DEFAULT_MODEL,
        names=tuple(found.served_model_name or ()),
        host=found.host,
        port=found.port or PORT,
        api_keys=keys,
        max_model_len=found.max_model_len,
        max_num_seqs=found.max_num_seqs,
        max_num_batched_tokens=found.max_num_batched_tokens,
        gpu_memory_utilization=found.gpu_memory_utilization or 0.92,
        num_gpu_blocks=found.num_gpu_blocks_override,
        tensor_parallel_size=found.tensor_parallel_size or 1,
        enforce_eager=bool(found.enforce_eager),
        has_access_log=not found.disable_uvicorn_access_log,
        has_stats_log=not found.disable_log_stats,
        given=told,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vllm serve", usage="vllm serve [model_tag] [options]", allow_abbrev=False
    )
    parser.add_argument("model_tag", nargs="?")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--model")
    parser.add_argument("--api-key", nargs="+")
    parser.add_argument("--served-model-name", nargs="+")
    parser.add_argument("--max-model-len", type=_length)
    parser.add_argument("--max-num-seqs", type=int)
    parser.add_argument("--max-num-batched-tokens", type=_length)
    parser.add_argument("--gpu-memory-utilization", type=float)
    parser.add_argument("--num-gpu-blocks-override", type=int)
    parser.add_argument("--tensor-parallel-size", "-tp", type=int)
    for flag in _TEXTS:
        parser.add_argument(flag, *_SHORT.get(flag, ()))
    for flag in _NUMBERS:
        parser.add_argument(flag, *_SHORT.get(flag, ()), type=float)
    for flag in _SWITCHES:
        parser.add_argument(flag, action=argparse.BooleanOptionalAction)
    return parser


def _dashed(argument: str) -> str:
    """vLLM takes `--max_num_seqs` for `--max-num-seqs`."""
    if not argument.startswith("--"):
        return argument
    flag, equals, value = argument.partition("=")
    return flag.replace("_", "-") + equals + value


def _length(text: str) -> int:
    """`4096`, `4k` (thousands), `4K` (times 1,024), `auto` or -1."""
    if text == "auto":
        return -1
    factors = {"k": 10**3, "K": 2**10, "m": 10**6, "M": 2**20}
    if text[-1:] in factors:
        return int(float(text[:-1]) * factors[text[-1]])
    return int(text)
