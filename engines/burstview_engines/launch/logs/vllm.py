"""What vLLM's log tells. Its processes write into one log, so lines of several interleave."""

from __future__ import annotations

import re
from dataclasses import replace

from burstview_engines.launch.logs.common import DISK_FULL
from burstview_engines.launch.logs.vllm_failures import (
    GENERIC_FAILURES,
    MEMORY_FAILURES,
    MODEL_FAILURES,
    OTHER_FAILURES,
)
from burstview_engines.launch.profile import FailureRule, PhaseRule

_BAR = (
    r"(?P<percent>\d{1,3})%\|[^|]{0,200}\|"
    r" *(?P<done>[\d.]{1,9}[kMGT]?)/(?P<total>[\d.]{1,9}[kMGT]?)"
)
"""What tqdm draws: `45%|████▌     | 16/35`."""

PHASES: tuple[PhaseRule, ...] = (
    PhaseRule(
        name="banner",
        pattern=re.compile(r"[█▀] +version (?P<version>\d[\w.+-]{0,40})"),
        phase="booting",
        anew="run",
    ),
    PhaseRule(
        name="version",
        pattern=re.compile(r"vLLM (?:API )?server version (?P<version>\d[\w.+-]{0,40})"),
        phase="booting",
        anew="run",
        verified=False,
    ),
    PhaseRule(
        name="arguments",
        pattern=re.compile(r"non-default args: .{0,3000}?'max_num_seqs': (?P<seats>\d{1,7})"),
    ),
    PhaseRule(
        name="context",
        pattern=re.compile(r"Using max model len (?P<context_tokens>\d{1,9})"),
    ),
    PhaseRule(
        name="engine",
        pattern=re.compile(r"Initializing a V1 LLM engine \(v(?P<version>[^)\s]{1,40})\)"),
        phase="booting",
    ),
    PhaseRule(
        name="download",
        pattern=re.compile(rf"(?P<file>[\w.-]{{1,80}}\.(?:safetensors|gguf)): +{_BAR}B?"),
        phase="downloading weights",
        words="{file}: {done} of {total}",
        verified=False,
    ),
    PhaseRule(
        name="load",
        pattern=re.compile(r"Starting to load model |Loading model from scratch"),
        phase="loading weights",
    ),
    PhaseRule(
        name="downloaded",
        pattern=re.compile(r"Time spent downloading weights for "),
        phase="loading weights",
    ),
    PhaseRule(
        name="shards",
        pattern=re.compile(
            r"Loading \w{1,20} checkpoint shards: +(?P<percent>\d{1,3})% Completed"
            r" \| (?P<done>\d{1,6})/(?P<total>\d{1,6})"
        ),
        phase="loading weights",
        words="{done} of {total} shards",
    ),
    PhaseRule(
        name="weights",
        pattern=re.compile(r"Loading weights took (?P<load_seconds>[\d.]{1,12}) seconds"),
        phase="loading weights",
    ),
    PhaseRule(
        name="model",
        pattern=re.compile(
            r"Model loading took (?P<weights_gib>[\d.]{1,9}) Gi?B(?: memory)?"
            r" and (?P<load_seconds>[\d.]{1,12}) seconds"
        ),
        phase="profiling memory",
    ),
    PhaseRule(
        name="compile",
        pattern=re.compile(
            r"Using cache directory: \S{1,500} for vLLM's torch\.compile"
            r"|Dynamo bytecode transform time|Compiling a graph for"
            r"|Warming up model for the compilation"
        ),
        phase="compiling",
    ),
    PhaseRule(
        name="compiled-before",
        pattern=re.compile(
            r"Directly load the (?:compiled graph|\S{1,9} graph)|Directly load AOT compilation"
        ),
        phase="compiling",
        words="from the cache",
        verified=False,
    ),
    PhaseRule(
        name="compiled",
        pattern=re.compile(r"torch\.compile (?:took|takes) |Initial profiling/warmup run took "),
        phase="profiling memory",
    ),
    PhaseRule(
        name="kv-memory",
        pattern=re.compile(r"Available KV cache memory: (?P<kv_gib>[\d.]{1,9}) GiB"),
        phase="profiling memory",
    ),
    PhaseRule(
        name="kv-memory-cpu",
        pattern=re.compile(
            r"Explicitly set \((?P<kv_gib>[\d.]{1,9})/[\d.]{1,9}\) GiB for KV cache"
        ),
        phase="profiling memory",
    ),
    PhaseRule(
        name="kv-tokens",
        pattern=re.compile(
            r"(?:(?P<gpu>GPU)|(?P<cpu>CPU)) KV cache size: (?P<kv_tokens>[\d,]{1,20}) tokens"
        ),
    ),
    PhaseRule(
        name="kv-concurrency",
        pattern=re.compile(
            r"Maximum concurrency for (?P<context_tokens>[\d,]{1,12}) tokens per request:"
            r" (?P<max_concurrency>[\d.]{1,12})x"
        ),
    ),
    PhaseRule(
        name="graphs",
        pattern=re.compile(rf"Capturing CUDA graphs[^:%]{{0,60}}: +{_BAR}"),
        phase="capturing CUDA graphs",
        words="{done} of {total}",
    ),
    PhaseRule(
        name="graphs-done",
        pattern=re.compile(r"Graph capturing finished in "),
        phase="warming up",
    ),
    PhaseRule(
        name="engine-ready",
        pattern=re.compile(r"init engine \(profile, create kv cache, warmup model\) took "),
        phase="opening HTTP",
    ),
    PhaseRule(
        name="http",
        pattern=re.compile(r"Starting vLLM (?:API )?server(?: \d{1,4})? on \S"),
        phase="opening HTTP",
    ),
    PhaseRule(
        name="http-open",
        pattern=re.compile(r"Application startup complete"),
        phase="opening HTTP",
    ),
)

FAILURES: tuple[FailureRule, ...] = (
    *MEMORY_FAILURES,
    *MODEL_FAILURES,
    *OTHER_FAILURES,
    replace(DISK_FULL, verified=True),
    *GENERIC_FAILURES,
)
