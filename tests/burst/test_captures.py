"""Every capture of a real engine is read, and ends as its table says."""

from __future__ import annotations

import re
from random import Random

import pytest

from burstview_engines.backends import ollama
from burstview_engines.backends.ollama_pull import PullProgress
from burstview_engines.backends.profile import Answer
from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.plan import BurstPlan
from tests.burst import captures, rebuilt
from tests.burst.captures import Response
from tests.burst.ends.bursts import BURSTS, REPEATED, REPEATS
from tests.burst.ends.elsewhere import KILLS, OTHERS, RECOGNISED
from tests.burst.ends.end import End
from tests.burst.ends.gauges import KV_TOKENS, METRICS, NONE, PS, PULLS
from tests.burst.ends.llamacpp import ENDS as LLAMACPP
from tests.burst.ends.ollama import ENDS as OLLAMA
from tests.burst.ends.vllm import ENDS as VLLM

RESPONSES = {**LLAMACPP, **OLLAMA, **VLLM}
QUEUE_FULL = "ollama/queue_full_responses.txt"
STREAMS = sorted(name for name, end in RESPONSES.items() if end.pieces)


def plan(end: End) -> BurstPlan:
    """A plan that finds nothing to remark about lengths."""
    return BurstPlan(max_tokens=5000, equal_lengths=False, stream=end.stream)


