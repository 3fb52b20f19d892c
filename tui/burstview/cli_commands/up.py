"""`burstview up`: start an engine and wait until it is ready."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    finish,
    say,
)
from burstview.cli_commands.launch_options import launch_options
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.launch.spec import LaunchSpec

if TYPE_CHECKING:
    from burstview_engines.control import Finding, LaunchPreview
    from burstview_engines.core.managed import ManagedEngine
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

LOOK = 0.1
EXAMPLES = """\b
Examples:
  burstview up ollama -o num-parallel=4 -o context-length=4096
  burstview up vllm --model qwen3:0.6b -o max-num-seqs=128 -o gpu-memory-utilization=0.7
  burstview up llamacpp --model ./qwen3.gguf --process
  burstview up vllm --model Qwen/Qwen3-0.6B --dry-run
"""


@click.command(epilog=EXAMPLES)
@launch_options
@where_options
@click.option("--dry-run", is_flag=True, help="Check it and show the command; start nothing.")
@click.option("--no-wait", is_flag=True, help="Return when it runs, before it is ready.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up waiting after so long; it goes on starting.",
)
@JSON
def up(
    *,
    spec: LaunchSpec,
    where: Where,
    dry_run: bool,
    no_wait: bool,
    timeout: float | None,
    as_json: bool,
) -> int:
    """Start an engine in a container, or as a local process, and wait until it is ready.

    Exit status: 0 ready, 1 it failed, 2 wrong usage, 130 cancelled.
    """
    start = _Up(spec, dry_run=dry_run, waits=not no_wait, limit=timeout)
    words = "cancelled; what was begun was removed"
    outcome = carry_out(start.run, where, cancelled=words)
    if as_json:
        print_json(start.report(outcome))
    elif outcome.status == 0:
        print_text(start.summary())
    return finish(outcome)


class _Up:
    """One start; keeps what it saw for the report."""

    def __init__(
        self, spec: LaunchSpec, *, dry_run: bool, waits: bool, limit: float | None
    ) -> None:
        self._spec, self._dry_run, self._waits, self._limit = spec, dry_run, waits, limit
        self._preview: LaunchPreview | None = None
        self._engine: Json | None = None
        self._url: str | None = None
        self._phases: list[tuple[str, float]] = []
        self._began = 0.0
        self._seconds: float | None = None

    async def run(self, fleet: Fleet, stream: EventStream) -> Outcome:
        """Check, start, wait."""
        self._began = stream.now()
        self._preview = await fleet.preview(self._spec)
        self._say_findings(self._preview)
        if self._dry_run:
            problems = self._preview.problems
            return Outcome(1, problems[0].sentence) if problems else Outcome()
        key = await fleet.up(self._preview.spec)
        try:
            async with asyncio.timeout(self._limit):
                return await self._watch(fleet, stream, key)
        except TimeoutError:
            self._remember(stream, key)
            return Outcome(
                1, f"It is not ready after {self._limit:g} s; it goes on starting: burstview ps."
            )
        except asyncio.CancelledError:
            await fleet.cancel(key)
            await self._remove_started(fleet, key)
            raise

    async def _remove_started(self, fleet: Fleet, key: str) -> None:
        """Its process ran already: a cancelled start leaves nothing behind."""
        if fleet.hub.board.has(key):
            await fleet.remove(key)

    async def _watch(self, fleet: Fleet, stream: EventStream, key: str) -> Outcome:
        waiting = asyncio.ensure_future(fleet.wait(key) if self._waits else _runs(fleet, key))
        last = ""
        try:
            while not waiting.done():
                last = self._tell(stream, key, last)
                await asyncio.wait([waiting], timeout=LOOK)
        finally:
            waiting.cancel()
        self._tell(stream, key, last)
        engine = waiting.result()
        self._seconds = stream.now() - self._began
        self._remember(stream, key)
        return _judged(engine, waits=self._waits)

    def _tell(self, stream: EventStream, key: str, last: str) -> str:
        """One line on stderr for each phase and each new word about it."""
        view = stream.fold.snapshot().engine(key)
        if view is None:
            return last
        engine = view.engine
        phase = engine.phase or engine.status
        if not self._phases or self._phases[-1][0] != phase:
            self._phases.append((phase, stream.now() - self._began))
        line = f"{phase}: {engine.words}" if engine.words else phase
        if line != last:
            say(f"{stream.now() - self._began:6.1f} s  {line}")
        return line

    def _remember(self, stream: EventStream, key: str) -> None:
        from burstview_engines.core.engine_report import engine_report

        view = stream.fold.snapshot().engine(key)
        if view is not None:
            self._engine, self._url = engine_report(view), view.engine.url

    def _say_findings(self, preview: LaunchPreview) -> None:
        for finding in preview.findings:
            if finding.level != "ok":
                say(f"{finding.level}: {finding.sentence} {finding.step}".rstrip())
        for sentence in preview.memory[:1]:
            say(f"memory: {sentence}")
        if self._dry_run:
            return
        expected = preview.expected_seconds
        known = (
            "the first start of this spec" if expected is None else f"last time {expected:.0f} s"
        )
        say(f"starting {preview.spec.name} ({known})")

    def report(self, outcome: Outcome) -> Json:
        """The one JSON object."""
        seen, ends = self._preview, [at for _, at in self._phases[1:]]
        ends.append(self._seconds if self._seconds is not None else float("nan"))
        phases: list[Json] = [
            {"phase": name, "seconds": None if end != end else round(end - at, 3)}
            for (name, at), end in zip(self._phases, ends, strict=False)
        ]
        return {
            "engine": self._engine,
            "ready": self._engine is not None and self._engine["status"] == "ready",
            "seconds": None if self._seconds is None else round(self._seconds, 3),
            "phases": phases,
            "command": seen.command if seen else None,
            "findings": [finding_report(f) for f in seen.findings] if seen else [],
            "memory": list(seen.memory) if seen else [],
            "expected_seconds": seen.expected_seconds if seen else None,
            "error": outcome.error,
        }

    def summary(self) -> str:
        """What a person needs next."""
        if self._dry_run and self._preview is not None:
            return self._preview.command
        return f"{self._preview.spec.name if self._preview else ''} {self._url or ''}".strip()


def finding_report(finding: Finding) -> Json:
    """One check, as JSON."""
    return {
        "name": finding.name,
        "level": finding.level,
        "sentence": finding.sentence,
        "step": finding.step or None,
    }


async def _runs(fleet: Fleet, key: str) -> ManagedEngine:
    """When its container or process runs, or nothing more will come."""
    while True:
        engine = fleet.hub.board.get(key)
        if engine.id and engine.phase not in ("checking", "pulling image", "creating"):
            return engine
        if engine.status in ("failed", "stopped"):
            return engine
        await asyncio.sleep(LOOK)


def _judged(engine: ManagedEngine, *, waits: bool) -> Outcome:
    if engine.failure is not None:
        return Outcome(1, f"{engine.failure.sentence} {engine.failure.step}".strip())
    if engine.status == "ready" or not waits:
        return Outcome()
    return Outcome(1, f"{engine.name} is {engine.status}; its log has the reason: burstview logs.")
