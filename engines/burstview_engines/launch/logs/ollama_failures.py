"""What can go wrong with Ollama. Most of it concerns one model: the server goes on.

Some texts stand only in its answers, not in its log; `failure_in` reads those with the same rules.
"""

from __future__ import annotations

import re
from dataclasses import replace

from burstview_engines.launch.logs import llama_lines
from burstview_engines.launch.logs.common import DISK_FULL, lengths, size
from burstview_engines.launch.profile import FailureRule

SERVER_TROUBLE: tuple[FailureRule, ...] = (
    FailureRule(
        kind="port-taken",
        pattern=re.compile(r"listen tcp \S{1,80}: bind: address already in use"),
        sentence="Another program already listens on Ollama's port; often it is another Ollama.",
        step="Choose another port, or stop that program (`systemctl stop ollama`).",
    ),
    FailureRule(
        kind="no-gpu",
        pattern=re.compile(r'msg="inference compute" id=cpu '),
        sentence="Ollama finds no GPU: the CPU computes, slowly.",
        step="Start it with a GPU; in a container this needs NVIDIA's container toolkit.",
        is_fatal=False,
        lasts=True,
    ),
    FailureRule(
        kind="engine-incomplete",
        pattern=re.compile(r"llama-server binary not found"),
        sentence="Ollama's own program llama-server is missing, so that no model can be loaded.",
        step="Install Ollama anew, or choose its image.",
        is_fatal=False,
        lasts=True,
    ),
    FailureRule(
        kind="queue-full",
        pattern=re.compile(
            r'^\[GIN\] .{0,60}\| 503 \|.{0,60}\| POST +"/(?:v1|api)/'
            r"|maximum pending requests exceeded"
        ),
        sentence="Ollama's queue was full while it loaded the model, and it refused requests.",
        step="Load the model before firing, or raise max-queue.",
        is_fatal=False,
    ),
)

