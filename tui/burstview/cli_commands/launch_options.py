"""The options that say what to start, and the spec made of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import click

from burstview.cli_commands.plan_options import Command
from burstview_engines.core.backend import Engine
from burstview_engines.launch.spec import LaunchSpec

ENGINES: tuple[Engine, ...] = ("ollama", "vllm", "llamacpp", "sglang")

_OPTIONS = (
    click.argument("engine", type=click.Choice(ENGINES)),
    click.option(
        "--model", "-m", help="A pair's name, an Ollama tag, a Hugging Face id or a path."
    ),
    click.option("--name", help="Of the container or process."),
    click.option("--image", help="Instead of the profile's pinned one."),
    click.option(
        "--option",
        "-o",
        "options",
        multiple=True,
        metavar="NAME=VALUE",
        help="An option of the engine, such as max-num-seqs=4 or num-parallel=4; repeatable.",
    ),
    click.option("--arg", "arguments", multiple=True, help="One more argument, as it is."),
    click.option(
        "--env", "-e", "environment", multiple=True, metavar="NAME=VALUE", help="One more variable."
    ),
    click.option("--gpus", default="all", show_default=True, help="all, none, or ids: 0,1."),
    click.option(
        "--port", type=click.IntRange(1, 65535), help="Here; else the usual or a free one."
    ),
    click.option("--lan", is_flag=True, help="Let other machines in: there may be no password."),
    click.option("--offline", is_flag=True, help="The engine may not reach the network."),
    click.option(
        "--token-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file that holds a Hugging Face token; it is mounted read-only.",
    ),
    click.option(
        "--api-key-env", metavar="NAME", help="The variable that holds the key it shall ask for."
    ),
    click.option(
        "--weights",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder that holds models, mounted read-only.",
    ),
    click.option("--process", is_flag=True, help="A local process instead of a container."),
)


def launch_options(command: Command) -> Command:
    """Give a command the options; it is called with `spec` instead of them."""

    @functools.wraps(command)
    def with_spec(
        *,
        engine: Engine,
        model: str | None,
        name: str | None,
        image: str | None,
        options: Sequence[str],
        arguments: Sequence[str],
        environment: Sequence[str],
        gpus: str,
        port: int | None,
        lan: bool,
        offline: bool,
        token_file: Path | None,
        api_key_env: str | None,
        weights: Path | None,
        process: bool,
        **values: object,
    ) -> int:
        spec = LaunchSpec(
            engine=engine,
            place="process" if process else "container",
            model=_model(model),
            name=name,
            image=image,
            options=_table(options, "--option"),
            arguments=tuple(arguments),
            environment=_table(environment, "--env"),
            gpus=gpus_of(gpus),
            port=port,
            lan=lan,
            offline=offline,
            token_file=str(token_file.absolute()) if token_file else None,
            api_key_env=api_key_env,
            weights=str(weights.absolute()) if weights else None,
        )
        _check(spec)
        return command(spec=spec, **values)

    for option in reversed(_OPTIONS):
        with_spec = option(with_spec)
    return with_spec


def gpus_of(told: str) -> tuple[str, ...]:
    """Of `all`, `none` or `0,1`."""
    return () if told == "none" else tuple(part for part in told.split(",") if part)


def _model(told: str | None) -> str | None:
    """A file or folder of this machine by its whole path; a name as it is."""
    from burstview_engines.launch.place import is_path

    if told is None or not (is_path(told) or told.startswith("~/")):
        return told
    path = Path(told).expanduser()
    if not path.is_absolute() and not path.exists():
        raise click.UsageError(f"There is no file or folder {told} here.")
    return str(path.absolute())


def _check(spec: LaunchSpec) -> None:
    """What makes no sense on any machine is wrong usage, told before Docker is asked."""
    from burstview_engines.launch.checked import checked
    from burstview_engines.launch.error import LaunchError

    try:
        checked(spec)
    except LaunchError as refusal:
        raise click.UsageError(str(refusal)) from refusal


def _table(pairs: Sequence[str], option: str) -> dict[str, str]:
    table = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{option} takes NAME=VALUE, not {pair!r}.")
        table[name] = value
    return table
