"""`burstview duel`: the same burst at two servers, without the monitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

import click

from burstview.cli_commands.demo_options import KV_BLOCKS
from burstview.cli_commands.firing import fire_headless
from burstview.cli_commands.output_options import Output, output_options
from burstview.cli_commands.plan_options import plan_options
from burstview.cli_commands.servers import server
from burstview.config import Config
from burstview_engines.core.backend import Engine
from burstview_engines.core.plan import BurstPlan, Order

T = TypeVar("T")

EXAMPLES = """\b
Examples:
  burstview duel --demo -c 16 -n 32
  burstview duel http://127.0.0.1:11434 http://127.0.0.1:8000 -c 16 -n 64
  burstview duel URL URL --model qwen3:0.6b --model Qwen/Qwen3-0.6B --json
  burstview duel URL URL --order together

\b
Options that may be given twice are for the first and the second server; once is for both.
Exit status: 0 all requests succeeded, 1 some failed, 2 wrong usage, 130 cancelled.
"""


@click.command(epilog=EXAMPLES)
@click.argument("urls", nargs=-1, metavar="[URL URL]")
@click.option("--demo", is_flag=True, help="Two embedded, simulated engines: vLLM and Ollama.")
@click.option("--model", "models", multiple=True, help="Needed when a server lists several.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(get_args(Engine)),
    help="What a server is, if it is not recognised; with --demo, what to simulate.",
)
@click.option(
    "--api-key-env",
    "api_key_envs",
    multiple=True,
    metavar="NAME",
    help="Name of the environment variable that holds the API key.",
)
@click.option(
    "--order",
    type=click.Choice(get_args(Order)),
    help="auto fires in turns unless each side has hardware of its own.  [default: auto]",
)
@KV_BLOCKS
@plan_options
@output_options
def duel(
    *,
    urls: tuple[str, ...],
    demo: bool,
    models: tuple[str, ...],
    engines: tuple[Engine, ...],
    api_key_envs: tuple[str, ...],
    order: Order | None,
    kv_blocks: int | None,
    plan: BurstPlan,
    config: Config,
    output: Output,
) -> int:
    """Fire the same burst at two servers and say how they differ."""
    from burstview_engines.places.url import UrlSource

    wish = order or config.defaults.order or "auto"
    if len(urls) != (0 if demo else 2):
        raise click.UsageError("Give two URLs, or --demo without any.")
    if kv_blocks is not None and not demo:
        raise click.UsageError("--kv-blocks is of the simulated vLLM; give it with --demo.")
    if demo:
        from burstview.cli_commands.embedded import demo_source

        names = pair(engines, "--engine") if engines else ("vllm", "ollama")
        source = demo_source(names, *pair(models, "--model"), kv_blocks=kv_blocks)
        return fire_headless([source], [], plan, wish, output, 2)
    options = zip(
        urls,
        pair(engines, "--engine"),
        pair(models, "--model"),
        pair(api_key_envs, "--api-key-env"),
        strict=True,
    )
    targets = [
        server(url, config, engine=engine, model=model, api_key_env=name)
        for url, engine, model, name in options
    ]
    sources = [UrlSource(target, f"{n}:{target.url}") for n, target in enumerate(targets, 1)]
    return fire_headless(sources, targets, plan, wish, output, 2)


def pair(values: Sequence[T], option: str) -> tuple[T | None, T | None]:
    """One value for each side: none, one for both, or one each."""
    match len(values):
        case 0:
            return None, None
        case 1:
            return values[0], values[0]
        case 2:
            return values[0], values[1]
        case _:
            raise click.UsageError(f"{option} can be given twice at most: once for each side.")