MODEL_TROUBLE: tuple[FailureRule, ...] = (
    FailureRule(
        kind="context-capped",
        pattern=re.compile(
            r'msg="requested context size too large for model" num_ctx=(?P<asked>\d{1,12})'
            r" n_ctx_train=(?P<most>\d{1,12})"
        ),
        sentence=(
            "The model knows {most_words} tokens at most, so each slot gets these, not"
            " {asked_words}."
        ),
        step="Set context-length: on a big GPU Ollama takes as much as it can.",
        is_fatal=False,
        figures=lengths,
    ),
    FailureRule(
        kind="prompt-cut",
        pattern=re.compile(
            r'msg="truncating input prompt" limit=(?P<most>\d{1,12}) prompt=(?P<asked>\d{1,12})'
        ),
        sentence=(
            "A prompt of {asked_words} tokens was cut to {most_words}, which a slot can read."
        ),
        step="Raise context-length, or send shorter prompts.",
        is_fatal=False,
        figures=lengths,
    ),
    FailureRule(
        kind="one-seat-only",
        pattern=re.compile(r"does not currently support parallel requests"),
        sentence="Ollama serves this kind of model one request at a time, whatever is asked for.",
        step="Choose another model for a comparison with num-parallel.",
        is_fatal=False,
        verified=False,
    ),
    FailureRule(
        kind="partly-on-cpu",
        pattern=llama_lines.LAYERS,
        sentence="Only {gpu_layers} of {layers} layers are on the GPU: the CPU slows it down.",
        step="Lower context-length or num-parallel, choose a smaller model, or free GPU memory.",
        is_fatal=False,
        figures=llama_lines.partly,
    ),
    FailureRule(
        kind="no-gpu",
        pattern=llama_lines.CUDA_SILENT,
        sentence="Ollama cannot use the GPU ({what}) and computes on the CPU, slowly.",
        step="Check the driver with `nvidia-smi`, then start it again.",
        is_fatal=False,
        lasts=True,
    ),
    FailureRule(
        kind="cuda-out-of-memory",
        pattern=llama_lines.NO_GPU_MEMORY,
        sentence="The GPU's memory ran out when Ollama asked for {size_words} more.",
        step="Stop what else uses the GPU, or lower context-length or num-parallel.",
        is_fatal=False,
        figures=size,
    ),
    FailureRule(
        kind="context-reduced",
        pattern=re.compile(
            r"reducing automatic context and retrying once.{0,400}?"
            r" new_num_ctx=(?P<tokens>\d{1,12})"
        ),
        sentence="Memory ran out, and Ollama tries again with {tokens} tokens a slot.",
        step="Set context-length, so that it does not have to guess.",
        is_fatal=False,
        verified=False,
    ),
    FailureRule(
        kind="host-out-of-memory",
        pattern=llama_lines.NO_MEMORY,
        sentence="Main memory ran out when Ollama asked for {size_words} more.",
        step="Lower context-length or num-parallel, or choose a smaller model.",
        is_fatal=False,
        figures=size,
    ),
    FailureRule(
        kind="model-evicted",
        pattern=re.compile(r"llama-server model predicted to exceed available memory, evicting"),
        sentence="Two models do not fit: Ollama unloads one to load the other.",
        step="Lower context-length or num-parallel, or use one model at a time.",
        is_fatal=False,
        verified=False,
    ),
    FailureRule(
        kind="bad-model-file",
        pattern=llama_lines.BAD_FILE,
        sentence="The model's file is damaged: {what}.",
        step="Delete the model and pull it again.",
        is_fatal=False,
    ),
    FailureRule(
        kind="bad-model-file",
        pattern=re.compile(
            r'msg="failed to load model metadata" .{0,400}? error="(?P<what>(?:[^"\\]|\\.){1,200})'
        ),
        sentence="The model's file cannot be read: {words}.",
        step="Delete the model and pull it again.",
        is_fatal=False,
        figures=lambda groups: {"words": groups["what"].replace("\\", "")},
    ),
    FailureRule(
        kind="bad-model-file",
        pattern=re.compile(r"unsupported content type|not in GGUF format"),
        sentence="The file that a model was to be made from is no model's.",
        step="Choose a GGUF file or a folder of safetensors.",
        is_fatal=False,
    ),
    FailureRule(
        kind="unsupported-model",
        pattern=llama_lines.UNKNOWN_ARCHITECTURE,
        sentence="This Ollama does not know the model's architecture: {name}.",
        step="Choose another model, or a newer image.",
        is_fatal=False,
    ),
    FailureRule(
        kind="bad-argument",
        pattern=llama_lines.TOO_MANY_SEATS,
        sentence="Ollama's runner takes {most} slots at most.",
        step="Lower num-parallel to {most}.",
        is_fatal=False,
    ),
    FailureRule(
        kind="bad-argument",
        pattern=llama_lines.CACHE_TYPE,
        sentence="A quantised KV cache needs flash attention.",
        step="Turn flash-attention on, or set kv-cache-type to f16.",
        is_fatal=False,
    ),
    FailureRule(
        kind="load-timed-out",
        pattern=re.compile(r"timed out waiting for llama-server to start"),
        sentence="Loading the model made no progress for too long, and Ollama gave up.",
        step="Raise load-timeout, or free the disk and the memory that it waits for.",
        is_fatal=False,
    ),
    FailureRule(
        kind="runner-died",
        pattern=re.compile(r'llama-server process no longer running(?:" sys=(?P<signal>\d{1,3}))?'),
        sentence="The model's runner died{how}; the requests that it served broke off.",
        step="The next request loads the model again.",
        figures=lambda groups: {
            "how": f", killed by signal {groups['signal']}" if groups["signal"] else ""
        },
        is_fatal=False,
        is_generic=True,
    ),
    FailureRule(
        kind="runner-died",
        pattern=re.compile(
            r"llama-server process has terminated(?:: exit status \d{1,3})?"
            r"(?:: (?P<what>[^\\]{1,200}))?"
        ),
        sentence="The model could not be loaded: its runner ended{why}.",
        step="Read the lines above in Ollama's log.",
        figures=lambda groups: {"why": f" ({groups['what']})" if groups["what"] else ""},
        is_fatal=False,
        is_generic=True,
    ),
)

PULL_TROUBLE: tuple[FailureRule, ...] = (
    FailureRule(
        kind="unknown-model",
        pattern=re.compile(
            r"pull model manifest: file does not exist"
            r"|model ['\"\\]{1,2}(?P<model>[^'\"\\]{1,200})['\"\\]{1,2} not found"
        ),
        sentence="There is no model of that name and tag.",
        step="Check it at ollama.com/library, or pull it first.",
        is_fatal=False,
    ),
    FailureRule(
        kind="damaged-download",
        pattern=re.compile(r"digest mismatch, file must be downloaded again"),
        sentence="The download was damaged.",
        step="Pull it again; a proxy in between may be at fault.",
        is_fatal=False,
    ),
    FailureRule(
        kind="no-network",
        pattern=re.compile(
            r'(?:pull model manifest|request failed): \w{3,4} \\?"https?://(?P<host>[^/\s"\\]{1,100})'
            r".{0,300}?: dial tcp"
        ),
        sentence="{host} cannot be reached: the model cannot be pulled.",
        step="Mend the network, or choose a model that is here.",
        is_fatal=False,
    ),
    FailureRule(
        kind="no-network",
        pattern=re.compile(r"\bmax retries exceeded\b"),
        sentence="The download broke off again and again.",
        step="Pull it again: it goes on where it was.",
        is_fatal=False,
        verified=False,
    ),
    replace(DISK_FULL, is_fatal=False),
)
