"""Rules for logs, and the failures that single lines tell by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from burstview_engines.core.managed import Failure
from burstview_engines.core.text import one_line
from burstview_engines.launch.log_pieces import pieces
from burstview_engines.launch.profile import FailureRule, PhaseRule

SHOWN = 300
"""Characters of a line that are kept for people."""


class Rules(Protocol):
    """What is to be recognised: a `LaunchProfile`, or a `RuleSet`."""

    @property
    def phases(self) -> tuple[PhaseRule, ...]:
        """Each is tried on each line."""

    @property
    def failures(self) -> tuple[FailureRule, ...]:
        """Of generic ones, and of one kind, an earlier rule is the more precise."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules without the rest of a profile."""

    phases: tuple[PhaseRule, ...] = ()
    failures: tuple[FailureRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One failure or warning with the rule that told it."""

    failure: Failure
    rule: FailureRule
    at: int
    """Of the rule among the rules."""

    @property
    def rank(self) -> tuple[bool, int]:
        """Smaller is more precise."""
        return self.rule.is_generic, self.at

    @property
    def cause_rank(self) -> tuple[bool, int]:
        """Precise ones are equal: the first that is told led to the others."""
        return self.rule.is_generic, self.at if self.rule.is_generic else 0


def failure_in(text: str, rules: Rules) -> Failure | None:
    """The most precise failure or warning that an engine's answer tells, if any."""
    found = [
        one
        for line in pieces(text)
        for at, rule in enumerate(rules.failures)
        if (one := found_in(rule, at, line))
    ]
    return min(found, key=lambda one: one.rank).failure if found else None


def found_in(rule: FailureRule, at: int, line: str) -> Found | None:
    """What one rule makes of a line; `at` is its place among the rules."""
    match = rule.pattern.search(line)
    if match is None:
        return None
    groups = told(match.groupdict())
    figures = rule.figures(groups) if rule.figures else {}
    if figures is None:
        return None
    values = {**groups, **figures}
    failure = Failure(
        kind=rule.kind,
        sentence=rule.sentence.format_map(values),
        step=rule.step.format_map(values),
        detail=one_line(line, SHOWN),
    )
    return Found(failure, rule, at)


def told(groups: Mapping[str, str | None]) -> dict[str, str]:
    """Harmless and short; a group that took no part is empty."""
    return {name: one_line(text or "", 120) for name, text in groups.items()}
