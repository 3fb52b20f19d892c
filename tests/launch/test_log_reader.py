"""The fold over an engine's log."""

from __future__ import annotations

import random
import time

import pytest

from burstview_engines.core.text import one_line
from burstview_engines.launch.log_pieces import LIMIT
from burstview_engines.launch.log_reader import LAST_LINES, LogReader
from burstview_engines.launch.log_rules import failure_in
from tests.launch import logs

SHARDS = "Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:01<00:01,  1.10s/it]"
BANNER = "(APIServer pid=1) INFO 11-22 17:13:58 [api_utils.py:345]  ▄▄ █  version 0.26.0"
LOADING = "(EngineCore pid=7) INFO [model_runner.py:284] Loading model from scratch..."
GENERIC = "RuntimeError: Engine core initialization failed. See root cause above."
UNKNOWN = "ValueError: something that nobody has seen yet"
NO_ROOM = "ValueError: No available memory for the cache blocks. Try increasing …"


def vllm(*lines: str) -> LogReader:
    """A vLLM that printed these lines."""
    return logs.read("vllm", "\n".join(lines))


def test_progress_has_a_share_and_words() -> None:
    """From tqdm's bar."""
    reader = vllm(BANNER, LOADING, SHARDS)
    assert (reader.phase, reader.fraction) == ("loading weights", 0.5)
    assert reader.words == "1 of 2 shards"


def test_of_progress_in_one_line_the_newest_counts() -> None:
    """tqdm overwrites its line: what a log holds are all states, parted by carriage returns."""
    bars = [f"\rCapturing CUDA graphs (FULL): {n * 5:3}%|██  | {n}/20 [00:00<?]" for n in range(9)]
    reader = vllm("(EngineCore pid=1119) " + "".join(bars))
    assert (reader.phase, reader.fraction) == ("capturing CUDA graphs", 0.4)
    assert reader.words == "8 of 20"


def test_a_new_phase_has_neither_the_share_nor_the_words_of_the_last() -> None:
    """Half of the shards is not half of the profiling."""
    reader = vllm(SHARDS, "Model loading took 1.12 GiB memory and 1.40 seconds")
    assert (reader.phase, reader.fraction, reader.words) == ("profiling memory", None, "")


def test_a_worker_that_is_behind_does_not_turn_the_phase_back() -> None:
    """With tensor parallelism each of several processes prints its own progress."""
    reader = vllm(BANNER, "Graph capturing finished in 2 secs", SHARDS)
    assert reader.phase == "warming up"


def test_feeding_tells_whether_anything_changed() -> None:
    """Noise and repetition do not."""
    reader = LogReader(logs.RULES["vllm"])
    assert reader.feed(SHARDS)
    assert not reader.feed(SHARDS)
    assert not reader.feed('INFO:     127.0.0.1:36390 - "GET /health HTTP/1.1" 200 OK')


def test_colours_do_not_hide_a_line() -> None:
    """vLLM colours the name of its process where it believes in a terminal."""
    line = "\x1b[0;36m(APIServer pid=1)\x1b[0;0m INFO: Application\x1b[1m startup complete."
    assert vllm(line).phase == "opening HTTP"


@pytest.mark.parametrize("lines", [(GENERIC, NO_ROOM), (NO_ROOM, GENERIC), (UNKNOWN, NO_ROOM)])
def test_a_generic_line_never_hides_a_precise_one(lines: tuple[str, ...]) -> None:
    """Whichever comes first."""
    reader = vllm(*lines)
    assert reader.failure is not None
    assert reader.failure.kind == "no-room-for-kv-cache"
    assert reader.knows_cause


def test_of_generic_lines_the_one_that_says_more_is_kept() -> None:
    """An unknown error has at least words of its own."""
    for lines in ((UNKNOWN, GENERIC), (GENERIC, UNKNOWN)):
        reader = vllm(*lines)
        assert reader.failure is not None
        assert "nobody has seen" in reader.failure.sentence
        assert not reader.knows_cause


