"""`burstview fire`: one burst at one server, without the monitor."""

from __future__ import annotations

from typing import get_args

import click

from burstview.cli_commands.demo_options import KV_BLOCKS
from burstview.cli_commands.firing import fire_headless
from burstview.cli_commands.output_options import Output, output_options
from burstview.cli_commands.plan_options import plan_options
from burstview.cli_commands.servers import server
from burstview.config import Config
from burstview_engines.core.backend import Engine
from burstview_engines.core.plan import BurstPlan

EXAMPLES = """\b
Examples:
  burstview fire --demo
  burstview fire --demo --engine ollama -c 16 -n 32
  burstview fire --demo --kv-blocks 41 -c 16 -n 32
  burstview fire --url http://127.0.0.1:8000 -c 64 -n 128
  burstview fire --url http://127.0.0.1:11434/v1 --model qwen3:0.6b --json
  OPENAI_KEY=… burstview fire --url https://api.example.com --model m --api-key-env OPENAI_KEY

\b
Exit status: 0 all requests succeeded, 1 some failed, 2 wrong usage, 130 cancelled.
"""


@click.command(epilog=EXAMPLES)
@click.option("--url", help="The server's root or its /v1, or a backend's name in the config file.")
@click.option("--demo", is_flag=True, help="Fire at an embedded, simulated engine.")
@click.option("--model", help="Needed only when the server lists several.")
@click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    help="What the server is, if it is not recognised; with --demo, what to simulate.",
)
@click.option(
    "--api-key-env",
    metavar="NAME",
    help="Name of the environment variable that holds the API key.",
)
@KV_BLOCKS
@plan_options
@output_options
def fire(
    *,
    url: str | None,
    demo: bool,
    model: str | None,
    engine: Engine | None,
    api_key_env: str | None,
    kv_blocks: int | None,
    plan: BurstPlan,
    config: Config,
    output: Output,
) -> int:
    """Fire one burst of requests at a server and say what happened."""
    from burstview_engines.places.url import UrlSource

    if demo == (url is not None):
        raise click.UsageError("Give --url URL for a server, or --demo for a simulated engine.")
    if kv_blocks is not None and not (demo and engine in (None, "vllm")):
        raise click.UsageError("--kv-blocks is of the simulated vLLM; give it with --demo.")
    if demo or url is None:
        from burstview.cli_commands.embedded import demo_source

        source = demo_source([engine or "vllm"], model, kv_blocks=kv_blocks)
        return fire_headless([source], [], plan, "auto", output, 1)
    target = server(url, config, engine=engine, model=model, api_key_env=api_key_env)
    return fire_headless([UrlSource(target)], [target], plan, "auto", output, 1)
