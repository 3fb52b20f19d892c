"""`burstview replay`: a recording, in the monitor or as text."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.plan_options import read_config

if TYPE_CHECKING:
    from burstview_engines.core.plan import BurstPlan
    from burstview_engines.core.views import RunView
    from burstview_engines.replay import ReplaySession

EXAMPLES = """\b
Examples:
  burstview duel --demo --record duel.jsonl
  burstview replay duel.jsonl
  burstview replay duel.jsonl --speed 0.25
  burstview replay duel.jsonl --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--speed",
    type=click.FloatRange(0.0),
    help="2 is twice as fast, 0 all at once.  [default: 1 in the monitor, 0 as text]",
)
@click.option("--plain", is_flag=True, help="As lines of text, without the monitor.")
@JSON
def replay(*, file: Path, speed: float | None, plain: bool, as_json: bool) -> int:
    """Show a recording again, exactly as it was seen."""
    if as_json or plain or not sys.stdout.isatty():
        return asyncio.run(play_as_text(file, speed or 0.0, as_json))
    return play_in_monitor(file, 1.0 if speed is None else speed)


async def play_as_text(file: Path, speed: float, as_json: bool) -> int:
    """Print it; the exit status is that of the last burst or duel, as when it was fired."""
    from burstview.cli_commands.reports import duel_json, fire_json, print_json
    from burstview.headless import FRAME, Result
    from burstview.headless_display import display_on
    from burstview_engines.core.plan import BurstPlan

    session = open_replay(file, speed)
    display = display_on(sys.stderr if as_json else sys.stdout)
    await session.open()
    playing = asyncio.create_task(session.played())
    while not playing.done() and not display.is_gone:
        display.show(session.snapshot())
        await asyncio.wait([playing], timeout=FRAME)
    await session.close()
    display.end(session.snapshot())
    runs = last_runs(session.snapshot().runs)
    error = session.damage or shortfall(file, runs)
    result = Result(runs, (), error)
    if as_json:
        plan = runs[0].plan if runs else BurstPlan()
        print_json(duel_json(result, plan) if len(runs) == 2 else fire_json(result, plan))
    if error is not None:
        click.echo(f"burstview: {error}", err=True)
    return result.status


def shortfall(file: Path, runs: Sequence[RunView]) -> str | None:
    """What a recording that could be read does not hold, in one sentence."""
    if not runs:
        return f"{file} holds no burst"
    if any(run.outcome is None for run in runs):
        return f"{file} ends before its burst did: what was recorded until then is shown"
    return None


def play_in_monitor(file: Path, speed: float) -> int:
    """Open the monitor on it."""
    from burstview.app import BurstviewApp

    session, theme = open_replay(file, speed), read_config(None).theme
    app = BurstviewApp(session, recorded_plan(file), theme=theme)
    app.run()
    return app.return_code or 0


def recorded_plan(file: Path) -> BurstPlan:
    """The first burst's, to be shown until it is played; the default where there is none."""
    from burstview_engines.core.events import RunStarted
    from burstview_engines.core.plan import BurstPlan
    from burstview_engines.core.recording import RecordingError, read

    with suppress(RecordingError):
        for event in read(file):
            if isinstance(event, RunStarted):
                return event.plan
    return BurstPlan()


def open_replay(file: Path, speed: float) -> ReplaySession:
    """The recording as a session, or a usage error."""
    from burstview_engines.replay import ReplaySession
    from burstview_engines.source import SessionError

    try:
        return ReplaySession(file, speed=speed)
    except SessionError as refusal:
        raise click.UsageError(str(refusal)) from refusal


def last_runs(runs: Sequence[RunView]) -> tuple[RunView, ...]:
    """The last run; both of them when it was one of a duel."""
    if not runs:
        return ()
    duel = runs[-1].duel
    return tuple(run for run in runs if run.duel == duel) if duel else (runs[-1],)