def test_the_first_precise_cause_stays() -> None:
    """What follows is its consequence."""
    reader = vllm(NO_ROOM, "OSError: [Errno 98] Address already in use")
    assert reader.failure is not None
    assert reader.failure.kind == "no-room-for-kv-cache"


def test_numbers_of_the_line_stand_in_the_sentence_and_in_the_step() -> None:
    """The utilisation that is offered fits into what is free."""
    line = next(t for _, rule, t in logs.quoted() if rule == "gpu-memory-taken")
    failure = vllm(line).failure
    assert failure is not None
    assert failure.sentence == (
        "vLLM wanted 0.92 of the GPU (128.62 GiB), but only 97.0 of 139.8 GiB are free: another"
        " program (Ollama?) holds the rest."
    )
    assert failure.step == "Lower gpu-memory-utilization to 0.69, or stop what holds the rest."
    assert 0.69 * 139.8 < 97.0


def test_where_no_utilisation_would_fit_none_is_offered() -> None:
    """Of a full GPU."""
    line = next(t for _, rule, t in logs.quoted() if rule == "gpu-memory-taken")
    failure = vllm(line.replace("97.0/", "1.2/")).failure
    assert failure is not None
    assert failure.step == "Stop the program that holds the GPU."


def test_the_line_of_a_good_start_with_the_same_beginning_is_no_failure() -> None:
    """`Free memory on device (139.29/139.8 GiB) on startup. Desired …` is information."""
    assert "Free memory on device (139.29/139.8 GiB) on startup." in logs.log("vllm-0.26-gpu")
    assert logs.read("vllm", logs.log("vllm-0.26-gpu")).failure is None


def test_whoever_opens_its_http_had_no_failure() -> None:
    """llama.cpp reports an error while it tries how much fits, and goes on."""
    reader = vllm(NO_ROOM, "init engine (profile, create kv cache, warmup model) took 0.43 s")
    assert reader.failure is None


def test_a_new_run_forgets_the_one_before() -> None:
    """A container's log goes on when it is started again."""
    reader = vllm(BANNER, LOADING, NO_ROOM, BANNER.replace("0.26.0", "0.33.0"))
    assert (reader.phase, reader.failure, reader.facts.version) == ("booting", None, "0.33.0")


def test_another_model_brings_its_own_facts_and_ends_the_warnings_about_the_last() -> None:
    """But the engine's version and its missing GPU stay."""
    text = logs.log("ollama-cpu-np4")
    reader = logs.read("ollama", text)
    reader.feed('level=WARN msg="truncating input prompt" limit=2050 prompt=6009 keep=4 new=2050')
    assert [one.kind for one in reader.cautions] == ["no-gpu", "prompt-cut"]
    reader.feed('level=INFO source=server.go:109 msg="using llama-server for model" model=/x')
    assert [one.kind for one in reader.cautions] == ["no-gpu"]
    assert reader.facts.kv_bytes is None
    assert (reader.facts.has_gpu, reader.facts.seats) == (False, 4)


def test_the_last_lines_are_kept_harmless() -> None:
    """For the report on an engine that died without a word."""
    reader = vllm(*(f"line {n}" for n in range(50)), "", "\x1b]0;title\x07\x1b[31mred\x1b[0m")
    assert len(reader.last_lines) == LAST_LINES
    assert reader.last_lines[-2:] == ("line 49", "red")


def test_warnings_do_not_pile_up() -> None:
    """One of a kind, with the newest numbers."""
    reader = LogReader(logs.RULES["ollama"])
    for prompt in range(3000, 3100):
        reader.feed(f'msg="truncating input prompt" limit=2050 prompt={prompt} keep=4 new=2050')
    assert reader.warnings == ("A prompt of 3,099 tokens was cut to 2,050, which a slot can read.",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pull model manifest: file does not exist", "unknown-model"),
        ("model 'nope:1b' not found", "unknown-model"),
        ("digest mismatch, file must be downloaded again: want sha256:1", "damaged-download"),
        ("server busy, please try again.  maximum pending requests exceeded", "queue-full"),
        ("write /root/.ollama/x: no space left on device", "disk-full"),
    ],
)
def test_an_answer_is_explained_with_the_same_rules(text: str, kind: str) -> None:
    """Ollama tells these to whoever asked, and its log does not hold them."""
    failure = failure_in(text, logs.RULES["ollama"])
    assert failure is not None
    assert failure.kind == kind


