"""What SGLang's log tells. Its texts were read in its source: no line of a real one is at hand."""

from __future__ import annotations

import re

from burstview_engines.launch.logs.common import DISK_FULL
from burstview_engines.launch.profile import FailureRule, PhaseRule

PHASES: tuple[PhaseRule, ...] = (
    PhaseRule(
        name="arguments",
        pattern=re.compile(r"\bserver_args=ServerArgs\("),
        phase="booting",
        anew="run",
        verified=False,
    ),
    PhaseRule(
        name="load",
        pattern=re.compile(r"Load weight begin\."),
        phase="loading weights",
        verified=False,
    ),
    PhaseRule(
        name="shards",
        pattern=re.compile(
            r"Loading \w{1,20} checkpoint shards: +(?P<percent>\d{1,3})% Completed"
            r" \| (?P<done>\d{1,6})/(?P<total>\d{1,6})"
        ),
        phase="loading weights",
        words="{done} of {total} shards",
        verified=False,
    ),
    PhaseRule(
        name="loaded",
        pattern=re.compile(r"Load weight end\. elapsed=(?P<load_seconds>[\d.]{1,12}) s"),
        phase="profiling memory",
        verified=False,
    ),
    PhaseRule(
        name="kv",
        pattern=re.compile(
            r"(?:is allocated|KV cache allocated)\. dtype: \S{1,60},"
            r" #tokens: (?P<kv_tokens>\d{1,12})"
        ),
        phase="profiling memory",
        verified=False,
    ),
    PhaseRule(
        name="graphs",
        pattern=re.compile(r"Capture .{0,60}graph begin\."),
        phase="capturing CUDA graphs",
        verified=False,
    ),
    PhaseRule(
        name="graphs-done",
        pattern=re.compile(r"Capture .{0,60}graph end\. elapsed="),
        phase="warming up",
        verified=False,
    ),
    PhaseRule(
        name="limits",
        pattern=re.compile(
            r"max_total_num_tokens=(?P<kv_tokens>\d{1,12}), .{0,200}?"
            r"max_running_requests=(?P<seats>\d{1,7}), context_len=(?P<context_tokens>\d{1,9})"
        ),
        phase="warming up",
        verified=False,
    ),
    PhaseRule(
        name="ready",
        pattern=re.compile(r"The server is fired up and ready to roll!"),
        phase="opening HTTP",
        verified=False,
    ),
)

FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="no-room-for-kv-cache",
        pattern=re.compile(
            r"Not enough memory\. Please try to increase --mem-fraction-static"
            r"(?:\. Current value: mem_fraction_static=(?P<share>[\d.]{1,9}))?"
        ),
        sentence="The model fills SGLang's share of the GPU: nothing is left for the KV cache.",
        step="Raise mem-fraction-static{now}, or choose a smaller model.",
        figures=lambda groups: {"now": f" (now {groups['share']})" if groups["share"] else ""},
        verified=False,
    ),
    FailureRule(
        kind="cuda-out-of-memory",
        pattern=re.compile(r"CUDA out of memory|set --mem-fraction-static to a smaller value"),
        sentence="The GPU's memory ran out.",
        step="Lower mem-fraction-static or max-running-requests, or stop what else uses the GPU.",
        verified=False,
    ),
    FailureRule(
        kind="gated-model",
        pattern=re.compile(r"Cannot access gated repo|trying to access a gated repo"),
        sentence="The model's owner asks for an agreement before it may be downloaded.",
        step="Accept its licence on Hugging Face, and hand over a file with your token.",
        verified=False,
    ),
    FailureRule(
        kind="offline-weights-missing",
        pattern=re.compile(r"outgoing traffic has been disabled"),
        sentence="The weights are not on this machine, and SGLang was started without the network.",
        step="Start it with the network once, or choose a model that is here.",
        verified=False,
    ),
    FailureRule(
        kind="unknown-model",
        pattern=re.compile(
            r"RepositoryNotFoundError|is not a valid model identifier|Repo id must be in the form"
        ),
        sentence="There is no model of that name: neither on Hugging Face nor as a folder.",
        step="Check its name; a private model needs a token.",
        verified=False,
    ),
    FailureRule(
        kind="port-taken",
        pattern=re.compile(r"\[Errno (?:98|48)\] .{0,80}?[Aa]ddress already in use"),
        sentence="Another program already listens on SGLang's port.",
        step="Choose another port, or stop that program.",
        verified=False,
    ),
    DISK_FULL,
    FailureRule(
        kind="engine-stuck",
        pattern=re.compile(r"Health check failed\. Server couldn't get a response"),
        sentence="SGLang answers no health check: its scheduler is stuck.",
        step="Restart it.",
        is_fatal=False,
        verified=False,
    ),
    FailureRule(
        kind="engine-error",
        pattern=re.compile(
            r"(?:^|\] )(?P<name>[A-Za-z_][\w.]{0,100}(?:Error|Exception)): (?P<what>.{1,300})"
        ),
        sentence="SGLang ended with an error that is not known here: {what}",
        step="The log above it has the place.",
        is_generic=True,
        verified=False,
    ),
)
