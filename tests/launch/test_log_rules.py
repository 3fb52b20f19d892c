"""Each rule is tried on lines of real engines; those that no real line tells are listed."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator

import pytest

from burstview_engines.launch.hints import hints_of
from burstview_engines.launch.log_facts import FACT_GROUPS
from burstview_engines.launch.log_reader import NOISE
from burstview_engines.launch.log_rules import found_in, told
from burstview_engines.launch.profile import FailureRule, PhaseRule
from tests.launch import logs

UNVERIFIED = {
    ("vllm", "version"),
    ("vllm", "download"),
    ("vllm", "compiled-before"),
    ("vllm", "gpu-memory-taken"),
    ("vllm", "gpu-memory-changed"),
    ("vllm", "no-room-for-kv-cache"),
    ("vllm", "cuda-out-of-memory"),
    ("vllm", "no-gpu"),
    ("vllm", "old-driver"),
    ("vllm", "too-few-gpus"),
    ("ollama", "one-seat-only"),
    ("ollama", "context-reduced"),
    ("ollama", "model-evicted"),
    ("ollama", "no-network"),
    ("ollama", "disk-full"),
    ("llamacpp", "download"),
    ("llamacpp", "gated-model"),
    ("llamacpp", "unknown-model"),
    ("llamacpp", "cuda-error"),
    ("llamacpp", "disk-full"),
    ("llamacpp", "engine-died"),
    *(("sglang", rule) for rule in ("arguments", "load", "shards", "loaded", "kv", "graphs")),
    *(("sglang", rule) for rule in ("graphs-done", "limits", "ready", "no-room-for-kv-cache")),
    *(("sglang", rule) for rule in ("cuda-out-of-memory", "gated-model", "unknown-model")),
    *(("sglang", rule) for rule in ("offline-weights-missing", "port-taken", "disk-full")),
    *(("sglang", rule) for rule in ("engine-stuck", "engine-error")),
}
"""(engine, rule) with no line of a real engine, nor a sample. Of some kinds another is verified."""

Rule = PhaseRule | FailureRule


def name_of(rule: Rule) -> str:
    """Of a phase its name, of a failure its kind."""
    return rule.name if isinstance(rule, PhaseRule) else rule.kind


def tells(rule: Rule, line: str) -> bool:
    """Whether the reader would act on the line by this rule."""
    if isinstance(rule, FailureRule):
        return found_in(rule, 0, line) is not None
    return rule.pattern.search(line) is not None


def all_rules() -> Iterator[tuple[str, Rule]]:
    """Of all engines."""
    for engine, rules in logs.RULES.items():
        for rule in (*rules.phases, *rules.failures):
            yield engine, rule


RULES = [pytest.param(e, r, id=f"{e}-{name_of(r)}") for e, r in all_rules()]


@pytest.mark.parametrize(("engine", "rule"), RULES)
def test_a_rule_is_verified_if_and_only_if_a_real_line_or_a_sample_tells_it(
    engine: str, rule: Rule
) -> None:
    """Nobody marks a guess as verified, or forgets to when a real line comes in."""
    lines = (*logs.telling_lines(engine), *logs.samples())
    assert any(tells(rule, line) for line in lines) == rule.verified


def test_the_unverified_rules_are_known_by_name() -> None:
    """A new one must be added here, so that the list stays true."""
    assert {(engine, name_of(rule)) for engine, rule in all_rules() if not rule.verified} == (
        UNVERIFIED
    )


def test_each_unverified_rule_is_tried_on_a_line_from_the_engines_source() -> None:
    """It is no proof that the engine prints it, but the pattern fits the words in its source."""
    untried = Counter((e, name_of(r)) for e, r in all_rules() if not r.verified)
    for engine, name, line in logs.quoted():
        rules = [r for e, r in all_rules() if e == engine and name_of(r) == name]
        assert any(tells(rule, line) for rule in rules if not rule.verified), (engine, name)
        untried[(engine, name)] -= 1
    assert not +untried


@pytest.mark.parametrize(("engine", "rule"), RULES)
def test_a_rule_tells_its_hints_truly(engine: str, rule: Rule) -> None:
    """Each has hints, or the reader would try all rules on all lines; and no match lacks them."""
    hints = hints_of(rule.pattern)
    assert hints
    lines = (*logs.real_lines(engine), *(line for e, _, line in logs.quoted() if e == engine))
    for line in lines:
        if rule.pattern.search(line):
            assert any(hint in line for hint in hints), line


@pytest.mark.parametrize("engine", list(logs.RULES))
def test_what_is_passed_over_as_noise_tells_nothing(engine: str) -> None:
    """Most lines are sorted out by this alone."""
    rules = logs.RULES[engine]
    passed = [x for x in logs.telling_lines(engine) if any(noise in x for noise in NOISE)]
    told = [r for r in (*rules.phases, *rules.failures) for x in passed if tells(r, x)]
    assert not told


@pytest.mark.parametrize(("engine", "rule"), RULES)
def test_sentences_and_words_name_only_what_the_pattern_finds(engine: str, rule: Rule) -> None:
    """Else showing them would fail; figures are tried with the line that tells the rule."""
    groups = set(rule.pattern.groupindex)
    if isinstance(rule, PhaseRule):
        assert _fields(rule.words) <= groups
        assert groups <= FACT_GROUPS | {"percent", "done", "total", "file"}
        return
    given = groups | _figures(engine, rule)
    assert _fields(rule.sentence) | _fields(rule.step) <= given
    assert rule.sentence.endswith((".", "{what}"))
    assert rule.step.endswith(".")
    assert re.fullmatch(r"[a-z][a-z0-9-]*", rule.kind)


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _figures(engine: str, rule: FailureRule) -> set[str]:
    if rule.figures is None:
        return set()
    lines = (*logs.telling_lines(engine), *(line for e, _, line in logs.quoted() if e == engine))
    for line in lines:
        match = rule.pattern.search(line)
        if match and (figures := rule.figures(told(match.groupdict()))) is not None:
            return set(figures)
    raise AssertionError("no line tries its figures")
