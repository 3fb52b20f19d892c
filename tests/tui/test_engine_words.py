"""Managed engines in words: status, countdown, endings, notes, steps, figures."""

from __future__ import annotations

import pytest
from tests.tui.scripted_control import (
    FAILED,
    FOREIGN,
    OLLAMA_READY,
    READY,
    STARTING,
    STOPPED,
    THEIRS,
    USED,
    changed,
)

from burstview import engine_rules, engine_words
from burstview.engine_cells import cells_of
from burstview.engine_facts import facts_of
from burstview.engine_list import in_order, neighbour
from burstview.engine_said import failure_of, offers_of, partly_on_cpu, state_of
from burstview.engine_steps import phases_of, steps_of
from burstview_engines.core.managed import EngineFacts, ManagedEngine
from burstview_engines.core.views import EngineView


def text(said: tuple[tuple[str, str], ...]) -> str:
    """The words without their looks."""
    return "".join(piece for piece, _ in said)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "—"),
        (0.0, "0 s"),
        (59.9, "59 s"),
        (60.0, "1 m 00 s"),
        (3_725.0, "1 h 02 m"),
        (100_000.0, "1 d 03 h"),
    ],
)
def test_clocks_count_whole_seconds(seconds: float | None, words: str) -> None:
    """A clock that runs shows no fractions."""
    assert engine_words.duration(seconds) == words


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (STARTING, "≈ 48 s left of 1 m 35 s"),
        (changed(STARTING, started_at=-107.0), "12 s longer than the last time (1 m 35 s)"),
        (
            changed(STARTING, expected_seconds=None, is_first_start=True),
            "first start of this spec: no estimate",
        ),
        (changed(STARTING, expected_seconds=None), "no estimate"),
        (changed(STARTING, started_at=None), "no estimate"),
    ],
)
def test_the_countdown_says_what_it_rests_on(engine: ManagedEngine, words: str) -> None:
    """The last start of the same spec; without one there is no guess."""
    assert engine_words.countdown(engine, 0.0) == words


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (STARTING, "◐ loading weights · 47 s so far · ≈ 48 s left of 1 m 35 s"),
        (READY, "● ready · up 12 m 34 s"),
        (OLLAMA_READY, "● ready · up 2 h 01 m · 2 restarts"),
        (changed(READY, status="running"), "◌ no answer · it runs, but its HTTP does not answer"),
        (changed(READY, status="stopping"), "▽ stopping · x again offers to kill it"),
        (changed(READY, status="stopping", words="3 of 10 s"), "▽ stopping · 3 of 10 s"),
        (STOPPED, "□ stopped · exit code 0"),
        (FAILED, "✗ failed · exit code 1"),
        (
            changed(FAILED, oom_killed=True, exit_code=137),
            "killed by the system for want of memory · exit code 137",
        ),
        (changed(READY, status="unknown"), "? unknown · the daemon cannot be asked"),
        (changed(READY, status="paused"), "‖ paused"),
        (changed(STARTING, status="pulling", phase=None), "↓ pulling the image"),
    ],
)
def test_the_state_is_a_glyph_and_words(engine: ManagedEngine, words: str) -> None:
    """Readable without colour, with what matters in that state."""
    assert words in text(state_of(engine, 0.0, ""))


def test_every_status_has_a_shape_of_its_own() -> None:
    """No two look the same without colour."""
    marks = list(engine_words.MARKS.values())
    assert len(set(marks)) == len(marks)


def test_a_stalled_download_is_a_state_of_its_own() -> None:
    """Another glyph, another tone, and a step that says so."""
    engine = changed(STARTING, phase="download stalled", phase_since=-25.0)
    assert text(state_of(engine, 0.0, "")).startswith(" ‖ download stalled")
    assert engine_words.tone(engine) == "warn"
    steps = {step.words: step.state for step in steps_of(engine, 0.0)}
    assert steps["download stalled 25 s"] == "stalled"
    assert steps["booting"] == "done"
    assert steps["loading weights"] == "left"


def test_steps_tell_what_is_done_what_goes_on_and_what_is_left() -> None:
    """In the engine's order, with the clock of the present one."""
    steps = steps_of(STARTING, 0.0)
    assert [step.words for step in steps if step.state == "now"] == ["loading weights 12 s"]
    assert [step.words for step in steps if step.state == "done"] == [
        "checking",
        "pulling image",
        "creating",
        "booting",
        "downloading weights",
    ]
    assert steps[-1] == ("ready", "left")


@pytest.mark.parametrize(
    ("engine", "absent"),
    [
        (
            changed(STARTING, options={"enforce-eager": "on"}),
            {"compiling", "capturing CUDA graphs"},
        ),
        (changed(STARTING, place="process"), {"pulling image", "creating"}),
        (changed(FOREIGN, status="starting"), {"downloading weights", "compiling"}),
    ],
)
def test_steps_leave_out_what_this_start_does_not_do(
    engine: ManagedEngine, absent: set[str]
) -> None:
    """By engine, place and options."""
    assert absent.isdisjoint(phases_of(engine))


def test_a_phase_that_was_not_expected_is_shown_all_the_same() -> None:
    """The log is right, not the list."""
    engine = changed(FOREIGN, status="starting", phase="compiling")
    assert "compiling" in phases_of(engine)


def test_a_failed_start_marks_the_step_at_which_it_failed() -> None:
    """And an engine that is up has no steps."""
    states = {step.words: step.state for step in steps_of(FAILED, 0.0)}
    assert states["profiling memory"] == "failed"
    assert steps_of(READY, 0.0) == ()
    assert steps_of(STOPPED, 0.0) == ()