def test_of_an_answer_with_several_causes_the_precise_one_is_told() -> None:
    """`process has terminated: exit status 1: … insufficient memory …`."""
    text = next(t for t in logs.answers() if "insufficient memory" in t)
    failure = failure_in(text, logs.RULES["ollama"])
    assert failure is not None
    assert failure.kind == "host-out-of-memory"
    assert failure_in("all is well", logs.RULES["ollama"]) is None


def _adversarial() -> list[str]:
    """Lines that begin like many patterns and never end, and such that are long."""
    starts = [
        "Capturing CUDA graphs",
        'msg="server config" env="map[',
        'msg="starting llama-server" cmd="' + " -np" * 500,
        "non-default args: " + "'max_num_seqs" * 200,
        "Model architectures [" + "[" * 900,
        "] " + "aError" * 600 + ":",
        "] ] ] " * 600,
        "Loading x checkpoint shards:" + " " * 4000,
        "To serve at least one request with the model's max seq len (" + "9" * 4000,
        "KV cache size: " + "1," * 2000 + " tokens",
        "[GIN] " + "| 503 |" * 500,
        'error="' + "\\" * 4000,
        'msg="failed to load model metadata" error="' + "\\\\" * 2000,
        "safetensors: 45%|" + "|" * 4000,
    ]
    return [*starts, *("x" * n + s for s in starts for n in (1, 1000)), *(s * 40 for s in starts)]


@pytest.mark.parametrize("engine", list(logs.RULES))
def test_no_line_holds_the_reader_up(engine: str) -> None:
    """Patterns are bounded and long lines are cut: the worst of these takes 10 ms."""
    reader = LogReader(logs.RULES[engine])
    for line in _adversarial():
        begun = time.process_time()
        reader.feed(line)
        assert time.process_time() - begun < 0.25, line[:60]


def test_a_line_of_a_megabyte_costs_no_more_than_its_beginning() -> None:
    """Or its end, where it is progress."""
    reader = LogReader(logs.RULES["vllm"])
    assert reader.feed(SHARDS + "x" * 1_000_000)
    assert not reader.feed("x" * 1_000_000 + SHARDS)
    assert reader.feed("\r".join(["x" * 100] * 10_000) + "\r" + SHARDS.replace("50%", "75%"))
    assert reader.fraction == 0.75
    assert max(map(len, reader.last_lines)) <= LIMIT


def test_noise_of_any_bytes_does_no_harm() -> None:
    """Also none that a program prints when it dies."""
    dice = random.Random(4)
    for engine in logs.RULES:
        reader = LogReader(logs.RULES[engine])
        for _ in range(50):
            reader.feed(dice.randbytes(2000).decode("utf-8", "replace"))
        reader.feed("\x00" * 5000 + "\r\r\r\n\n\x1b[\x1b]" + "\x1b" * 3000)
        assert (reader.phase, reader.failure) == (None, None)
        assert all(one_line(line) == line for line in reader.last_lines)


def test_pieces_of_real_lines_do_no_harm() -> None:
    """A log is cut wherever the daemon cuts it."""
    dice = random.Random(5)
    for engine, name in (("vllm", "vllm-0.26-gpu"), ("ollama", "ollama-fail-no-memory")):
        reader = LogReader(logs.RULES[engine])
        text = logs.log(name)
        while text:
            at = dice.randrange(1, 400)
            reader.feed(text[:at])
            text = text[at:]
        assert reader.phase is not None


def test_a_batch_of_lines_reads_as_the_lines_one_by_one() -> None:
    """Whoever follows a log hands over what came."""
    text = logs.log("vllm-0.26-gpu")
    batch = LogReader(logs.RULES["vllm"])
    batch.feed(text)
    single = logs.read("vllm", text)
    assert (batch.phase, batch.facts, batch.last_lines) == (
        single.phase,
        single.facts,
        single.last_lines,
    )
