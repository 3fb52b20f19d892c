"""What is said of real starts and of real failures, each log read to its end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from burstview_engines.core.managed import EngineFacts, LaunchPhase
from tests.launch import logs

MIB, GIB = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Start:
    """A log of an engine that came up."""

    log: str
    phases: tuple[LaunchPhase, ...]
    """In the order in which they are shown."""
    facts: EngineFacts

    @property
    def engine(self) -> str:
        """The log's name begins with it."""
        return self.log.split("-")[0]


VLLM_GPU = Start(
    "vllm-0.26-gpu",
    (
        "booting",
        "loading weights",
        "profiling memory",
        "compiling",
        "profiling memory",
        "capturing CUDA graphs",
        "warming up",
        "opening HTTP",
    ),
    EngineFacts(
        version="0.26.0",
        seats=128,
        context_tokens=4096,
        kv_tokens=900_576,
        kv_bytes=round(96.19 * GIB),
        weights_bytes=round(1.12 * GIB),
        max_concurrency=219.87,
        has_gpu=True,
        load_seconds=1.345886,
    ),
)
VLLM_CPU_FACTS = EngineFacts(
    version="0.32.0",
    seats=128,
    context_tokens=2048,
    kv_tokens=2_097_152,
    kv_bytes=GIB,
    max_concurrency=1024.0,
    has_gpu=False,
    load_seconds=0.01,
)
STARTS = [
    VLLM_GPU,
    Start(
        "vllm-cpu-eager",
        ("booting", "loading weights", "profiling memory", "opening HTTP"),
        VLLM_CPU_FACTS,
    ),
    Start(
        "vllm-cpu-compiled",
        ("booting", "loading weights", "compiling", "profiling memory", "opening HTTP"),
        VLLM_CPU_FACTS,
    ),
    Start(
        "ollama-np1",
        ("booting", "opening HTTP", "loading weights", "warming up", "ready"),
        EngineFacts(
            version="0.0.0",
            seats=1,
            context_tokens=40_960,
            kv_tokens=40_960,
            kv_bytes=4480 * MIB,
            weights_bytes=round(372.65 * MIB),
            gpu_layers=(29, 29),
            has_gpu=True,
            load_seconds=1.33,
        ),
    ),
    Start(
        "ollama-np4",
        ("booting", "opening HTTP", "loading weights", "warming up", "ready"),
        EngineFacts(
            version="0.0.0",
            seats=4,
            context_tokens=4096,
            kv_tokens=4 * 4096,
            kv_bytes=1792 * MIB,
            weights_bytes=round(372.65 * MIB),
            gpu_layers=(29, 29),
            has_gpu=True,
            load_seconds=1.56,
        ),
    ),
    Start(
        "llamacpp-gpu",
        ("booting", "loading weights", "warming up", "opening HTTP"),
        EngineFacts(seats=4, context_tokens=4096),
    ),
    Start(
        "llamacpp-gpu-verbose",
        ("booting", "loading weights", "warming up", "opening HTTP"),
        EngineFacts(
            seats=4,
            context_tokens=4096,
            kv_tokens=4 * 4096,
            kv_bytes=16 * MIB,
            weights_bytes=round(76.44 * MIB),
            gpu_layers=(3, 3),
            has_gpu=True,
        ),
    ),
]


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.log)
def test_a_real_start_shows_its_phases_in_order_and_its_facts_at_the_end(start: Start) -> None:
    """And blames nobody."""
    reader = logs.read(start.engine, "")
    seen: list[LaunchPhase | None] = [None]
    for line in logs.log(start.log).split("\n"):
        if reader.feed(line) and reader.phase != seen[-1]:
            seen.append(reader.phase)
    assert tuple(seen[1:]) == start.phases
    assert reader.facts == start.facts
    assert reader.failure is None


