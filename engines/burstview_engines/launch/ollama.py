"""Ollama: settings are variables of the server, models come and go by request."""

from __future__ import annotations

from burstview_engines.launch.logs.ollama import FAILURES, PHASES
from burstview_engines.launch.option import Option
from burstview_engines.launch.profile import LaunchProfile

_CONFIG = "Ollama 0.33 envconfig/config.go"

OPTIONS = (
    Option(
        name="num-parallel",
        meaning="requests that one model serves at once",
        default="1",
        kind="count",
        env="OLLAMA_NUM_PARALLEL",
        minimum=1,
        maximum=1024,
        source=_CONFIG,
    ),
    Option(
        name="context-length",
        meaning="tokens of prompt and answer of one request; each slot takes memory for all",
        default="by GPU memory: 262144 from 47 GiB on, 32768 from 23 GiB on, else 4096; at most"
        " what the model was trained for",
        kind="count",
        env="OLLAMA_CONTEXT_LENGTH",
        minimum=1,
        effect="reload",
        source="Ollama 0.33 server/routes.go",
    ),
    Option(
        name="keep-alive",
        meaning="how long an unused model stays in memory; -1 is for ever, 0 not at all",
        default="5m",
        kind="duration",
        env="OLLAMA_KEEP_ALIVE",
        source=_CONFIG,
    ),
    Option(
        name="max-loaded-models",
        meaning="models in memory at once; 0 is automatic",
        default="3 for each GPU, or 3 on the CPU",
        kind="count",
        env="OLLAMA_MAX_LOADED_MODELS",
        minimum=0,
        source="Ollama 0.33 server/sched.go",
    ),
    Option(
        name="flash-attention",
        meaning="attention that needs less memory",
        default="where all GPUs can",
        kind="switch",
        env="OLLAMA_FLASH_ATTENTION",
        effect="reload",
        source=_CONFIG,
    ),
    Option(
        name="kv-cache-type",
        meaning="number format of the KV cache; q8_0 and q4_0 need flash attention",
        default="f16",
        kind="choice",
        env="OLLAMA_KV_CACHE_TYPE",
        choices=("f16", "q8_0", "q4_0"),
        effect="reload",
        source=_CONFIG,
    ),
    Option(
        name="max-queue",
        meaning="requests that may wait while a model loads; more are refused with 503",
        default="512",
        kind="count",
        env="OLLAMA_MAX_QUEUE",
        minimum=1,
        source=_CONFIG,
    ),
    Option(
        name="load-timeout",
        meaning="how long loading may stand still before it is given up",
        default="5m",
        kind="duration",
        env="OLLAMA_LOAD_TIMEOUT",
        source=_CONFIG,
    ),
    Option(
        name="sched-spread",
        meaning="spread every model over all GPUs",
        default="off: one GPU where it fits",
        kind="switch",
        env="OLLAMA_SCHED_SPREAD",
        effect="reload",
        source=_CONFIG,
    ),
    Option(
        name="gpu-overhead",
        meaning="bytes of each GPU that are left free for others",
        default="0",
        kind="count",
        env="OLLAMA_GPU_OVERHEAD",
        minimum=0,
        effect="reload",
        source=_CONFIG,
    ),
)

PROFILE = LaunchProfile(
    engine="ollama",
    label="Ollama",
    image="ollama/ollama",
    tag="0.33.0",
    port=11434,
    ready_path="/api/version",
    command=(),
    process=("ollama", "serve"),
    model_flag=None,
    needs_model=False,
    heads=(("ollama", "serve"), ("serve",)),
    cache="/root/.ollama",
    volume="ollama",
    weights_folder="/root/.ollama/models",
    weights_env="OLLAMA_MODELS",
    weights_environment=(("OLLAMA_NOPRUNE", "1"),),
    environment=(("OLLAMA_NO_CLOUD", "1"),),
    listen_env="OLLAMA_HOST",
    stop_seconds=10,
    options=OPTIONS,
    phases=PHASES,
    failures=FAILURES,
)
