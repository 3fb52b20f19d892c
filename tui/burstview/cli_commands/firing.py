"""What `fire` and `duel` have in common: a session, a display, and the result in its form."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import click

from burstview.cli_commands.live import live_session
from burstview.cli_commands.output_options import Output
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.places.server import Server
from burstview_engines.places.source import Source


def fire_headless(
    sources: Sequence[Source],
    servers: Sequence[Server],
    plan: BurstPlan,
    order: Order,
    output: Output,
    sides: int,
) -> int:
    """Fire, show, report; the exit status. `servers` are those named by URL, for their models.

    Gauges are read meanwhile: they tell what held the burst back.
    """
    from burstview.cli_commands.reports import duel_json, fire_json, print_json
    from burstview.headless import Headless, check_models
    from burstview.headless_display import display_on

    session = live_session(sources, output.record, has_gauges=True)
    display = display_on(sys.stderr if output.as_json else sys.stdout)
    headless = Headless(session, display, check_models(servers))
    result = asyncio.run(headless.fire(sides, plan, order))
    if output.as_json:
        print_json(fire_json(result, plan) if sides == 1 else duel_json(result, plan))
    if result.error is not None:
        click.echo(f"burstview: {result.error}", err=True)
    return result.status
