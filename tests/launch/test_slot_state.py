"""Who is in which slot, as real logs of Ollama tell it."""

from __future__ import annotations

import pytest

from burstview_engines.core.engine_gauges import Slot
from burstview_engines.launch.slot_state import NOISE, SlotState
from tests.launch import logs

MADE = "srv    load_model: initializing, n_slots = 2, n_ctx_slot = 4096, kv_unified = 'false'"
STARTED = "slot launch_slot_: id  1 | task 7 | processing task, is_child = 0"
PROMPT = "slot x: id  1 | task 7 | new prompt, n_ctx_slot = 4096, n_keep = 4, task.n_tokens = 9"
RELEASED = "slot release: id  1 | task 7 | stop processing: n_tokens = 40, truncated = 0"
IDLE = "srv  update_slots: all slots are idle"


def fed(*lines: str) -> SlotState:
    """With these lines."""
    state = SlotState()
    for line in lines:
        state.feed(line)
    return state


@pytest.mark.parametrize(("name", "seats"), [("ollama-np1", 1), ("ollama-np4", 4)])
def test_a_real_log_fills_all_slots_and_never_more(name: str, seats: int) -> None:
    """And ends with none in use."""
    state = SlotState()
    most = 0
    for line in logs.log(name).split("\n"):
        if state.feed(line):
            assert state.running is not None
            assert state.slots is None or len(state.slots) == state.seats
            most = max(most, state.running)
    assert (most, state.running) == (seats, 0)


@pytest.mark.parametrize("name", ["ollama-np4", "ollama-runner-killed", "ollama-runner-terminated"])
def test_nothing_that_tells_of_slots_is_called_noise(name: str) -> None:
    """Without the noise the same is told; of a busy log it is nearly all."""
    lines = logs.log(name).split("\n")
    quiet = [line for line in lines if not line.encode().startswith(NOISE)]
    assert _told(quiet) == _told(lines)
    if name == "ollama-np4":
        assert len(quiet) < len(lines) / 10


def _told(lines: list[str]) -> list[object]:
    state = SlotState()
    return [(state.running, state.slots) for line in lines if state.feed(line)]


def test_a_request_takes_a_slot_and_leaves_its_tokens_in_it() -> None:
    """What a busy slot uses is not told, only how long its prompt is."""
    state = fed(MADE)
    assert (state.running, state.seats, state.context_tokens) == (0, 2, 4096)
    assert state.slots == (
        Slot(id=0, context_tokens=4096, used_tokens=0),
        Slot(id=1, context_tokens=4096, used_tokens=0),
    )
    state.feed(STARTED)
    state.feed(PROMPT)
    assert state.running == 1
    assert state.slots is not None
    assert state.slots[1] == Slot(id=1, is_busy=True, task=7, context_tokens=4096, prompt_tokens=9)
    state.feed(RELEASED)
    assert state.running == 0
    assert state.slots == (
        Slot(id=0, context_tokens=4096, used_tokens=0),
        Slot(id=1, context_tokens=4096, used_tokens=40),
    )


def test_what_an_idle_slot_holds_is_not_known_once_another_began() -> None:
    """It may have been saved and emptied."""
    state = fed(MADE, STARTED, RELEASED)
    state.feed("slot launch_slot_: id  0 | task 9 | processing task, is_child = 0")
    assert state.slots is not None
    assert state.slots[1].used_tokens is None


def test_from_the_middle_of_a_log_nothing_is_sure_until_all_are_idle() -> None:
    """The number of slots stays unknown."""
    state = fed(STARTED, PROMPT)
    assert (state.running, state.slots) == (None, None)
    assert state.feed(RELEASED) is False
    assert state.feed(IDLE) is True
    state.feed(STARTED)
    assert (state.running, state.seats, state.slots) == (1, None, None)


@pytest.mark.parametrize("name", ["ollama-runner-killed", "ollama-runner-terminated"])
def test_a_runner_that_ended_takes_its_slots_along(name: str) -> None:
    """Killed or told to end: nobody runs in it any more, and its slots are no more."""
    state = SlotState()
    told = [
        (state.running, state.seats, state.slots)
        for line in logs.log(name).split("\n")
        if state.feed(line)
    ]
    ends = [(running, seats) for running, seats, slots in told if slots is None]
    assert ends
    assert set(ends) == {(0, None)}
