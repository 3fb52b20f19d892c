"""The lines that tell why vLLM cannot go on."""

from __future__ import annotations

import re

from burstview_engines.launch.logs.common import lengths
from burstview_engines.launch.logs.vllm_figures import (
    allocation,
    model_name,
    room_for_one,
    share_that_fits,
)
from burstview_engines.launch.profile import FailureRule

_BEGIN = r"^(?:\(\w{1,40} pid=\d{1,12}\) )?"
"""A line of a traceback; of most versions each begins with the name of its process."""

MEMORY_FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="gpu-memory-taken",
        pattern=re.compile(
            r"Free memory on device (?P<device>\S{1,40}) "
            r"\((?P<free>[\d.]{1,9})/(?P<total>[\d.]{1,9}) GiB\) on startup is less than desired"
            r" GPU memory utilization \((?P<share>[\d.]{1,9}), (?P<wanted>[\d.]{1,9}) GiB\)"
        ),
        sentence=(
            "vLLM wanted {share} of the GPU ({wanted} GiB), but only {free} of {total} GiB are"
            " free: another program (Ollama?) holds the rest."
        ),
        step="{way}.",
        figures=share_that_fits,
        verified=False,
    ),
    FailureRule(
        kind="gpu-memory-changed",
        pattern=re.compile(
            r"Error in memory profiling\. Initial free memory (?P<first>[\d.]{1,9}) GiB, current"
            r" free memory (?P<last>[\d.]{1,9}) GiB"
        ),
        sentence=(
            "Another program gave GPU memory back while vLLM measured it:"
            " {first} GiB were free at first, then {last} GiB."
        ),
        step="Start it again, while nothing else on this GPU starts, stops or unloads a model.",
        verified=False,
    ),
    FailureRule(
        kind="no-room-for-kv-cache",
        pattern=re.compile(r"No available memory for the cache blocks"),
        sentence="The model fills vLLM's share of the GPU: nothing is left for the KV cache.",
        step="Raise gpu-memory-utilization, or choose a smaller model.",
        verified=False,
    ),
    FailureRule(
        kind="kv-cache-too-small",
        pattern=re.compile(
            r"To serve at least one request with the model's max seq len \((?P<asked>\d{1,9})\),?"
            r" \(?(?P<need>[\d.]{1,9}) GiB KV cache is needed, which is larger than the available"
            r" KV cache memory \((?P<have>[\d.]{1,9}) GiB\)"
            r"(?:\. Based on the available memory, the estimated maximum model length is"
            r" (?P<fit>\d{1,9}))?"
        ),
        sentence="The KV cache cannot hold one request of {wanted} tokens{sizes}.",
        step="{way}, or raise gpu-memory-utilization.",
        figures=room_for_one,
    ),
    FailureRule(
        kind="host-memory-taken",
        pattern=re.compile(
            r"Available memory on node \d{1,4} \((?P<free>[\d.]{1,9})/(?P<total>[\d.]{1,9}) GiB\)"
            r" on kv cache allocation is less than requested memory for kv"
            r" \((?P<wanted>[\d.]{1,9}) GiB\)"
        ),
        sentence=(
            "vLLM was to keep {wanted} GiB of KV cache in main memory, but only {free} of {total}"
            " GiB are free."
        ),
        step="Lower cpu-kv-space, or stop what holds the memory.",
    ),
    FailureRule(
        kind="cuda-out-of-memory",
        pattern=re.compile(
            r"CUDA out of memory(?:\. Tried to allocate (?P<size>[\d.]{1,9} \w{2,4}))?"
        ),
        sentence="The GPU's memory ran out{what}.",
        step=(
            "Stop what else uses the GPU, or lower gpu-memory-utilization, max-num-seqs or"
            " max-model-len."
        ),
        figures=allocation,
        verified=False,
    ),
)

