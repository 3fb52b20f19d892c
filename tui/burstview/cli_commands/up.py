"""`burstview up`: start an engine and wait until it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import Outcome, carry_out
from burstview.cli_commands.launch_options import launch_options
from burstview.cli_commands.live_line import LiveLine
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.plan_options import finite
from burstview.cli_commands.reports import print_json, print_text
from burstview.cli_commands.start_course import Course
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.control import Finding
    from burstview_engines.core.managed import ManagedEngine
    from burstview_engines.fleet.fleet import Fleet

LOOK = 0.1
TRIES = 5
"""Starts with other names and ports, where somebody else was faster."""
NAMES = ("name", "name-taken")
PORTS = ("port", "port-taken", "port-taken-by-container")
"""Kinds of findings and failures."""
UP = ("starting", "running")
UNDO_LIMIT = 30.0
"""Seconds after which a daemon that does not answer is left alone."""
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
    callback=finite,
    metavar="SECONDS",
    help="Wait no longer; what runs by then goes on starting.",
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

    Exit status: 0 ready, 1 it failed, 2 wrong usage, 130 cancelled: then nothing is left of it.
    """
    start = Up(spec, dry_run=dry_run, waits=not no_wait, limit=timeout, as_json=as_json)
    return carry_out(start, where)


class Up:
    """One start."""

    cancelled = "cancelled; nothing is left of it"
    needs_daemon = True

    def __init__(
        self, spec: LaunchSpec, *, dry_run: bool, waits: bool, limit: float | None, as_json: bool
    ) -> None:
        self._spec, self._dry_run, self._waits = spec, dry_run, waits
        self._limit, self._as_json = limit, as_json
        self._line = LiveLine()
        self._course = Course()
        self._last: ManagedEngine | None = None
        """What became of the last try."""

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Check, start, wait."""
        self._course.listen(fleet, stream)
        for _ in range(TRIES):
            outcome = await self._once(fleet, stream)
            kind = outcome.failure.kind if outcome.failure is not None else None
            if not self._was_outrun(kind):
                return outcome
            await self._drop(fleet)
            self._line.say("somebody else was faster: once more, with what is free now")
        return outcome

    def tell(self, outcome: Outcome) -> None:
        """The report, or what a person needs next."""
        self._line.clear()
        if self._as_json:
            print_json(self._course.report(outcome))
        elif self._dry_run and self._course.preview is not None:
            print_text(self._course.preview.command)
        elif outcome.status == 0:
            print_text(self._course.summary(is_ready=self._waits))

    def _was_outrun(self, kind: str | None) -> bool:
        """A name or port that was free a moment ago is taken, and another one would do."""
        wanted = self._spec.name if kind in NAMES else self._spec.port
        return kind in (*NAMES, *PORTS) and wanted is None and not self._dry_run

    async def _once(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        from burstview_engines.fleet.side import LaunchFailed

        self._last = None
        preview = await fleet.preview(self._spec)
        self._course.begin(preview)
        for sentence in self._course.remarks(is_dry=self._dry_run):
            self._line.say(sentence)
        if self._dry_run:
            return _refused(preview.problems)
        try:
            key = await self._start(fleet, preview.spec)
        except LaunchFailed as failed:
            return Outcome(1, str(failed), failed.failure)
        if not preview.problems:
            self._line.say(self._course.opening())
        try:
            async with asyncio.timeout(self._limit):
                return await self._watch(fleet, stream, key)
        except TimeoutError:
            return await self._late(fleet, key)
        except asyncio.CancelledError:
            self._line.show("cancelling", f"cancelling the start of {preview.spec.name}")
            await self._undo(fleet, key)
            raise

    async def _start(self, fleet: Fleet, spec: LaunchSpec) -> str:
        self._course.follow(f"{spec.place}:{spec.name}")
        try:
            return await fleet.up(spec)
        except SessionError:
            self._course.forget()
            raise

    async def _watch(self, fleet: Fleet, stream: HeardStream, key: str) -> Outcome:
        """Until it is ready, or runs, or has ended; how far it is is shown meanwhile."""
        waiting = asyncio.ensure_future(self._end(fleet, key))
        try:
            while not waiting.done():
                self._show(stream)
                await asyncio.wait([waiting], timeout=LOOK)
        finally:
            waiting.cancel()
        self._show(stream)
        self._course.end()
        if not fleet.hub.board.has(key):
            return Outcome(1, f"{key.partition(':')[2]} was removed while it started.")
        return self._judged(waiting.result())

    async def _end(self, fleet: Fleet, key: str) -> ManagedEngine:
        """Of what is waited for."""
        engine = await fleet.launched(key)
        return await fleet.wait(key) if self._waits and engine.failure is None else engine

    def _show(self, stream: HeardStream) -> None:
        for sentence in self._course.news() if self._line.is_rewritten else ():
            self._line.say(sentence)
        topic, words = self._course.headline(stream.now())
        self._line.show(topic, words)

    def _judged(self, engine: ManagedEngine) -> Outcome:
        self._last = engine
        if engine.failure is not None:
            told = f"{engine.failure.sentence} {engine.failure.step}".strip()
            return Outcome(1, f"{told}{_what_is_left(engine)}", engine.failure)
        if self._course.notices:
            return Outcome(1, " ".join(self._course.notices))
        if engine.status == "ready" or (not self._waits and engine.status in UP):
            return Outcome()
        words = engine.words or f"{engine.name} is {engine.status}, and was not ready before."
        return Outcome(1, f"{words}{_what_is_left(engine)}")

    async def _late(self, fleet: Fleet, key: str) -> Outcome:
        """What runs goes on; what would end with this program is undone."""
        after = f"It is not ready after {self._limit:g} s"
        engine = fleet.hub.board.get(key)
        if not fleet.is_launching(key):
            self._course.end()
            return Outcome(
                1,
                f"{after} and goes on starting: `burstview ps` tells how far it is, `burstview down"
                f" {engine.name}` ends it.",
            )
        phase = engine.phase or engine.status
        await self._undo(fleet, key)
        return Outcome(1, f"{after} ({phase}), and was cancelled; give it more time.")

    async def _drop(self, fleet: Fleet) -> None:
        """A process that found its port taken leaves a log. What was never made is not ours."""
        self._course.forget()
        if self._last is not None and self._last.id:
            with suppress(SessionError):
                await fleet.remove(self._last.key)

    async def _undo(self, fleet: Fleet, key: str) -> None:
        """Nothing is left: neither what is being made, nor what runs already."""
        self._course.forget()
        with suppress(TimeoutError, SessionError):
            async with asyncio.timeout(UNDO_LIMIT):
                if fleet.is_launching(key):
                    await fleet.cancel(key)
                elif fleet.hub.board.has(key):
                    await fleet.kill(key)
                    await fleet.remove(key)


def _refused(problems: Sequence[Finding]) -> Outcome:
    """Of a dry run."""
    if not problems:
        return Outcome()
    return Outcome(1, f"{problems[0].sentence} {problems[0].step}".rstrip())


def _what_is_left(engine: ManagedEngine) -> str:
    """Where to look, if anything was made."""
    if not engine.id:
        return ""
    name = engine.name
    return f" `burstview logs {name}` shows its log, `burstview down {name}` removes it."
