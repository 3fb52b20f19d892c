"""What a start went through: for the lines on the screen and for the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from burstview.cli_commands.engine_run import Outcome
from burstview.cli_commands.reports import EMPTY, Json
from burstview.format import seconds as said_seconds
from burstview_engines.core.events import AnyEvent, EngineChanged, Noticed
from burstview_engines.core.text import one_line

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.control import Finding, LaunchPreview
    from burstview_engines.core.managed import ManagedEngine
    from burstview_engines.fleet.fleet import Fleet


WORTH = 0.05
"""Seconds that a phase must take to be worth a line."""


class Course:
    """Fed by the events of one session."""

    def __init__(self) -> None:
        self.preview: LaunchPreview | None = None
        self.notices: list[str] = []
        """Sentences about that engine: its model could not be pulled."""
        self._where: str | None = None
        self._stream: HeardStream | None = None
        self.key = ""
        """Of the engine; empty while there is none."""
        self._began = 0.0
        self._ended: float | None = None
        self._phases: list[tuple[str, float]] = []
        self._told = 0
        """How many of the phases were told."""

    def listen(self, fleet: Fleet, stream: HeardStream) -> None:
        """From now on."""
        self._where, self._stream = fleet.where, stream
        stream.on_event = self._hear

    def begin(self, preview: LaunchPreview) -> None:
        """A start is looked at, or another try."""
        self.preview = preview
        self._began, self._ended = self._now(), None
        self._phases, self._told = [], 0
        self.notices = []

    def follow(self, key: str) -> None:
        """It is started."""
        self.key = key

    def end(self) -> None:
        """It is ready, runs, or failed."""
        self._ended = self._now()

    def forget(self) -> None:
        """Nothing is left of it."""
        self.end()
        self.key = ""

    def remarks(self, *, is_dry: bool) -> Iterator[str]:
        """What is worth saying before: warnings and memory. The first problem is the error."""
        seen = self.preview
        if seen is None:
            return
        for finding in seen.findings:
            if finding.level != "ok" and finding not in seen.problems[:1]:
                yield f"{finding.level}: {finding.sentence} {finding.step}".rstrip()
        told = [finding.sentence for finding in seen.findings]
        for sentence in seen.memory if is_dry else seen.memory[:1]:
            if sentence not in told:
                yield f"memory: {sentence}"

    def opening(self) -> str:
        """What is started where, and how long it took last time."""
        seen = self.preview
        if seen is None:
            return ""
        return f"starting {seen.spec.name} {self._place(seen)}; {_expected(seen)}"

    def news(self) -> Iterator[str]:
        """Phases that are over, each once, with the second at which it began."""
        for (phase, at), (_, until) in zip(
            self._phases[self._told : -1], self._phases[self._told + 1 :], strict=False
        ):
            self._told += 1
            if until - at >= WORTH:
                yield f"{at - self._began:6.1f} s  {phase} ({said_seconds(until - at)})"

    def headline(self, now: float) -> tuple[str, str]:
        """What goes on now, and all that is known of it."""
        from burstview.engine_words import countdown, phase_word

        engine = self._engine()
        if engine is None:
            return "", ""
        phase = phase_word(engine)
        is_timed = bool(phase) and engine.expected_seconds is not None
        words = one_line(engine.words, 120)
        parts = [phase or engine.status, countdown(engine, now) if is_timed else "", words]
        line = " · ".join(part for part in parts if part)
        topic = phase or ("model" if words else engine.status)
        return topic, f"{now - self._began:6.1f} s  {line}"

    def summary(self, *, is_ready: bool) -> str:
        """What a person needs next."""
        engine = self._engine()
        if engine is None:
            return ""
        mark = " (SIMULATED)" if engine.simulated else ""
        state = "is ready" if is_ready else "runs and is getting ready"
        url = f": {engine.url}" if engine.url else ", but no port of it is open here"
        lines = [f"{engine.name} {state}{url}{mark}"]
        lines += [] if is_ready else ["How far it is: burstview ps"]
        return "\n".join([*lines, f"Stop it: burstview down {engine.name}"])

    def report(self, outcome: Outcome) -> Json:
        """The one JSON object."""
        from burstview_engines.core.engine_report import failure_report

        failure = failure_report(outcome.failure)
        if self.preview is None:
            told: Json = {"where": self._where, "failure": failure, "error": outcome.error}
            return EMPTY["up"] | told
        seen, engine = self.preview, self._report_of_engine()
        return {
            "where": self._where,
            "engine": engine,
            "ready": engine is not None and engine["status"] == "ready",
            "seconds": None if self._ended is None else round(self._ended - self._began, 3),
            "phases": list(self._phase_reports()),
            "command": seen.command,
            "findings": [finding_report(finding) for finding in seen.findings],
            "memory": list(seen.memory),
            "expected_seconds": seen.expected_seconds,
            "failure": failure,
            "error": outcome.error,
        }

    def _phase_reports(self) -> Iterator[Json]:
        ends = [*(at for _, at in self._phases[1:]), self._ended]
        for (name, at), end in zip(self._phases, ends, strict=False):
            if name != "ready":
                yield {"phase": name, "seconds": None if end is None else round(end - at, 3)}

    def _report_of_engine(self) -> Json | None:
        from burstview_engines.core.engine_report import engine_report

        if self._stream is None or not self.key:
            return None
        view = self._stream.fold.snapshot().engine(self.key)
        return None if view is None else engine_report(view)

    def _hear(self, event: AnyEvent) -> None:
        match event:
            case EngineChanged(at=at, engine=engine) if engine.key == self.key:
                phase = engine.phase
                if phase is not None and phase != (self._phases[-1][0] if self._phases else None):
                    self._phases.append((phase, at))
            case Noticed(text=text, backend=backend) if backend == self.key:
                self.notices.append(text)
            case _:
                return

    def _engine(self) -> ManagedEngine | None:
        if self._stream is None or not self.key:
            return None
        view = self._stream.fold.snapshot().engine(self.key)
        return None if view is None else view.engine

    def _place(self, seen: LaunchPreview) -> str:
        is_process = seen.spec.place == "process"
        return "as a local process" if is_process else f"on {self._where}"

    def _now(self) -> float:
        return self._stream.now() if self._stream is not None else 0.0


def finding_report(finding: Finding) -> Json:
    """One check, as JSON."""
    return {
        "name": finding.name,
        "level": finding.level,
        "sentence": finding.sentence,
        "step": finding.step or None,
    }


def _expected(seen: LaunchPreview) -> str:
    if seen.expected_seconds is None:
        return "it is the first start of this spec, so there is no estimate"
    return f"the last time it took {said_seconds(seen.expected_seconds)}"