MODEL_FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="gated-model",
        pattern=re.compile(
            r"Cannot access gated repo for url https?://[^/\s]{1,100}/(?P<model>[^/\s]{1,80}/"
            r"[^/\s]{1,80})/|trying to access a gated repo|GatedRepoError"
        ),
        sentence="The model's owner asks for an agreement before it may be downloaded.",
        step=(
            "Accept its licence on Hugging Face, and hand over a file with your token"
            " (token_file in the form)."
        ),
    ),
    FailureRule(
        kind="offline-weights-missing",
        pattern=re.compile(r"outgoing traffic has been disabled"),
        sentence="The weights are not on this machine, and vLLM was started without the network.",
        step="Start it with the network once, or choose a model that is here.",
    ),
    FailureRule(
        kind="unknown-model",
        pattern=re.compile(
            r"RepositoryNotFoundError: "
            r"|(?P<id>[\w./-]{1,120}) is not a local folder and is not a valid model identifier"
            r"|Repo id must be in the form 'repo_name' or 'namespace/repo_name':"
            r" '(?P<path>[^']{1,200})'"
            r"|Invalid repository ID or local directory specified: '(?P<folder>[^']{1,200})'"
        ),
        sentence="{which}: neither on Hugging Face nor as a folder.",
        figures=model_name,
        step=(
            "Check its name; a private model needs a token, a folder its path as the engine sees"
            " it, with config.json in it."
        ),
    ),
    FailureRule(
        kind="no-network",
        pattern=re.compile(r"couldn't connect to 'https?://(?P<host>[^'/]{1,100})[^']{0,200}'"),
        sentence="{host} cannot be reached, and the model is not on this machine.",
        step="Mend the network, or choose a model that is here.",
    ),
    FailureRule(
        kind="no-network",
        pattern=re.compile(
            r"we cannot find the requested files in the local cache\. Please check your connection"
        ),
        sentence="The model hub cannot be reached, and the model is not on this machine.",
        step="Mend the network, or choose a model that is here.",
    ),
    FailureRule(
        kind="hub-unreachable",
        pattern=re.compile(
            r"thrown while requesting (?:HEAD|GET) https?://(?P<host>[^/\s]{1,100})"
        ),
        sentence="{host} cannot be reached; vLLM tries again.",
        step="Mend the network, or start it offline with a model that is here.",
        is_fatal=False,
    ),
    FailureRule(
        kind="disk-nearly-full",
        pattern=re.compile(
            r"Not enough free disk space to download the file\. The expected file size is:"
            r" (?P<need>[\d.]{1,12}) MB\. The target location \S{1,500} only has"
            r" (?P<free>[\d.]{1,12}) MB free"
        ),
        sentence="A file of {need} MB is to be downloaded, and {free} MB are free on the disk.",
        step="Free space where the models are kept.",
        is_fatal=False,
    ),
    FailureRule(
        kind="bad-model-file",
        pattern=re.compile(r"SafetensorError: (?P<what>.{1,200})"),
        sentence="A file of weights is damaged: {what}.",
        step="Delete the model from the cache and download it again.",
    ),
    FailureRule(
        kind="no-weights",
        pattern=re.compile(r"Cannot find any model weights with `(?P<model>[^`]{1,300})`"),
        sentence="There are no weights in {model}.",
        step="Download the model again, or choose its folder.",
    ),
    FailureRule(
        kind="unsupported-model",
        pattern=re.compile(
            r"Model architectures \[(?P<name>[^\]]{1,200})\] are not supported"
            r"|(?P<other>\w{1,80}) has no vLLM implementation"
        ),
        sentence="This vLLM does not know the model's architecture: {name}.",
        step="Choose another model, or a newer image.",
        figures=lambda groups: {"name": (groups["name"] or groups["other"]).strip("'")},
    ),
    FailureRule(
        kind="context-too-long",
        pattern=re.compile(
            r"User-specified max_model_len \((?P<asked>\d{1,12})\) is greater than the derived"
            r" max_model_len \(\w{1,40}=(?P<most>\d{1,12})"
        ),
        sentence=(
            "The model knows {most_words} tokens at most, and max-model-len asks for {asked_words}."
        ),
        step="Lower max-model-len to {most}.",
        figures=lengths,
    ),
)

