"""Slots as llama.cpp's server tells them, alone and inside Ollama."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from burstview_engines.launch.slot_lines import (
    SlotBook,
    SlotProgress,
    SlotPrompt,
    SlotReleased,
    SlotsGone,
    SlotsIdle,
    SlotsMade,
    SlotStarted,
    SlotUse,
    slot_event,
)
from tests.launch import logs

TRACES = Path(__file__).parents[1] / "data" / "traces"


class _Burst(msgspec.Struct):
    max_tokens: int
    requests: list[msgspec.Raw]


def traced(name: str) -> Counter[int]:
    """Requests of a trace, by the length of their answers."""
    with gzip.open(TRACES / f"ollama-0.6b-q4-{name}.jsonl.gz") as lines:
        bursts = [msgspec.json.decode(line, type=_Burst) for line in lines]
    return Counter(
        {n: sum(len(b.requests) for b in bursts if b.max_tokens == n) for n in (32, 128)}
    )


def book_of(text: str) -> SlotBook:
    """After all lines."""
    book = SlotBook()
    for line in text.split("\n"):
        book.feed(line)
    return book


@pytest.mark.parametrize(
    ("name", "traces", "others"),
    [
        ("np1", ("np1-cold", "np1"), 16),  # a burst of 16 x 256 tokens that no trace holds
        ("np4", ("np4",), 1),  # a request of 8 tokens that loaded the model
    ],
)
def test_every_start_and_release_of_a_real_ollama_is_seen(
    name: str, traces: tuple[str, ...], others: int
) -> None:
    """As many as its access log counts, and as the traces of the same bursts hold."""
    text = logs.log(f"ollama-{name}")
    book = book_of(text)
    assert book.starts == text.count("| processing task") == text.count("processing task, is_child")
    assert book.releases == text.count("| stop processing: n_tokens")
    served = [line for line in text.split("\n") if line.startswith("[GIN]") and "POST" in line]
    requests = sum((traced(trace) for trace in traces), Counter[int]())
    assert book.starts == book.releases == len(served) == requests.total() + others
    assert (book.running, book.lost, book.seats) == ((), 0, int(name[2:]))


def test_each_request_of_a_real_ollama_tells_its_prompt() -> None:
    """After its start and before its release, in the same slot."""
    open_tasks: dict[int, int | None] = {}
    prompts = 0
    for line in logs.log("ollama-np4").split("\n"):
        match slot_event(line):
            case SlotStarted(slot, task):
                assert open_tasks.get(slot) is None
                open_tasks[slot] = task
            case SlotPrompt(slot, task, prompt_tokens, context_tokens):
                assert open_tasks[slot] == task
                assert 0 < prompt_tokens < context_tokens == 4096
                prompts += 1
            case SlotReleased(slot, task):
                assert open_tasks[slot] == task
                open_tasks[slot] = None
            case _:
                pass
    assert prompts == 171
    assert set(open_tasks) == {0, 1, 2, 3}


def test_more_than_the_seats_never_run_at_once() -> None:
    """Four slots, all four of them in use at times."""
    book, most = SlotBook(), 0
    for line in logs.log("ollama-np4").split("\n"):
        book.feed(line)
        most = max(most, len(book.running))
    assert most == book.seats == 4


@pytest.mark.parametrize("word", ["n_gen", "n_decoded"])
def test_progress_is_read_in_its_old_and_its_new_form(word: str) -> None:
    """The word changed between versions of llama.cpp."""
    line = f"slot print_timing: id  2 | task 12 | {word} =    123, tg = 181.20 t/s, tg_3s = 180.1"
    assert slot_event(line) == SlotProgress(2, 12, 123, 181.2)


def test_real_progress_is_read() -> None:
    """With llama.cpp's own clock before it."""
    lines = [x for x in logs.log("llamacpp-np8").split("\n") if "n_gen =" in x]
    events = [slot_event(line) for line in lines]
    assert len(events) > 5
    assert all(isinstance(event, SlotProgress) for event in events)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("slot launch_slot_: id  0 | task 12 | processing task, is_child = 0", SlotStarted(0, 12)),
        (
            "0.00.922.936 I slot      release: id  3 | task 0 | stop processing: n_tokens = 16,"
            " truncated = 1",
            SlotReleased(3, 0, 16, True),
        ),
        (
            "slot   operator(): id  0 | task 0 | new prompt, n_ctx_slot = 40960, n_keep = 4,"
            " task.n_tokens = 23",
            SlotPrompt(0, 0, 23, 40_960),
        ),
        (
            "srv    load_model: initializing, n_slots = 4, n_ctx_slot = 4096, kv_unified = 'false'",
            SlotsMade(4, 4096),
        ),
        ("slot get_availabl: id  0 | task -1 | selected slot by LRU, t_last = -1", None),
        ("slot print_timing: id  0 | task 33 | graphs reused =         61", None),
        ("slot x: id  0 | task 12 | n_gen = 3, tg = 1.2.3 t/s", None),
        ("srv  update_slots: all slots are idle", SlotsIdle()),
        ("0.00.922.936 I srv  update_slots: all slots are idle", SlotsIdle()),
        ("srv    operator(): operator(): cleaning up before exit...", SlotsGone()),
        (
            "time=2026-11-23T15:31:12.971Z level=WARN source=llama_server.go:1196"
            ' msg="llama-server process no longer running" sys=9 string="signal: killed"',
            SlotsGone(),
        ),
        ("he said srv  update_slots: all slots are idle", None),
        ("", None),
    ],
)
def test_a_line_tells_one_event_or_none(line: str, event: object) -> None:
    """Whatever function prints it."""
    assert slot_event(line) == event


def test_the_book_knows_who_sits_where() -> None:
    """And how far, where the log says it."""
    book = SlotBook()
    book.feed("slot launch_slot_: id  1 | task 7 | processing task, is_child = 0")
    book.feed("slot x: id  1 | task 7 | new prompt, n_ctx_slot = 64, n_keep = 4, task.n_tokens = 9")
    book.feed("slot x: id  1 | task 7 | n_gen = 30, tg = 10.0 t/s, tg_3s = 10.0 t/s")
    book.feed("slot launch_slot_: id  0 | task 8 | processing task, is_child = 0")
    assert book.running == (SlotUse(0, 8), SlotUse(1, 7, 9, 30, 10.0))


def test_whoever_follows_from_the_middle_sees_the_running_ones_when_they_speak() -> None:
    """A release without its start is counted, but frees no one else's slot."""
    book = SlotBook()
    book.feed("slot x: id  1 | task 7 | n_gen = 30, tg = 10.0 t/s, tg_3s = 10.0 t/s")
    assert [use.task for use in book.running] == [7]
    book.feed("slot release: id  0 | task 3 | stop processing: n_tokens = 5, truncated = 0")
    assert (book.starts, book.releases, len(book.running)) == (0, 1, 1)


def test_requests_whose_runner_was_killed_are_lost_not_running_for_ever() -> None:
    """Their slots go when the model is loaded again."""
    book = book_of(logs.log("ollama-runner-killed"))
    assert book.lost > 0
    assert book.starts == book.releases + book.lost
    assert book.running == ()


def test_quoted_prompts_are_no_events() -> None:
    """A user may write what looks like a line of the log."""
    said = "x" * 500 + "slot a: id  0 | task 1 | processing task"
    assert slot_event(said) is None
