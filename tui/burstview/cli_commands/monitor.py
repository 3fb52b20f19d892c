"""`burstview` and `burstview demo`: the monitor."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burstview import collector
from burstview.cli_commands.demo_options import KV_BLOCKS
from burstview.cli_commands.live import live_session
from burstview.cli_commands.output_options import RECORD, new_file
from burstview.cli_commands.plan_options import monitor_plan_options
from burstview.config import Config
from burstview_engines.core.plan import BurstPlan

if TYPE_CHECKING:
    from textual.app import App

    from burstview.cli_commands.where_options import Where
    from burstview.launching import Launching
    from burstview.screens.live import Clock
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.models.pairs import ModelPair
    from burstview_engines.places.source import Source
    from burstview_engines.source import Session

EXAMPLES = """\b
Examples:
  burstview demo
  burstview demo -c 64 -n 32 --record demo.jsonl
  burstview demo --kv-blocks 41 -c 16 -n 32
"""


@click.command(epilog=EXAMPLES)
@monitor_plan_options
@RECORD
@KV_BLOCKS
def demo(*, plan: BurstPlan, config: Config, record: Path | None, kv_blocks: int | None) -> int:
    """Open the monitor on two embedded, simulated engines: no GPU is needed."""
    from burstview.cli_commands.embedded import demo_source

    return open_monitor([demo_source(kv_blocks=kv_blocks)], plan, config, record)


def find(plan: BurstPlan, config: Config, record: Path | None, where: Where) -> int:
    """The monitor on the config file's backends and what runs here; else on the embedded pair."""
    from burstview.cli_commands.embedded import demo_source
    from burstview.cli_commands.servers import server
    from burstview_engines.fleet.opening import open_fleet
    from burstview_engines.fleet.source import FleetSource
    from burstview_engines.places.found import FoundSource
    from burstview_engines.places.url import UrlSource

    named = [server(backend.name or backend.url, config) for backend in config.backends]
    sources: list[Source] = [UrlSource(target) for target in named]
    fallback = None if sources else demo_source()
    fleet = open_fleet(
        context=where.context,
        docker_host=where.docker_host,
        read_only=where.read_only,
        pairs=pairs_of(config),
    )
    if where.is_named and "container" not in fleet.sides:
        raise click.UsageError(fleet.where)
    ours = FleetSource(fleet)
    found = FoundSource(fallback, named=[target.url for target in named], beside=ours)
    return open_monitor([*sources, ours, found], plan, config, record, fleet)


def make_launching(app: App[None], session: Session, clock: Clock, *, config: Config) -> Launching:
    """The forms for engines, with the models of the config file and those on this machine."""
    from burstview.launching import Launching
    from burstview.model_search import source
    from burstview_engines.models.at_hand import Places
    from burstview_engines.models.hub_cache import hf_cache_folder
    from burstview_engines.models.ollama_folder import ollama_folder
    from burstview_engines.places.docker.threads import DaemonThreads

    places = Places(
        hf_cache_folder(os.environ, Path.home()), ollama_folder(os.environ, Path.home())
    )
    pairs = pairs_of(config)
    return Launching(app, session, clock, pairs, source(pairs, places, DaemonThreads("models", 2)))


def pairs_of(config: Config) -> tuple[ModelPair, ...]:
    """The config file's models, then the shipped ones."""
    from burstview_engines.models.pair_table import PAIRS
    from burstview_engines.models.pairs import extended

    return extended(config.models, PAIRS)


def open_monitor(
    sources: Sequence[Source],
    plan: BurstPlan,
    config: Config,
    record: Path | None,
    fleet: Fleet | None = None,
) -> int:
    """Run it until it is left; its exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "The monitor needs a terminal; without one use `burstview fire` or `burstview duel`."
        )
    from burstview.app import BurstviewApp

    session = live_session(sources, new_file(record), has_gauges=True, engines=fleet)
    order = config.defaults.order or "auto"
    make = functools.partial(make_launching, config=config)
    app = BurstviewApp(session, plan, theme=config.theme, order=order, make_launching=make)
    collector.keep_all()
    app.run()
    return app.return_code or 0