OTHER_FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="no-gpu",
        pattern=re.compile(
            r"Failed to infer device type|No CUDA GPUs are available"
            r"|Found no NVIDIA driver on your system|libcuda\.so\.1: cannot open shared object"
        ),
        sentence="vLLM sees no GPU.",
        step=(
            "Start it with a GPU; in a container this needs NVIDIA's container toolkit"
            " (`burstview doctor` checks it)."
        ),
        verified=False,
    ),
    FailureRule(
        kind="old-driver",
        pattern=re.compile(
            r"The NVIDIA driver on your system is too old \(found version (?P<found>\d{1,9})\)"
        ),
        sentence="The GPU's driver is too old for this vLLM (it found version {found}).",
        step="Update the driver, or choose an image with an older CUDA.",
        verified=False,
    ),
    FailureRule(
        kind="port-taken",
        pattern=re.compile(r"\[Errno (?:98|48)\] .{0,80}?[Aa]ddress already in use"),
        sentence="Another program already listens on vLLM's port.",
        step="Choose another port, or stop that program.",
    ),
    FailureRule(
        kind="bad-argument",
        pattern=re.compile(rf"{_BEGIN}vllm(?: \w{{1,20}})?: error: (?P<what>.{{1,300}})"),
        sentence="vLLM does not take its command line: {what}.",
        step="Correct that option, or leave it out.",
    ),
    FailureRule(
        kind="bad-argument",
        pattern=re.compile(
            rf"{_BEGIN}  Value error, (?P<what>Total number of attention heads .{{1,200}}?)\. \["
        ),
        sentence="The model cannot be split like that: {what}.",
        step="Choose a tensor-parallel-size that divides the number of attention heads.",
    ),
    FailureRule(
        kind="too-few-gpus",
        pattern=re.compile(
            r"World size \((?P<asked>\d{1,6})\) is larger than the number of available GPUs"
            r" \((?P<most>\d{1,6})\)"
        ),
        sentence="The model was to be split over {asked} GPUs, and vLLM sees {most}.",
        step="Lower tensor-parallel-size to {most}, or choose more GPUs.",
        verified=False,
    ),
    FailureRule(
        kind="worker-killed",
        pattern=re.compile(
            r"Worker proc \S{1,40} died unexpectedly \(exit code: -(?P<signal>\d{1,3})\)"
        ),
        sentence="A worker of vLLM was killed by signal {signal}.",
        step=(
            "Nobody did that by hand? Then main memory ran out: `dmesg` tells, and a smaller model"
            " or more memory helps."
        ),
    ),
)

GENERIC_FAILURES: tuple[FailureRule, ...] = (
    FailureRule(
        kind="bad-argument",
        pattern=re.compile(
            rf"{_BEGIN}  (?P<what>Input should be .{{1,200}}?|Value error, .{{1,300}}?)"
            r" \[type=\w{1,60}, input_value=(?P<value>.{1,80}?), input_type="
        ),
        sentence="vLLM refuses the value {value} of an option: {what}.",
        step="Correct that option; the log names it one line above.",
        is_generic=True,
    ),
    FailureRule(
        kind="engine-error",
        pattern=re.compile(
            r"(?:^|[\])] )(?!\S{0,100}(?:EngineDeadError|ValidationError))"
            r"(?P<name>[A-Za-z_][\w.]{0,100}(?:Error|Exception)): "
            r"(?!Engine core initialization failed|cancelled)(?P<what>.{1,300})"
        ),
        sentence="vLLM ended with an error that is not known here: {what}",
        step="The log above it has the place.",
        is_generic=True,
    ),
    FailureRule(
        kind="engine-died",
        pattern=re.compile(
            r"Engine core initialization failed|EngineCore failed to start"
            r"|EngineCore encountered a fatal error|EngineDeadError"
            r"|engine core exited unexpectedly"
        ),
        sentence="vLLM's engine died, and no line of its log that is known here tells why.",
        step="Read the log's first traceback.",
        is_generic=True,
    ),
)