FAILURES = [
    ("vllm-fail-bad-choice", "bad-argument", "invalid choice: 'fp7'"),
    ("vllm-fail-bad-share", "bad-argument", "the value 7.0 of an option"),
    ("vllm-fail-bad-value", "bad-argument", "greater than or equal to 1"),
    ("vllm-fail-disk-full", "disk-full", "The disk is full"),
    ("vllm-fail-empty-folder", "unknown-model", "/models/empty is no model"),
    ("vllm-fail-gated", "gated-model", "asks for an agreement"),
    ("vllm-fail-kv-too-small", "kv-cache-too-small", "one request of 2,048 tokens"),
    ("vllm-fail-kvspace-too-big", "host-memory-taken", "only 9.69 of 12.09 GiB are free"),
    ("vllm-fail-max-model-len-too-long", "context-too-long", "40,960 tokens at most"),
    ("vllm-fail-no-such-dir", "unknown-model", "/models/no-such-model is no model"),
    ("vllm-fail-no-weights", "no-weights", "There are no weights in /models/badarch"),
    ("vllm-fail-port-taken", "port-taken", "Another program already listens"),
    ("vllm-fail-tensor-parallel", "bad-argument", "attention heads (2)"),
    ("vllm-fail-truncated-weights", "bad-model-file", "incomplete metadata"),
    ("vllm-fail-unknown-architecture", "unsupported-model", "NoSuchForCausalLM"),
    ("vllm-fail-unknown-flag", "bad-argument", "unrecognized arguments: --no-such-flag"),
    ("vllm-fail-unknown-id", "unknown-model", "neither on Hugging Face nor as a folder"),
    ("vllm-fail-unknown-id-offline", "offline-weights-missing", "without the network"),
    ("vllm-fail-unknown-id-online", "no-network", "cannot be reached"),
    ("vllm-worker-killed", "worker-killed", "killed by signal 9"),
    ("vllm-engine-died", "engine-died", "vLLM's engine died"),
    ("ollama-fail-port-taken", "port-taken", "Ollama's port"),
    ("llamacpp-fail-bad-argument", "bad-argument", "--no-such-flag"),
    ("llamacpp-fail-bad-value", "bad-argument", '"-np": stoi'),
    ("llamacpp-fail-cache-type", "bad-argument", "needs flash attention"),
    ("llamacpp-fail-cuda-memory", "cuda-out-of-memory", "asked for 190.7 GiB more"),
    ("llamacpp-fail-cuda-taken", "cuda-out-of-memory", "asked for 977 MiB more"),
    ("llamacpp-fail-folder", "bad-model-file", "failed to read magic"),
    ("llamacpp-fail-no-gguf", "bad-model-file", "invalid magic characters"),
    ("llamacpp-fail-no-hub", "no-network", "hub does not answer"),
    ("llamacpp-fail-no-memory", "host-out-of-memory", "asked for 7.6 GiB more"),
    ("llamacpp-fail-no-such-model", "unknown-model", "no-such.gguf cannot be opened"),
    ("llamacpp-fail-port-taken", "port-taken", "on port 8080"),
    ("llamacpp-fail-truncated-gguf", "bad-model-file", "not within the file bounds"),
    ("llamacpp-fail-unknown-architecture", "unsupported-model", "qwenX"),
]


@pytest.mark.parametrize(("name", "kind", "words"), FAILURES)
def test_a_real_failure_is_told_in_its_own_terms(name: str, kind: str, words: str) -> None:
    """The precise cause, though generic lines come before and after it."""
    failure = logs.read(name.split("-")[0], logs.log(name)).failure
    assert failure is not None
    assert failure.kind == kind
    assert words in failure.sentence
    assert failure.detail


