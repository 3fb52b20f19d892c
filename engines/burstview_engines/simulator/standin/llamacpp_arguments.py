"""llama-server's command line and LLAMA_ARG_* variables, as far as a stand-in can follow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

PORT = 8080
AUTOMATIC_SLOTS = 4

_VALUES: tuple[tuple[str, ...], ...] = (
    ("--model", "-m"),
    ("--hf-repo", "-hf", "-hfr"),
    ("--alias", "-a"),
    ("--ctx-size", "-c"),
    ("--parallel", "-np"),
    ("--port",),
    ("--host",),
    ("--api-key",),
    ("--n-gpu-layers", "-ngl", "--gpu-layers"),
    ("--flash-attn", "-fa"),
    ("--cache-type-k", "-ctk"),
    ("--cache-type-v", "-ctv"),
    ("--batch-size", "-b"),
    ("--ubatch-size", "-ub"),
    ("--threads", "-t"),
    ("--threads-batch", "-tb"),
    ("--threads-http",),
    ("--verbosity", "-lv", "--log-verbosity"),
    ("--cache-ram", "-cram"),
    ("--timeout", "-to"),
    ("--seed", "-s"),
    ("--temp",),
    ("--predict", "-n", "--n-predict"),
    ("--keep",),
    ("--chat-template",),
    ("--reasoning-format",),
    ("--reasoning-budget",),
    ("--split-mode", "-sm"),
    ("--main-gpu", "-mg"),
    ("--tensor-split", "-ts"),
    ("--device", "-dev"),
    ("--fit", "-fit"),
    ("--sse-ping-interval",),
    ("--hf-token", "-hft"),
)
_SWITCHES: tuple[tuple[str, ...], ...] = (
    ("--metrics",),
    ("--slots",),
    ("--no-slots",),
    ("--props",),
    ("--no-webui", "--no-ui"),
    ("--jinja",),
    ("--no-jinja",),
    ("--cont-batching", "-cb"),
    ("--no-cont-batching", "-nocb"),
    ("--no-mmap",),
    ("--mlock",),
    ("--warmup",),
    ("--no-warmup",),
    ("--kv-unified", "-kvu"),
    ("--no-kv-unified", "-no-kvu"),
    ("--context-shift",),
    ("--no-context-shift",),
    ("--cache-prompt",),
    ("--no-cache-prompt",),
    ("--offline",),
    ("--verbose", "-v"),
)
_VARIABLES = {
    "LLAMA_ARG_MODEL": "--model",
    "LLAMA_ARG_HF_REPO": "--hf-repo",
    "LLAMA_ARG_ALIAS": "--alias",
    "LLAMA_ARG_CTX_SIZE": "--ctx-size",
    "LLAMA_ARG_N_PARALLEL": "--parallel",
    "LLAMA_ARG_N_GPU_LAYERS": "--n-gpu-layers",
    "LLAMA_ARG_FLASH_ATTN": "--flash-attn",
    "LLAMA_ARG_HOST": "--host",
    "LLAMA_ARG_PORT": "--port",
    "LLAMA_ARG_ENDPOINT_METRICS": "--metrics",
    "LLAMA_ARG_OFFLINE": "--offline",
    "LLAMA_API_KEY": "--api-key",
}
_NAMES = {name: names[0] for names in (*_VALUES, *_SWITCHES) for name in names}
_SWITCH_NAMES = {names[0] for names in _SWITCHES}


class ArgumentError(Exception):
    """llama-server's words for what it does not understand; it then ends with status 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaArguments:
    """What decides how the stand-in serves."""

    model: str
    """A file, or a Hugging Face repository with a quantisation behind a colon."""
    is_repository: bool
    alias: str | None
    host: str
    port: int
    context: int
    """Of all slots together; 0: what the model was trained for."""
    slots: int
    is_unified: bool
    """The number of slots was not chosen."""
    api_keys: tuple[str, ...]
    has_metrics: bool
    is_offline: bool


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> LlamaArguments:
    """Arguments win over variables. Raises ArgumentError."""
    told = {
        flag: environment[variable]
        for variable, flag in _VARIABLES.items()
        if environment.get(variable)
    }
    told |= dict(_pairs(arguments))
    slots = _number(told, "--parallel", -1)
    model = told.get("--model") or told.get("--hf-repo")
    if not model:
        raise ArgumentError("SIMULATED: there is no router mode; name a model with -m or -hf.")
    return LlamaArguments(
        model=model,
        is_repository="--model" not in told,
        alias=told.get("--alias"),
        host=told.get("--host", "127.0.0.1"),
        port=_number(told, "--port", PORT),
        context=_number(told, "--ctx-size", 0),
        slots=slots if slots > 0 else AUTOMATIC_SLOTS,
        is_unified=slots <= 0,
        api_keys=tuple(filter(None, told.get("--api-key", "").split(","))),
        has_metrics=told.get("--metrics", "0") not in ("0", "false", "off"),
        is_offline="--offline" in told,
    )


def _pairs(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    waiting = list(arguments)
    while waiting:
        given = waiting.pop(0)
        name = _NAMES.get(given)
        if name is None:
            raise ArgumentError(f"error: invalid argument: {given}")
        if name in _SWITCH_NAMES:
            yield name, "1"
        elif waiting:
            yield name, waiting.pop(0)
        else:
            raise ArgumentError(
                f'error while handling argument "{given}": expected value for argument'
            )


def _number(told: Mapping[str, str], name: str, default: int) -> int:
    text = told.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as wrong:
        raise ArgumentError(
            f'error while handling argument "{name}": stoi: invalid value {text!r}'
        ) from wrong