def test_a_failure_is_a_sentence_with_the_next_step_and_its_own_words_on_demand() -> None:
    """The raw words only when asked for, without their control sequences."""
    failure = changed(FAILED.failure, detail="\x1b[31mValueError\x1b[0m: no room\nmore")
    engine = changed(FAILED, failure=failure)
    short, long = (text(failure_of(engine, in_detail=shown)) for shown in (False, True))
    assert "✗ The KV cache has room for 12,288 tokens" in short
    assert "→ Lower max-model-len to 12288" in short
    assert "d shows its own words" in short
    assert "ValueError" not in short
    assert "ValueError: no room\n more" in long
    assert "\x1b" not in long


def test_a_model_on_the_cpu_is_marked() -> None:
    """Partly, wholly, by layers; and not at all where it is whole."""
    assert "partly on the CPU: 71% of it on GPUs" in text(partly_on_cpu(OLLAMA_READY))
    assert "on the CPU, all of it" in text(partly_on_cpu(changed(OLLAMA_READY, on_gpu=0.0)))
    by_layers = changed(OLLAMA_READY, on_gpu=None)
    assert "partly on the CPU" in text(partly_on_cpu(by_layers))
    assert partly_on_cpu(READY) == ()


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (STARTING, "loading weights ≈ 48 s"),
        (FAILED, "kv-cache-too-small"),
        (OLLAMA_READY, "partly on the CPU · 2 restarts · differs: 1"),
        (READY, ""),
    ],
)
def test_the_note_is_the_weightiest_thing(engine: ManagedEngine, words: str) -> None:
    """Progress, failure, or what is odd."""
    assert engine_words.note(engine, 0.0) == words


def test_cells_say_a_dash_for_what_is_unknown() -> None:
    """Never a nought."""
    cells = cells_of(EngineView(changed(STOPPED, gpus=None, model=None)), 0.0)
    shown = {name: "".join(run.text for run in runs) for name, runs in cells.items()}
    unknown = ("Model", "Port", "GPUs", "CPU", "Memory", "Up")
    assert {shown[name] for name in unknown} == {"—"}


def test_figures_tell_memory_seats_options_and_place() -> None:
    """What is known; the rest is left out."""
    facts = dict(facts_of(EngineView(READY, USED)))
    assert facts["memory"] == "weights 1.1 GiB · KV cache 611,808 tokens, 65.0 GiB"
    assert facts["serves"].startswith("128 requests at once · context 4,096 tokens")
    assert facts["options"] == "max-num-seqs 128 · gpu-memory-utilization 0.6"
    assert facts["traffic"].startswith("network 12.3 MiB in, 3.0 MiB out")
    assert "container 4f3a1b2c9d0e · http://127.0.0.1:8000" in facts["where"]
    assert dict(facts_of(EngineView(changed(READY, facts=EngineFacts(), options={})))).keys() == {
        "where"
    }


def test_engines_that_can_be_changed_come_first() -> None:
    """Each group as it appeared, so that nothing jumps."""
    views = [EngineView(engine) for engine in (FOREIGN, READY, THEIRS, STOPPED)]
    names = [view.engine.name for view in in_order(views)]
    assert names == ["burstview-ai-vllm", "llama", "ollama", "burstview-anna-sglang"]


def test_the_selection_stays_or_goes_to_what_took_its_place() -> None:
    """Also at the end, and when nothing is left."""
    views = [EngineView(engine) for engine in (READY, STOPPED)]
    keys = [READY.key, "gone", STOPPED.key]
    assert neighbour(STOPPED.key, keys, views) == STOPPED.key
    assert neighbour("gone", keys, views) == STOPPED.key
    assert neighbour("gone", ["gone"], views) == READY.key
    assert neighbour("gone", keys, []) is None


LIVE = {
    "start": (STOPPED, FAILED),
    "stop": (STARTING, READY),
    "cancel": (changed(STARTING, status="pulling"),),
    "kill": (STARTING, READY, changed(READY, status="stopping")),
    "restart": (STARTING, READY),
    "remove": (STARTING, READY, STOPPED, FAILED),
}


@pytest.mark.parametrize("wish", LIVE)
def test_wishes_fit_the_state_and_the_owner(wish: engine_rules.Wish) -> None:
    """Never of foreign engines, never when read-only, never when the daemon cannot be asked."""
    for engine in LIVE[wish]:
        assert engine_rules.may(wish, engine, False)
        assert engine_rules.may(wish, changed(engine, owner="adopted"), False)
        assert not engine_rules.may(wish, engine, True)
        assert not engine_rules.may(wish, changed(engine, owner="foreign"), False)
        assert not engine_rules.may(wish, changed(engine, owner="theirs"), False)
        assert not engine_rules.may(wish, changed(engine, status="unknown"), False)


def test_only_others_engines_are_adopted() -> None:
    """And only once there is a container to remember."""
    assert engine_rules.may("adopt", FOREIGN, False)
    assert engine_rules.may("adopt", THEIRS, False)
    assert not engine_rules.may("adopt", READY, False)
    assert not engine_rules.may("adopt", FOREIGN, True)
    assert not engine_rules.may("adopt", changed(FOREIGN, id=None), False)


def test_offers_say_why_an_engine_is_read_only() -> None:
    """And how that is changed; not where nothing may be changed at all."""
    assert "started without burstview" in text(offers_of(FOREIGN, False, True))
    assert "belongs to anna" in text(offers_of(THEIRS, False, True))
    assert "a adopt it" in text(offers_of(FOREIGN, False, True))
    assert "a adopt it" not in text(offers_of(FOREIGN, True, True))
    assert "f fire at it" not in text(offers_of(READY, False, False))
    assert "K kill" in text(offers_of(changed(READY, status="stopping"), False, False))