CAUTIONS = [
    ("ollama-np1", ["context-capped"]),
    ("ollama-cpu", ["no-gpu"]),
    ("ollama-fail-create-truncated", ["no-gpu", "bad-model-file"]),
    ("ollama-fail-load-timeout", ["no-gpu", "load-timed-out", "no-network"]),
    ("ollama-fail-no-llama-server", ["no-gpu", "engine-incomplete"]),
    ("ollama-fail-no-memory", ["no-gpu", "host-out-of-memory", "runner-died"]),
    ("ollama-fail-too-many-slots", ["no-gpu", "bad-argument", "runner-died"]),
    ("ollama-fail-truncated-blob", ["no-gpu", "bad-model-file"]),
    ("llamacpp-fail-no-gpu", ["no-gpu"]),
    ("llamacpp-fail-no-cuda", ["no-gpu"]),
    ("llamacpp-partly-on-gpu", ["partly-on-cpu"]),
    ("llamacpp-kv-cache-full", ["kv-cache-full"]),
    ("llamacpp-slow-load", ["context-too-long"]),
    ("llamacpp-start", []),
]


@pytest.mark.parametrize(("name", "kinds"), CAUTIONS)
def test_what_an_engine_survives_is_a_warning(name: str, kinds: list[str]) -> None:
    """Ollama goes on when a model cannot be loaded; whoever finds no GPU goes on without."""
    reader = logs.read(name.split("-")[0], logs.log(name))
    assert [caution.kind for caution in reader.cautions] == kinds
    assert len(reader.warnings) == len(kinds)
    assert reader.failure is None


def test_every_failed_start_at_hand_is_among_these() -> None:
    """A log that is added must be judged."""
    judged = {name for name, *_ in (*FAILURES, *CAUTIONS)}
    failed = {n for e in logs.RULES for n in logs.names(f"{e}-fail-")}
    assert failed <= judged


def test_unloading_a_model_is_no_trouble() -> None:
    """Ollama kills the runner for it, and says `level=ERROR … terminated … signal: killed`."""
    text = logs.log("ollama-forms")
    assert 'level=ERROR source=llama_server.go:1023 msg="llama-server terminated"' in text
    assert [one.kind for one in logs.read("ollama", text).cautions] == ["no-gpu"]


def test_a_runner_that_was_killed_is_told_until_the_model_is_loaded_again() -> None:
    """The next request loads it, and then all is well."""
    before, load, after = logs.log("ollama-runner-killed").rpartition('msg="using llama-server')
    reader = logs.read("ollama", before)
    assert "killed by signal 9" in reader.warnings[-1]
    reader.feed(load + after.partition("\n")[0])
    assert [one.kind for one in reader.cautions] == ["no-gpu"]
    assert reader.phase == "loading weights"


def test_a_full_queue_is_told_from_the_access_log() -> None:
    """Ollama writes no other word about it."""
    text = logs.log("ollama-queue-full")
    reader = logs.read("ollama", text[: text.index("llama-server started in")])
    assert reader.cautions[-1].kind == "queue-full"


def test_the_bar_of_small_files_is_no_download_of_weights() -> None:
    """vLLM fetches configuration and tokenizer while it boots, and once more near the end."""
    reader = logs.read("vllm", "")
    seen = []
    for line in logs.log("vllm-cpu-download").split("\n"):
        reader.feed(line)
        if "Fetching 5 files" in line or "Time spent downloading" in line:
            seen.append(reader.phase)
    assert seen == ["booting", "loading weights", "opening HTTP"]


def test_weights_that_come_after_loading_began_are_shown_as_a_download() -> None:
    """vLLM says `Starting to load model` first, and then downloads what is not here."""
    reader = logs.read("vllm", "Starting to load model org/tiny...")
    assert reader.feed("model.safetensors:  45%|████▌     | 1.79G/3.98G [00:21<00:26, 84.2MB/s]")
    assert (reader.phase, reader.fraction) == ("downloading weights", 0.45)
    assert reader.words == "model.safetensors: 1.79G of 3.98G"
    reader.feed("Time spent downloading weights for org/tiny: 47.1 seconds")
    assert (reader.phase, reader.fraction) == ("loading weights", None)
