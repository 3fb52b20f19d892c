"""Lines that llama.cpp's server prints, alone and as the runner inside Ollama.

Without Ollama it prints but few of them: its usual verbosity is 3, Ollama asks for 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from burstview_engines.launch.log_facts import whole
from burstview_engines.launch.profile import PhaseRule

NO_MEMORY = re.compile(r"insufficient memory \(attempted to allocate (?P<mib>[\d.]{1,14}) MB\)")
NO_GPU_MEMORY = re.compile(
    r"allocating (?P<mib>[\d.]{1,14}) MiB on device (?P<device>\d{1,4}): cudaMalloc failed"
)
CUDA_SILENT = re.compile(r"failed to initialize (?:CUDA|ROCm|HIP): (?P<what>.{1,200})")
CUDA_ERROR = re.compile(r"(?:CUDA|ROCm) error: (?P<what>.{1,200})")
LAYERS = re.compile(r"offloaded (?P<gpu_layers>\d{1,5})/(?P<layers>\d{1,5}) layers to GPU")
BAD_FILE = re.compile(
    r"(?P<what>invalid magic characters|failed to read magic|data is not within the file bounds"
    r"|offset\+size \(\d{1,20}\) exceeds file size \(\d{1,20}\)"
    r"|model is corrupted or incomplete|missing tensor '[^']{1,100}')"
)
NO_FILE = re.compile(r"failed to open GGUF file '(?P<file>[^']{1,300})' \((?P<what>[^)]{1,100})\)")
UNKNOWN_ARCHITECTURE = re.compile(r"unknown model architecture: '(?P<name>[^']{1,80})'")
CACHE_TYPE = re.compile(
    r"quantized V cache (?:requires flash_attn to be enabled"
    r"|was requested, but this requires Flash Attention)"
)
TOO_MANY_SEATS = re.compile(r"n_seq_max must be <= (?P<most>\d{1,7})")
ASSERTION = re.compile(r"GGML_ASSERT\((?P<what>.{1,200})\) failed")

MODEL_PHASES: tuple[PhaseRule, ...] = (
    PhaseRule(
        name="loading",
        pattern=re.compile(r"load_model: loading model '|load_tensors: loading model tensors"),
        phase="loading weights",
    ),
    PhaseRule(
        name="weights",
        pattern=re.compile(
            r"print_info: file size +=\s+"
            r"(?:(?P<weights_mib>[\d.]{1,12}) MiB|(?P<weights_gib>[\d.]{1,12}) GiB)"
        ),
    ),
    PhaseRule(
        name="device",
        pattern=re.compile(r"llama_prepare_model_devices: using device (?P<gpu>\S{1,20}) \("),
    ),
    PhaseRule(name="layers", pattern=LAYERS),
    PhaseRule(
        name="kv",
        pattern=re.compile(
            r"llama_kv_cache: size =\s+(?P<kv_mib>[\d.]{1,12}) MiB \( *(?P<cells>\d{1,12}) cells,"
            r" *\d{1,6} layers, *\d{1,6}/(?P<streams>\d{1,6}) seqs\)"
        ),
    ),
    PhaseRule(
        name="warm-up",
        pattern=re.compile(r"warming up the model with an empty run"),
        phase="warming up",
    ),
    PhaseRule(
        name="slots",
        pattern=re.compile(
            r"initializing, n_slots = (?P<seats>\d{1,6}), n_ctx_slot = (?P<context_tokens>\d{1,9})"
        ),
        phase="warming up",
    ),
)
"""From the model's file to its slots."""


def partly(groups: Mapping[str, str]) -> dict[str, str] | None:
    """All layers on the GPU is no trouble."""
    on_gpu, layers = whole(groups["gpu_layers"]), whole(groups["layers"])
    return None if on_gpu is None or layers is None or on_gpu >= layers else {}
