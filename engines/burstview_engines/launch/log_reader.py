"""Reads an engine's log as it comes: how far it is, what it has, what went wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

from burstview_engines.core.managed import EngineFacts, Failure, LaunchPhase
from burstview_engines.core.text import one_line
from burstview_engines.launch.hints import hints_of
from burstview_engines.launch.log_facts import number, of_engine, with_facts
from burstview_engines.launch.log_pieces import pieces
from burstview_engines.launch.log_rules import SHOWN, Found, Rules, found_in, told
from burstview_engines.launch.profile import FailureRule, PhaseRule

LAST_LINES = 20
NOISE = ("- prompt ", "| task ", 'HTTP/1.1" ', " tokens/s, Running: ")
"""Most lines of a log hold one of these: what engines say of requests, by no rule's words."""
_WARNINGS = 8
"""More are noise: the oldest goes."""
_UP: tuple[LaunchPhase, ...] = ("opening HTTP", "ready")
"""Whoever comes this far had no failure."""
_RANKS: dict[LaunchPhase, int] = {phase: at for at, phase in enumerate(get_args(LaunchPhase))}
_RANKS["profiling memory"] = _RANKS["compiling"]  # vLLM compiles while it measures,
_RANKS["downloading weights"] = _RANKS["loading weights"]  # and downloads after it says "load"


class LogReader:
    """Folds the lines of one engine's runs. A line that tells nothing costs about 1 µs."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._hints = _hints(rules.phases, rules.failures)
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._forget()

    def feed(self, text: str) -> bool:
        """Read one or more whole lines; whether anything but `last_lines` changed."""
        changed = False
        for line in pieces(text):
            self._last.append(line)
            if self._may_tell(line) and self._read(line):
                changed = True
        return changed

    @property
    def phase(self) -> LaunchPhase | None:
        """The furthest that was told; `ready` only of an Ollama's loaded model, else HTTP tells."""
        return self._phase

    @property
    def fraction(self) -> float | None:
        """Of the phase, 0 to 1, where a line tells."""
        return self._fraction

    @property
    def words(self) -> str:
        """`1 of 2 shards`; empty where the phase says it all."""
        return self._words

    @property
    def facts(self) -> EngineFacts:
        """What it told of itself; with several models in an Ollama, of the one loaded last."""
        return self._facts

    @property
    def failure(self) -> Failure | None:
        """The most precise cause so far; of equally precise ones the first: it led to the rest."""
        return self._cause.failure if self._cause else None

    @property
    def knows_cause(self) -> bool:
        """The failure says more than that there was one."""
        return self._cause is not None and not self._cause.rule.is_generic

    @property
    def cautions(self) -> tuple[Failure, ...]:
        """What went wrong while the engine goes on, one of a kind, the newest last."""
        return tuple(found.failure for found in self._cautions.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences of `cautions`."""
        return tuple(failure.sentence for failure in self.cautions)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The end of the log, harmless, each line cut to what a report can hold."""
        return tuple(text for line in self._last if (text := one_line(line, SHOWN)))

    def _forget(self) -> None:
        self._phase: LaunchPhase | None = None
        self._fraction: float | None = None
        self._words = ""
        self._facts = EngineFacts()
        self._cause: Found | None = None
        self._cautions: dict[str, Found] = {}

    def _may_tell(self, line: str) -> bool:
        for noise in NOISE:  # loops: any() with a generator costs half as much again
            if noise in line:
                return False
        for hint in self._hints:  # noqa: SIM110
            if hint in line:
                return True
        return False

    def _read(self, line: str) -> bool:
        before = self._state()
        for phase_rule in self._rules.phases:
            if match := phase_rule.pattern.search(line):
                self._advance(phase_rule, told(match.groupdict()))
        for at, rule in enumerate(self._rules.failures):
            if found := found_in(rule, at, line):
                self._blame(found)
        return self._state() != before

    def _state(self) -> tuple[object, ...]:
        told = (self._phase, self._fraction, self._words, self._facts, self._cause)
        return *told, *self._cautions.values()

    def _advance(self, rule: PhaseRule, groups: Mapping[str, str]) -> None:
        if rule.anew == "run":
            self._run_anew()
        elif rule.anew == "load":
            self._load_anew()
        self._facts = with_facts(self._facts, groups)
        if rule.phase is not None:
            self._enter(rule.phase, rule.words.format_map(groups), number(groups.get("percent")))

    def _run_anew(self) -> None:
        """A few warnings come before the line that tells the beginning: they are this run's."""
        if self._phase is not None or self._cause is not None:
            self._forget()

    def _load_anew(self) -> None:
        self._phase, self._cause = None, None
        self._facts = of_engine(self._facts)
        self._cautions = {kind: one for kind, one in self._cautions.items() if one.rule.lasts}

    def _enter(self, phase: LaunchPhase, words: str, percent: float | None) -> None:
        """Never back: of several workers one is always behind."""
        if self._phase is not None and _RANKS[phase] < _RANKS[self._phase]:
            return
        if phase != self._phase or words or percent is not None:
            self._words = words
            self._fraction = None if percent is None else min(percent, 100.0) / 100
        self._phase = phase
        if phase in _UP:
            self._cause = None

    def _blame(self, found: Found) -> None:
        if found.rule.is_fatal:
            if self._cause is None or found.cause_rank < self._cause.cause_rank:
                self._cause = found
            return
        known = self._cautions.get(found.failure.kind)
        if known is None or found.rank <= known.rank:
            self._cautions.pop(found.failure.kind, None)
            self._cautions[found.failure.kind] = found
        while len(self._cautions) > _WARNINGS:
            self._cautions.pop(next(iter(self._cautions)))


@lru_cache(maxsize=16)
def _hints(phases: tuple[PhaseRule, ...], failures: tuple[FailureRule, ...]) -> tuple[str, ...]:
    """Texts of which a line must hold one to be looked at; `` where a rule gives none: any line."""
    patterns = [rule.pattern for rule in phases] + [rule.pattern for rule in failures]
    found = {hint for pattern in patterns for hint in hints_of(pattern) or ("",)}
    return tuple(hint for hint in found if not any(o != hint and o in hint for o in found))