def test_every_capture_has_its_expected_end() -> None:
    """A capture that no table names, or a table's name without a capture, is an error."""
    tables = (RESPONSES, BURSTS, METRICS, PS, PULLS, KILLS, RECOGNISED, OTHERS)
    named = [name for table in tables for name in table] + [REPEATED, QUEUE_FULL]
    assert sorted(named) == sorted(captures.names())


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_response_ends_as_the_table_says(name: str) -> None:
    """Status, reason, tokens, text, error and note of each captured response."""
    end = RESPONSES[name]
    pieces, ending = captures.read(captures.backend(name), plan(end), captures.response(name))
    text = "".join(piece.text for piece in pieces) or ending.text or ""
    assert (ending.status, ending.finish_reason) == (end.status, end.finish)
    assert (ending.prompt_tokens, ending.output_tokens) == end.tokens
    assert (len(pieces), text[:14]) == (end.pieces, end.text)
    assert (ending.error, ending.note) == (end.error, end.note)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_reads_the_same_however_it_is_cut(name: str) -> None:
    """Cut once at every byte, byte by byte, and at random."""
    server, asked, whole = captures.backend(name), plan(RESPONSES[name]), captures.response(name)
    expected = captures.read(server, asked, whole)
    length, chance = len(whole.body), Random(name)
    cuts = [(at,) for at in range(0, length, max(1, length // 250))] + [(1,) * length]
    cuts += [tuple(chance.randrange(1, 60) for _ in range(length // 20)) for _ in range(5)]
    for sizes in cuts:
        assert captures.read(server, asked, whole, sizes=sizes) == expected


def test_thinking_is_told_from_the_answer() -> None:
    """Ollama's `reasoning` beside an empty `content` is thinking."""
    answer = captures.response("ollama/stream_reasoning.txt")
    pieces, _ = captures.read(captures.backend("ollama/x"), BurstPlan(), answer)
    assert len(pieces) == 6
    assert all(piece.thinking for piece in pieces)


def test_a_prompt_that_ollama_cut_is_told() -> None:
    """6,000 words were sent and usage tells 2,050 tokens."""
    asked = BurstPlan(prompt="word " * 6000, max_tokens=12, stream=False)
    answer = captures.response("ollama/err_context_too_long.txt")
    _, ending = captures.read(captures.backend("ollama/x"), asked, answer)
    assert ending.error is None
    assert ending.note == (
        "Ollama cut the prompt in silence: it read 2,050 tokens of at least 6,001;"
        " raise OLLAMA_CONTEXT_LENGTH or send less."
    )


def test_llama_cpp_times_are_seconds() -> None:
    """Its timings come in milliseconds."""
    answer = captures.response("llamacpp/stream_full.txt")
    _, ending = captures.read(captures.backend("llamacpp/x"), BurstPlan(), answer)
    times = ending.server_times or {}
    assert times == {"prefill": pytest.approx(6.22e-4), "decode": pytest.approx(0.542199)}


@pytest.mark.parametrize("name", sorted(BURSTS))
def test_burst_under_stress_ends_as_the_table_says(name: str) -> None:
    """Killed servers and a full queue: which requests ended how."""
    assert rebuilt.ends(name) == BURSTS[name]


@pytest.mark.parametrize("name", sorted(KILLS))
def test_summary_of_a_killed_burst_counts_the_same_requests(name: str) -> None:
    """The text beside each kill_*.json speaks of the same number of clients."""
    text = captures.raw(name).decode()
    groups = [int(count) for count in re.findall(r"^ +(\d+) clients:", text, re.MULTILINE)]
    lines = re.findall(r"^ +#\d+ status", text, re.MULTILINE)
    expected = BURSTS[name.replace(".txt", ".json")]
    assert (sum(groups) or len(lines)) == sum(expected.values())


@pytest.mark.parametrize("number", range(4))
def test_repeat_guard_is_named(number: int) -> None:
    """A clean end without a reason after 31 equal tokens is Ollama's guard, not a death."""
    request = rebuilt.requests(REPEATED)[number]
    texts = [text for text, count in REPEATS[number] for _ in range(count)]
    assert len("".join(texts)) == request.chars
    assert "".join(texts).startswith(request.text)
    token = texts[-1].strip()
    assert rebuilt.ending(REPEATED, request, texts).error == (
        f"Ollama ended the answer in silence because a token repeated more than 30 times"
        f" (“{token}”, 31 times); set a temperature above 0."
    )


def test_full_queue_is_told_by_both_interfaces() -> None:
    """503 with a nested and with a plain error; the answers in this capture are cut."""
    text = captures.raw(QUEUE_FULL).decode()
    found = re.findall(r"^(\d{3}) \{.*?\} (\{.*)$", text, re.MULTILINE)
    errors = []
    for status, body in found:
        answer = Response(int(status), "application/json", body.encode())
        _, ending = captures.read(
            captures.backend(QUEUE_FULL), BurstPlan(stream=False), answer, "reset"
        )
        errors.append(ending.error or "")
    busy = [error for error in errors if error.startswith("HTTP 503: server busy, please try")]
    assert len(busy) == text.count("server busy") == 14
    assert len(errors) == 24
    assert all(errors)
    assert all(error.endswith("or raise OLLAMA_MAX_QUEUE.") for error in busy)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_gauges_are_read(name: str) -> None:
    """Running, waiting and KV usage; exact names, not what only begins like them."""
    profile = PROFILES[captures.backend(name).engine]
    data = captures.raw(name).decode()
    reads = [path.read for path in profile.gauges if path.path == "/metrics"]
    told = [read(data, None) for read in reads]
    loads = [(gauges.running, gauges.waiting, gauges.kv_usage) for gauges in told] or [NONE]
    assert loads == [METRICS[name]]


@pytest.mark.parametrize("name", sorted(KV_TOKENS))
def test_kv_capacity_is_read(name: str) -> None:
    """From the labels of cache_config_info."""
    answers = {"/metrics": Answer(200, {}, captures.raw(name))}
    assert PROFILES["vllm"].facts(answers, None).kv_tokens == KV_TOKENS[name]


@pytest.mark.parametrize("name", sorted(PS))
def test_loaded_models_are_read(name: str) -> None:
    """Name, context and quantisation from /api/ps."""
    loaded = ollama.loaded_models(captures.response(name).body)
    assert loaded is not None
    facts = tuple((m.name, m.context_length, m.details.quantization_level) for m in loaded)
    assert facts == PS[name]


@pytest.mark.parametrize("name", sorted(PULLS))
def test_pull_is_followed_to_its_end(name: str) -> None:
    """Success is only its last line; errors come under HTTP 200 too."""
    done, words, total = PULLS[name]
    progress = PullProgress()
    for line in captures.raw(name).decode().splitlines()[1:]:
        progress.feed(line.partition("{")[1].encode() + line.partition("{")[2].encode())
    assert (progress.done, progress.total_bytes) == (done, total)
    assert (words or "") in (progress.error or "")
    assert (progress.error is None) is (words is None)
    assert progress.completed_bytes <= progress.total_bytes
