"""One sentence on why an engine died, from the best witness."""

from __future__ import annotations

import pytest

from burstview_engines.launch.death import why
from tests.launch import logs

QUIET = "INFO: Started server process [7]"
PRECISE = "ValueError: No available memory for the cache blocks."
GENERIC = "RuntimeError: Engine core initialization failed. See root cause above."
LOADING = "Starting to load model /srv/m/0.6b..."


def test_a_cause_in_the_log_comes_before_all_else() -> None:
    """Also before the daemon's word that memory was the end of it."""
    reader = logs.read("vllm", PRECISE)
    assert why(137, True, "boom", reader).kind == "no-room-for-kv-cache"


def test_the_memory_limit_is_more_precise_than_a_generic_line() -> None:
    """The engine itself only saw a child go."""
    failure = why(137, True, "", logs.read("vllm", f"{LOADING}\n{GENERIC}"))
    assert failure.kind == "host-out-of-memory"
    assert "while loading weights" in failure.sentence
    assert failure.step.startswith("Raise its container's memory limit")


def test_what_the_daemon_says_is_passed_on() -> None:
    """Harmless, and whole in the details."""
    failure = why(128, False, "driver failed\x1b[31m: port\nis taken", None)
    assert failure.kind == "not-started"
    assert failure.sentence == "The daemon could not start it: driver failed: port is taken"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (125, "bad-command"),
        (126, "bad-command"),
        (127, "bad-command"),
        (128, "bad-command"),
        (129, "stopped"),
        (130, "stopped"),
        (132, "wrong-machine"),
        (134, "crashed"),
        (135, "shared-memory-full"),
        (137, "killed"),
        (139, "crashed"),
        (143, "stopped"),
        (-9, "killed"),
        (-15, "stopped"),
        (0, "ended"),
        (1, "ended"),
        (160, "ended"),
        (255, "ended"),
        (None, "ended"),
    ],
)
def test_each_exit_code_has_a_sentence_and_a_step(code: int | None, kind: str) -> None:
    """Docker and shells count signals from 128 on, Python below zero."""
    failure = why(code, False, "", logs.read("vllm", QUIET))
    assert failure.kind == kind
    assert failure.sentence[0].isupper()
    assert failure.step.endswith(".")
    assert "{" not in failure.sentence


def test_a_signal_says_more_than_a_generic_line_and_this_more_than_exit_code_1() -> None:
    """Each in its turn."""
    reader = logs.read("vllm", GENERIC)
    assert why(139, False, "", reader).kind == "crashed"
    assert why(1, False, "", reader).kind == "engine-died"


def test_who_tells_nothing_is_quoted() -> None:
    """The last line in the sentence, a few in the details."""
    failure = why(3, False, "", logs.read("vllm", "one\ntwo\nthree\nfour\nfive\nsix"))
    assert failure.sentence == "It ended with exit code 3 without telling why; it last said: six"
    assert failure.detail.split("\n") == ["two", "three", "four", "five", "six"]


def test_who_left_no_word_is_said_to_have_left_none() -> None:
    """With or without a log."""
    for reader in (None, logs.read("vllm", "")):
        assert why(1, False, "", reader).sentence == (
            "It ended with exit code 1 and left no word in its log."
        )


def test_a_real_death_by_signal_in_the_log_of_vllm_names_it() -> None:
    """Its worker was killed; the API server then ended with 1."""
    failure = why(1, False, "", logs.read("vllm", logs.log("vllm-worker-killed")))
    assert failure.kind == "worker-killed"
    assert "signal 9" in failure.sentence
