"""SGLang: one model from the start. Read from its source; never started by us."""

from __future__ import annotations

from burstview_engines.launch.logs.sglang import FAILURES, PHASES
from burstview_engines.launch.option import Option
from burstview_engines.launch.profile import LaunchProfile

_ARGS = "SGLang 0.5.23 srt/arg_groups"

OPTIONS = (
    Option(
        name="context-length",
        meaning="tokens of prompt and answer of one request",
        default="what the model was trained for",
        kind="count",
        flag="--context-length",
        minimum=1,
        source=_ARGS,
    ),
    Option(
        name="mem-fraction-static",
        meaning="share of the GPU's memory for weights and KV cache",
        default="chosen by SGLang",
        kind="number",
        flag="--mem-fraction-static",
        minimum=0.01,
        maximum=1.0,
        source=_ARGS,
    ),
    Option(
        name="max-running-requests",
        meaning="requests in one batch; more wait",
        default="chosen by SGLang",
        kind="count",
        flag="--max-running-requests",
        minimum=1,
        source=_ARGS,
    ),
    Option(
        name="max-queued-requests",
        meaning="requests that may wait; more are refused",
        default="any number",
        kind="count",
        flag="--max-queued-requests",
        minimum=1,
        source=_ARGS,
    ),
    Option(
        name="tp-size",
        meaning="GPUs among which the model is split",
        default="1",
        kind="count",
        flag="--tp-size",
        aliases=("--tp", "--tensor-parallel-size"),
        minimum=1,
        source=_ARGS,
    ),
    Option(
        name="chunked-prefill-size",
        meaning="tokens of prompts computed in one step",
        default="by GPU memory: 2048 below 20 GiB, 4096 below 60, 8192 below 160, else 16384",
        kind="count",
        flag="--chunked-prefill-size",
        minimum=1,
        source=_ARGS,
    ),
    Option(
        name="kv-cache-dtype",
        meaning="number format of the KV cache",
        default="auto: the model's own",
        kind="text",
        flag="--kv-cache-dtype",
        source=_ARGS,
    ),
    Option(
        name="disable-radix-cache",
        meaning="do not keep what equal beginnings of prompts have computed",
        default="off",
        kind="switch",
        flag="--disable-radix-cache",
        source=_ARGS,
    ),
    Option(
        name="reasoning-parser",
        meaning="tells thinking from the answer: qwen3, deepseek-r1 and others",
        default="none: thinking comes as text of the answer",
        kind="text",
        flag="--reasoning-parser",
        source=_ARGS,
    ),
    Option(
        name="served-model-name",
        meaning="the name that the server lists its model by",
        default="the model's",
        kind="text",
        flag="--served-model-name",
        source=_ARGS,
    ),
    Option(
        name="enable-metrics",
        meaning="gauges at /metrics: requests running and waiting, KV cache",
        default="on (the engine's own default is off)",
        kind="switch",
        flag="--enable-metrics",
        ours="on",
        source=_ARGS,
    ),
)

_OFFLINE = (("HF_HUB_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "1"))

PROFILE = LaunchProfile(
    engine="sglang",
    label="SGLang",
    image="lmsysorg/sglang",
    tag="v0.5.23",
    port=30000,
    ready_path="/health",
    command=("python3", "-m", "sglang.launch_server"),
    process=("python3", "-m", "sglang.launch_server"),
    model_flag="--model-path",
    needs_model=True,
    heads=(("python3", "-m", "sglang.launch_server"), ("sglang", "serve")),
    cache="/root/.cache/huggingface",
    weights_folder="/root/.cache/huggingface/hub",
    weights_env="HF_HUB_CACHE",
    weights_environment=_OFFLINE,
    environment=(("HF_HUB_DISABLE_TELEMETRY", "1"),),
    offline_environment=_OFFLINE,
    reads_token_file=True,
    shm_bytes=32 << 30,
    stop_seconds=30,
    api_key_flag="--api-key",
    options=OPTIONS,
    phases=PHASES,
    failures=FAILURES,
)
