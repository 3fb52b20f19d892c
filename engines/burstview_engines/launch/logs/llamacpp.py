"""What the log of llama.cpp's server tells."""

from __future__ import annotations

import re

from burstview_engines.launch.logs import llama_lines
from burstview_engines.launch.logs.common import DISK_FULL, lengths, size
from burstview_engines.launch.profile import FailureRule, PhaseRule

PHASES: tuple[PhaseRule, ...] = (
    PhaseRule(
        name="begin",
        pattern=re.compile(r"llama_server: initializing \.\.\."),
        phase="booting",
        anew="run",
    ),
    PhaseRule(name="no-gpu", pattern=re.compile(r"(?P<cpu>no usable GPU found)")),
    PhaseRule(
        name="download",
        pattern=re.compile(r"^Downloading (?P<file>\S{1,80}) [─╴ ]{0,120}(?P<percent>\d{1,3})%"),
        phase="downloading weights",
        words="{file}: {percent} %",
        verified=False,
    ),
    *llama_lines.MODEL_PHASES,
    PhaseRule(
        name="loaded",
        pattern=re.compile(r"llama_server: model loaded|main: model loaded"),
        phase="opening HTTP",
    ),
    PhaseRule(
        name="listening",
        pattern=re.compile(r"listening on https?://"),
        phase="opening HTTP",
    ),
)

FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="port-taken",
        pattern=re.compile(
            r"couldn't bind HTTP server socket, hostname: (?P<host>[^,]{1,100}),"
            r" port: (?P<port>\d{1,5})"
        ),
        sentence="Another program already listens on port {port}.",
        step="Choose another port, or stop that program.",
    ),
    FailureRule(
        kind="cuda-out-of-memory",
        pattern=llama_lines.NO_GPU_MEMORY,
        sentence="The GPU's memory ran out when llama.cpp asked for {size_words} more.",
        step="Stop what else uses the GPU, or lower context, parallel or gpu-layers.",
        figures=size,
    ),
    FailureRule(
        kind="host-out-of-memory",
        pattern=llama_lines.NO_MEMORY,
        sentence="Main memory ran out when llama.cpp asked for {size_words} more.",
        step="Lower context or parallel, or choose a smaller model.",
        figures=size,
    ),
    FailureRule(
        kind="unknown-model",
        pattern=llama_lines.NO_FILE,
        sentence="{file} cannot be opened: {what}.",
        step="Check the path as the engine sees it: in a container it begins with /models.",
    ),
    FailureRule(
        kind="bad-model-file",
        pattern=llama_lines.BAD_FILE,
        sentence="The model's file is damaged or no GGUF file: {what}.",
        step="Download it again, or choose another file.",
    ),
    FailureRule(
        kind="unsupported-model",
        pattern=llama_lines.UNKNOWN_ARCHITECTURE,
        sentence="This llama.cpp does not know the model's architecture: {name}.",
        step="Choose another model, or a newer image.",
    ),
    FailureRule(
        kind="gated-model",
        pattern=re.compile(r"non-successful status code: (?:401|403)|status code: (?:401|403)\b"),
        sentence="The model's owner asks for an agreement before it may be downloaded.",
        step=(
            "Accept its licence on Hugging Face, and hand over a file with your token; or the"
            " model's name is wrong."
        ),
        verified=False,
    ),
    FailureRule(
        kind="unknown-model",
        pattern=re.compile(r"status code: 404\b"),
        sentence="There is no model of that name on Hugging Face.",
        step="Check its name and quantisation.",
        verified=False,
    ),
    FailureRule(
        kind="no-network",
        pattern=re.compile(
            r"get_repo_files: failed to resolve commit for (?P<model>\S{1,200})"
            r"|download failed after \d{1,4} attempts"
        ),
        sentence="The model cannot be downloaded: the model hub does not answer.",
        step="Mend the network, check the model's name, or choose a file that is here.",
    ),
    FailureRule(
        kind="bad-argument",
        pattern=llama_lines.CACHE_TYPE,
        sentence="A quantised V cache needs flash attention.",
        step="Turn flash-attn on, or set cache-type-v to f16.",
    ),
    FailureRule(
        kind="bad-argument",
        pattern=llama_lines.TOO_MANY_SEATS,
        sentence="llama.cpp takes {most} slots at most.",
        step="Lower parallel to {most}.",
    ),
    FailureRule(
        kind="bad-argument",
        pattern=re.compile(
            r"^error: (?P<what>invalid argument: .{1,200})"
            r"|^error while handling argument (?P<other>.{1,200})"
        ),
        sentence="llama-server does not take its command line: {text}.",
        step="Correct that option, or leave it out.",
        figures=lambda groups: {"text": groups["what"] or groups["other"]},
    ),
    FailureRule(
        kind="cuda-error",
        pattern=llama_lines.CUDA_ERROR,
        sentence="The GPU refused to go on: {what}.",
        step="Start it again; if it comes back, check the driver with `nvidia-smi`.",
        verified=False,
    ),
    DISK_FULL,
    FailureRule(
        kind="no-gpu",
        pattern=llama_lines.CUDA_SILENT,
        sentence="llama.cpp finds no GPU ({what}) and computes on the CPU, slowly.",
        step="Start it with a GPU; in a container this needs NVIDIA's container toolkit.",
        is_fatal=False,
        lasts=True,
    ),
    FailureRule(
        kind="no-gpu",
        pattern=re.compile(r"no usable GPU found, --gpu-layers option will be ignored"),
        sentence="llama.cpp finds no GPU and computes on the CPU, slowly.",
        step="Start it with a GPU and an image made for GPUs (`server-cuda`).",
        is_fatal=False,
        lasts=True,
    ),
    FailureRule(
        kind="partly-on-cpu",
        pattern=llama_lines.LAYERS,
        sentence="Only {gpu_layers} of {layers} layers are on the GPU: the CPU slows it down.",
        step="Lower context or parallel, choose a smaller model, or free GPU memory.",
        is_fatal=False,
        figures=llama_lines.partly,
    ),
    FailureRule(
        kind="context-too-long",
        pattern=re.compile(
            r"n_ctx_seq \((?P<asked>\d{1,12})\) > n_ctx_train \((?P<most>\d{1,12})\)"
        ),
        sentence="A slot holds {asked_words} tokens, and the model was trained for {most_words}.",
        step="Lower context to {most} for each slot.",
        figures=lengths,
        is_fatal=False,
    ),
    FailureRule(
        kind="kv-cache-full",
        pattern=re.compile(r"Context size has been exceeded"),
        sentence="The KV cache that the slots share was full: all running requests failed.",
        step="Raise context, or set parallel, which gives each slot a share of its own.",
        is_fatal=False,
    ),
    FailureRule(
        kind="engine-died",
        pattern=llama_lines.ASSERTION,
        sentence="llama.cpp stopped at an error of its own: {what}.",
        step="Try another version of the image, or start it without unusual options.",
        is_generic=True,
        verified=False,
    ),
    FailureRule(
        kind="engine-died",
        pattern=re.compile(
            r"exiting due to (?P<what>model loading|HTTP server) error"
            r"|failed to create context with model|load_model: failed to load model"
        ),
        sentence="llama.cpp could not start, and no line of its log that is known here tells why.",
        step="Read the lines above in its log.",
        is_generic=True,
    ),
)
